/** The files that `import` is given: which format each has, and in which order they are taken. */
import { readChainFiles } from "../../options/formats/chain_file.ts";
import { filesIn } from "../../options/formats/folder.ts";
import type { HistoryItem } from "../../options/formats/history.ts";
import { ChainFileError } from "../../options/formats/recorded.ts";
import { isDump } from "../../options/formats/pg_dump.ts";
import { chainItem } from "./chains.ts";
import { isHistoryCsv, readCsv } from "./csv.ts";
import { dumpedRows, type OpenDump, restoredDump } from "./dump.ts";
import { firstVersionItems, PastOffers } from "./first_version.ts";
import { isParquet, readParquet } from "./parquet.ts";

/** Something that history is read from, any number of times. */
interface Source {
  items(offers: PastOffers): AsyncGenerator<HistoryItem, void, void>;
}

/** The endings of the files that a folder is searched for. */
const HISTORY_FILE = /\.(json|csv|zip|parquet|sql|dump)(\.gz)?$/i;

/** So much of a file tells its format. */
const BEGINNING_BYTES = 64 * 1024;

/** What is known of a source that is read: its next item, and when that was received. */
interface Opened {
  readonly rest: AsyncGenerator<HistoryItem, void, void>;
  readonly item: HistoryItem;
  readonly ms: number;
}

/**
 * What the files of some paths hold, folders searched through, in the order in which it was
 * received: what comes in order is stored with its times. A file that cannot be read is told of
 * and left out. Only files that overlap in time are open at once.
 */
export async function* historyIn(
  paths: readonly string[],
  offers: PastOffers,
  tell: (problem: string) => void,
): AsyncGenerator<HistoryItem, void, void> {
  const waiting: { readonly source: Source; readonly firstMs: number }[] = [];
  for (const source of await allSources(paths)) {
    // What was offered is taken with the batches, not by the first look.
    const first = await next(source.items(new PastOffers()), tell);
    await first?.rest.return();
    if (first) waiting.push({ source, firstMs: first.ms });
  }
  waiting.sort((a, b) => a.firstMs - b.firstMs);
  const open: Opened[] = [];
  for (;;) {
    open.sort((a, b) => a.ms - b.ms);
    const [earliest] = open;
    const [following] = waiting;
    if (following && (!earliest || following.firstMs < earliest.ms)) {
      waiting.shift();
      const opened = await next(following.source.items(offers), tell);
      if (opened) open.push(opened);
    } else if (earliest) {
      yield earliest.item;
      open.shift();
      const after = await next(earliest.rest, tell);
      if (after) open.push(after);
    } else return;
  }
}

async function next(
  rest: AsyncGenerator<HistoryItem, void, void>,
  tell: (problem: string) => void,
): Promise<Opened | undefined> {
  try {
    const { value: item } = await rest.next();
    if (!item) return undefined;
    return {
      rest,
      item,
      ms: item.kind === "batch" ? item.batch.receivedAtMs : Number.NEGATIVE_INFINITY,
    };
  } catch (error) {
    if (!(error instanceof ChainFileError)) throw error;
    tell(error.message);
    return undefined;
  }
}

async function allSources(paths: readonly string[]): Promise<Source[]> {
  const sources: Source[] = [];
  const zips: string[] = [];
  for (const path of paths) {
    const files = await filesOf(path);
    if (files.length === 0) {
      throw new ChainFileError(path, "", "holds no file that can be imported.");
    }
    for (const file of files) {
      if (/\.zip$/i.test(file)) zips.push(file);
      else sources.push({ items: (offers) => itemsOf(file, offers) });
    }
  }
  // Lean's zips of an underlying say together what it was quoted at.
  if (zips.length > 0) sources.push({ items: () => chainItems(zips) });
  return sources;
}

/** The files of a folder; a file, and pg_dump's own kind of folder, are one. */
async function filesOf(path: string): Promise<readonly string[]> {
  try {
    if (!(await Deno.stat(path)).isDirectory || await isDumpFolder(path)) return [path];
    return await Array.fromAsync(filesIn(path, HISTORY_FILE));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new ChainFileError(path, "", "is not there.");
    throw error;
  }
}

async function isDumpFolder(path: string): Promise<boolean> {
  for await (const { name } of Deno.readDir(path)) if (name === "toc.dat") return true;
  return false;
}

async function* itemsOf(
  file: string,
  offers: PastOffers,
): AsyncGenerator<HistoryItem, void, void> {
  const isFolder = (await Deno.stat(file)).isDirectory;
  const raw = isFolder ? new Uint8Array() : await beginningOf((await Deno.open(file)).readable);
  if (isParquet(raw)) return yield* readParquet(file);
  const ofPgDump = isFolder || /^(?:PGDMP|toc\.dat\0)/.test(new TextDecoder().decode(raw));
  const open: OpenDump = ofPgDump
    ? () => restoredDump(file)
    : async () => unpacked(raw, (await Deno.open(file)).readable);
  const beginning = new TextDecoder().decode(ofPgDump ? raw : await beginningOf(await open()));
  if (ofPgDump || isDump(beginning)) {
    yield* firstVersionItems(dumpedRows(file, open), offers);
  } else if (isHistoryCsv(beginning)) yield* readCsv(file, await open());
  else yield* chainItems([file]);
}

/** A stream without its compression by gzip. */
function unpacked(
  beginning: Uint8Array,
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
): ReadableStream<Uint8Array> {
  const isGzip = beginning[0] === 0x1f && beginning[1] === 0x8b;
  return isGzip ? bytes.pipeThrough(new DecompressionStream("gzip")) : bytes;
}

async function* chainItems(files: readonly string[]): AsyncGenerator<HistoryItem, void, void> {
  const read = [];
  for (const file of files) {
    // The names of the folders may say what the content does not.
    read.push({ path: await Deno.realPath(file), bytes: await Deno.readFile(file) });
  }
  for (const chain of readChainFiles(read)) yield chainItem(chain);
}

async function beginningOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream) {
    parts.push(part);
    length += part.length;
    if (length >= BEGINNING_BYTES) break;
  }
  return new Uint8Array(await new Blob(parts.map((part) => part.slice())).arrayBuffer());
}
