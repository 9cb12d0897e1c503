/** The files that `import` is given: which format each has, and in which order they are taken. */
import { readChainFiles } from "../../options/formats/chain_file.ts";
import { filesIn } from "../../options/formats/folder.ts";
import type { HistoryItem } from "../../options/formats/history.ts";
import { ChainFileError } from "../../options/formats/recorded.ts";
import { chainItem } from "./chains.ts";
import { isHistoryCsv, readCsv } from "./csv.ts";
import { isParquet, readParquet } from "./parquet.ts";

/** Something that history is read from, any number of times. */
interface Source {
  items(): AsyncGenerator<HistoryItem, void, void>;
}

/** The endings of the files that a folder is searched for. */
const HISTORY_FILE = /\.(json|csv|zip|parquet)$/i;

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
  tell: (problem: string) => void,
): AsyncGenerator<HistoryItem, void, void> {
  const waiting: { readonly source: Source; readonly firstMs: number }[] = [];
  for (const source of await allSources(paths)) {
    const first = await next(source.items(), tell);
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
      const opened = await next(following.source.items(), tell);
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
    const isFolder = await kindOf(path) === "folder";
    const files = isFolder ? await Array.fromAsync(filesIn(path, HISTORY_FILE)) : [path];
    if (files.length === 0) {
      throw new ChainFileError(path, "", "holds no file that can be imported.");
    }
    for (const file of files) {
      if (/\.zip$/i.test(file)) zips.push(file);
      else sources.push({ items: () => itemsOf(file) });
    }
  }
  // Lean's zips of an underlying say together what it was quoted at.
  if (zips.length > 0) sources.push({ items: () => chainItems(zips) });
  return sources;
}

async function kindOf(path: string): Promise<"folder" | "file"> {
  try {
    return (await Deno.stat(path)).isDirectory ? "folder" : "file";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new ChainFileError(path, "", "is not there.");
    throw error;
  }
}

async function* itemsOf(file: string): AsyncGenerator<HistoryItem, void, void> {
  const beginning = await beginningOf(file);
  if (isParquet(beginning)) yield* readParquet(file);
  else if (isHistoryCsv(new TextDecoder().decode(beginning))) {
    yield* readCsv(file, (await Deno.open(file)).readable);
  } else yield* chainItems([await Deno.realPath(file)]);
}

async function* chainItems(paths: readonly string[]): AsyncGenerator<HistoryItem, void, void> {
  const files = [];
  for (const path of paths) files.push({ path, bytes: await Deno.readFile(path) });
  for (const chain of readChainFiles(files)) yield chainItem(chain);
}

async function beginningOf(file: string): Promise<Uint8Array> {
  using opened = await Deno.open(file);
  const bytes = new Uint8Array(BEGINNING_BYTES);
  const read = await opened.read(bytes);
  return bytes.subarray(0, read ?? 0);
}
