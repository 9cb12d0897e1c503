/** Reading chain files of any known format; the format is told by the content. */
import { isCboeCsv, readCboeCsv } from "./cboe.ts";
import { isDailyCsv, readDailyCsv } from "./daily_csv.ts";
import { parseJson } from "./json.ts";
import { CSV_HEADER, isLastmarkChain, readLastmarkCsv, readLastmarkJson } from "./lastmark.ts";
import { isZip, leanChains, type LeanHours, readLeanHours } from "./lean_hour.ts";
import { isLeanUniverse, readLeanUniverse } from "./lean_universe.ts";
import { ChainFileError, type RecordedChain } from "./recorded.ts";
import { isUsChain, readUsChain } from "./us_chains.ts";

/** A file with its whole path: name and folders may say what the content does not. */
export interface ChainFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A chain and the file from which it is. */
export interface FiledChain extends RecordedChain {
  readonly file: string;
}

/** The endings of the files that may hold chains. */
export const CHAIN_FILE = /\.(json|csv|zip)$/i;

/**
 * The chains of some files, those of each underlying in the order of their time. Lean's three zips
 * of an underlying are read together.
 * @throws {ChainFileError} for a file that is of no known format, or wrong in itself.
 */
export function readChainFiles(files: readonly ChainFile[]): readonly FiledChain[] {
  const zips = new Map<string, { readonly file: string; readonly parts: LeanHours[] }>();
  const chains: FiledChain[] = [];
  for (const { path, bytes } of files) {
    if (isZip(bytes)) {
      const part = readLeanHours(path, bytes);
      const known = zips.get(part.ticker) ?? { file: path, parts: [] };
      known.parts.push(part);
      zips.set(part.ticker, known);
      continue;
    }
    for (const chain of readText(path, textOf(path, bytes))) chains.push({ ...chain, file: path });
  }
  for (const { file, parts } of zips.values()) {
    for (const chain of leanChains(parts)) chains.push({ ...chain, file });
  }
  return chains.sort((a, b) =>
    a.ticker < b.ticker ? -1 : a.ticker > b.ticker ? 1 : a.updatedMs - b.updatedMs
  );
}

function readText(path: string, text: string): readonly RecordedChain[] {
  if (/^\s*[{[]/.test(text)) {
    const value = parseJson(path, text);
    if (isLastmarkChain(value)) return [readLastmarkJson(path, value)];
    if (isUsChain(value)) return [readUsChain(path, value)];
  }
  if (text.startsWith(CSV_HEADER.slice(0, CSV_HEADER.indexOf("bid")))) {
    return readLastmarkCsv(path, text);
  }
  if (isLeanUniverse(text)) return [readLeanUniverse(path, text)];
  if (isDailyCsv(text)) return readDailyCsv(path, text);
  if (isCboeCsv(text)) return [readCboeCsv(path, text)];
  throw new ChainFileError(
    path,
    "",
    'is of no known format; expected JSON with "format": "lastmark-chain" or "quotes", or CSV that ' +
      `starts with "${CSV_HEADER.slice(0, 26)}", "#expiry,strike", "underlying," or Cboe's header.`,
  );
}

function textOf(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ChainFileError(path, "", "is no UTF-8 text.");
  }
}
