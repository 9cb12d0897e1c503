/** Chain files of any known format, written in Lastmark's own. */
import type { FiledChain } from "../../options/formats/chain_file.ts";
import { readChainFolder } from "../../options/formats/folder.ts";
import { ChainFileError } from "../../options/formats/recorded.ts";
import { writeLastmarkCsv, writeLastmarkJson } from "../../options/formats/lastmark.ts";

/** The form of the files that are written. */
export type ChainFileForm = "json" | "csv";

/**
 * Writes each chain of the folder `from` into the folder `to`, as `EA_20260712T123215Z.json`.
 * @returns the names of the files written.
 * @throws {ChainFileError} where `from` or a file in it cannot be read, or `to` is in `from`.
 */
export async function convertChains(
  from: string,
  to: string,
  form: ChainFileForm,
): Promise<readonly string[]> {
  const chains = await readChainFolder(from);
  await Deno.mkdir(to, { recursive: true });
  if (isWithin(await Deno.realPath(to), await Deno.realPath(from))) {
    throw new ChainFileError(to, "", `is in ${from}, which would then hold each chain twice.`);
  }
  const written: string[] = [];
  for (const chain of chains) {
    const name = nameOf(chain, form);
    const text = form === "json" ? writeLastmarkJson(chain) : writeLastmarkCsv([chain]);
    await Deno.writeTextFile(`${to}/${name}`, text);
    written.push(name);
  }
  return written;
}

function isWithin(folder: string, other: string): boolean {
  return `${folder}/`.startsWith(`${other}/`);
}

function nameOf({ ticker, updatedMs }: FiledChain, form: ChainFileForm): string {
  const time = new Date(updatedMs).toISOString().slice(0, 19).replace(/[-:]/g, "");
  return `${ticker.replace(/[^A-Z0-9.-]/g, "-")}_${time}Z.${form}`;
}
