/** The first version's dumps: plain SQL, or whatever `pg_restore` makes plain SQL of. */
import {
  dealRow,
  type FirstVersionRow,
  isDealTable,
  isSnapshotTable,
  saysTickers,
  snapshotRow,
} from "../../options/formats/first_version.ts";
import { DumpReader } from "../../options/formats/pg_dump.ts";
import { ChainFileError } from "../../options/formats/recorded.ts";

/** Opens a dump anew; it may be read twice, as deals may come after what belongs to them. */
export type OpenDump = () => Promise<ReadableStream<Uint8Array>>;

/** The rows of the table of snapshots, in the order of the dump. */
export async function* dumpedRows(
  file: string,
  open: OpenDump,
): AsyncGenerator<FirstVersionRow, void, void> {
  let tickers: ReadonlyMap<string, string> | undefined;
  const reader = new DumpReader(isSnapshotTable);
  let found = false;
  for await (const line of linesOf(await open())) {
    for (const { values } of reader.take(line)) {
      found = true;
      if (!saysTickers([...values.keys()])) tickers ??= await tickersOfDeals(open);
      yield snapshotRow(values, (id) => tickers?.get(id));
    }
  }
  if (!found) throw new ChainFileError(file, "", "is a dump without rows of OptionChainSnapshot.");
}

/** Lines of any length: a chain is one of a megabyte. */
async function* linesOf(bytes: ReadableStream<Uint8Array>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  for await (const chunk of bytes) {
    const [first = "", ...more] = decoder.decode(chunk, { stream: true }).split("\n");
    parts.push(first);
    for (const next of more) {
      yield parts.join("").replace(/\r$/, "");
      parts = [next];
    }
  }
  const last = parts.join("") + decoder.decode();
  if (last !== "") yield last;
}

async function tickersOfDeals(open: OpenDump): Promise<Map<string, string>> {
  const tickers = new Map<string, string>();
  const reader = new DumpReader(isDealTable);
  for await (const line of linesOf(await open())) {
    for (const { values } of reader.take(line)) {
      const deal = dealRow(values);
      if (deal) tickers.set(...deal);
    }
  }
  return tickers;
}

/** A dump in one of pg_dump's own formats as plain SQL, by the `pg_restore` that is on the path. */
export function restoredDump(file: string): Promise<ReadableStream<Uint8Array>> {
  return Promise.resolve(ReadableStream.from(restore(file)));
}

async function* restore(file: string): AsyncGenerator<Uint8Array, void, void> {
  const child = spawn(file);
  const words = new Response(child.stderr).text();
  // Ends the child too, by the pipe that closes, where its reader has seen enough.
  yield* child.stdout;
  const { success } = await child.status;
  if (!success) {
    throw new ChainFileError(file, "", `cannot be read (${(await words).trim().split("\n")[0]}).`);
  }
}

function spawn(file: string): Deno.ChildProcess {
  try {
    return new Deno.Command("pg_restore", {
      args: ["--file=-", file],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ChainFileError(
      file,
      "",
      "is in pg_dump's own format, and pg_restore, which reads it, is not on the path: " +
        "install PostgreSQL's client, or dump with --format=plain.",
    );
  }
}
