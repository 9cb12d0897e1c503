/**
 * The ledger: which snapshots the spool holds, in a second file, so that a damaged database can be
 * told from an empty one. Damage to the database leaves the ledger whole, and the other way round;
 * what the ledger names and the database has no more was lost, and is counted.
 *
 * A line a change, each with a sum of its own: `+12 EA 1790000000000 5f3c9a01` once snapshot 12 is
 * on the disk, `-12 5f3c9a01` before it is taken off, `=12 5f3c9a01` for the last number given.
 */
import { closeSync, fsyncSync, openSync } from "node:fs";
import { crc32 } from "node:zlib";

/** A snapshot as the ledger knows it. */
export interface LedgerEntry {
  readonly id: number;
  readonly ticker: string;
  readonly storedAtMs: number;
}

/** What a ledger says. */
export interface Ledger {
  readonly entries: ReadonlyMap<number, LedgerEntry>;
  /** No snapshot had a higher number; 0 where the ledger knows none. */
  readonly lastId: number;
  /** The newest snapshot of each ticker that left. */
  readonly newestGone: ReadonlyMap<string, number>;
  /** Whether every line is what was written. */
  readonly whole: boolean;
}

/** Reads a ledger; lines that are not whole are passed over, a missing file is empty. */
export function readLedger(path: string): Ledger {
  const entries = new Map<number, LedgerEntry>();
  const newestGone = new Map<string, number>();
  let lastId = 0;
  const left = (ticker: string, id: number): void =>
    void newestGone.set(ticker, Math.max(id, newestGone.get(ticker) ?? 0));
  let whole = true;
  for (const line of textOf(path).split("\n")) {
    if (line === "") continue;
    const [, said = "", sum = ""] = /^(.+) ([0-9a-f]{8})$/.exec(line) ?? [];
    if (said === "" || sumOf(said) !== sum) {
      whole = false;
      continue;
    }
    const [idText = "", ticker = "", storedAtMs = ""] = said.slice(1).split(" ");
    const id = Number(idText);
    lastId = Math.max(lastId, id);
    if (said.startsWith("+")) entries.set(id, { id, ticker, storedAtMs: Number(storedAtMs) });
    if (said.startsWith("~")) left(ticker, id);
    const entry = said.startsWith("-") ? entries.get(id) : undefined;
    if (entry) left(entry.ticker, id);
    if (entry) entries.delete(id);
  }
  return { entries, lastId, newestGone, whole };
}

/** Adds changes; when this returns, they are on the disk. */
export function appendLedger(path: string, changes: readonly string[]): void {
  if (changes.length === 0) return;
  using file = Deno.openSync(path, { append: true, create: true, mode: 0o600 });
  // The line end comes first: a line that was cut by a kill does not spoil the next one.
  writeAll(file, changes.map((said) => `\n${said} ${sumOf(said)}`).join(""));
}

/** A change that says that a snapshot is on the disk. */
export function held({ id, ticker, storedAtMs }: LedgerEntry): string {
  return `+${id} ${ticker} ${storedAtMs}`;
}

/** A change that says that a snapshot is about to leave. */
export function gone(id: number): string {
  return `-${id}`;
}

/** Writes the ledger anew, with no history. */
export function rewriteLedger(path: string, ledger: {
  readonly entries: readonly LedgerEntry[];
  readonly lastId: number;
  readonly newestGone: ReadonlyMap<string, number>;
}): void {
  const fresh = `${path}.new`;
  const { entries, lastId, newestGone } = ledger;
  const newest = [...newestGone].map(([ticker, id]) => `~${id} ${ticker}`);
  const lines = [`=${lastId}`, ...newest, ...entries.map(held)];
  {
    using file = Deno.openSync(fresh, { write: true, create: true, truncate: true, mode: 0o600 });
    writeAll(file, lines.map((said) => `\n${said} ${sumOf(said)}`).join(""));
  }
  Deno.renameSync(fresh, path);
  syncFolderOf(path);
}

/** Has the names in a file's folder on the disk, as after a rename. */
export function syncFolderOf(path: string): void {
  const folder = openSync(path.slice(0, path.lastIndexOf("/")), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function writeAll(file: Deno.FsFile, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
  file.syncDataSync();
}

function sumOf(said: string): string {
  return crc32(said).toString(16).padStart(8, "0");
}

function textOf(path: string): string {
  try {
    // Bits that flipped may make no valid text; those lines fail their sum.
    return new TextDecoder().decode(Deno.readFileSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
