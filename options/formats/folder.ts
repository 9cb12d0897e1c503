/** Chain files on the disk: the one place of this room that reads files. */
import { CHAIN_FILE, type ChainFile, type FiledChain, readChainFiles } from "./chain_file.ts";
import { ChainFileError } from "./recorded.ts";

/**
 * The chains of all chain files in a folder and the folders below it; other files are passed over.
 * @throws {ChainFileError} where the folder cannot be read, holds no chain, or a file is wrong.
 */
export async function readChainFolder(folder: string): Promise<readonly FiledChain[]> {
  const files: ChainFile[] = [];
  for await (const path of filesIn(folder, CHAIN_FILE)) {
    files.push({ path, bytes: await Deno.readFile(path) });
  }
  const chains = readChainFiles(files);
  if (chains.length === 0) throw new ChainFileError(folder, "", "holds no chain file.");
  return chains;
}

/**
 * The time of the earliest chain in a folder, in epoch milliseconds: where a replay's clock starts.
 * @throws {ChainFileError} as {@link readChainFolder}.
 */
export async function earliestRecordedMs(folder: string): Promise<number> {
  const chains = await readChainFolder(folder);
  return Math.min(...chains.map((chain) => chain.updatedMs));
}

/**
 * The paths of the files of a folder and the folders below it whose names match, in their order.
 * @throws {ChainFileError} where the folder cannot be read.
 */
export async function* filesIn(folder: string, names: RegExp): AsyncGenerator<string> {
  yield* filesBelow(await wholePath(folder), names);
}

/** A folder's path from the root, so that the names of all folders above a file are known. */
async function wholePath(folder: string): Promise<string> {
  try {
    return await Deno.realPath(folder);
  } catch (error) {
    throw unreadable(folder, error);
  }
}

async function* filesBelow(folder: string, names: RegExp): AsyncGenerator<string> {
  const entries: Deno.DirEntry[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) entries.push(entry);
  } catch (error) {
    throw unreadable(folder, error);
  }
  entries.sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, isDirectory } of entries) {
    if (name.startsWith(".")) continue;
    if (isDirectory) yield* filesBelow(`${folder}/${name}`, names);
    else if (names.test(name)) yield `${folder}/${name}`;
  }
}

function unreadable(folder: string, error: unknown): ChainFileError {
  const reason = error instanceof Error ? error.message : String(error);
  return new ChainFileError(folder, "", `cannot be read as a folder (${reason}).`);
}
