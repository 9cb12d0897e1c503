/**
 * Raw COPY: two psql, each of which copies one chain after the other from files, a transaction a
 * chain, into a table of one row a quote with a primary key.
 */
import { linesOf } from "../../base/child_lines.ts";
import type { Chain } from "./chains.ts";

const PROCESSES = 2;

/** The lines that a psql has not begun yet. */
const AHEAD = 2;

/** Where Debian and others keep clients that are not on the path. */
const PLACES = ["psql", "/usr/lib/postgresql/15/bin/psql", "/opt/homebrew/opt/libpq/bin/psql"];

/** A psql that runs, and its version; `undefined` where none is found. */
export async function findPsql(): Promise<{ path: string; version: string } | undefined> {
  for (const path of PLACES) {
    try {
      const found = await new Deno.Command(path, { args: ["--version"], stdin: "null" }).output();
      if (found.success) return { path, version: new TextDecoder().decode(found.stdout).trim() };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

/** A chain in COPY's text form. */
export function copyText({ ticker, rows }: Chain): string {
  const text = (value: number | null): string => value === null ? "\\N" : String(value);
  const lines = rows.map((row) =>
    [
      ticker,
      row.contract.occ,
      text(row.bid),
      text(row.ask),
      text(row.mid),
      text(row.last),
      text(row.volume),
      text(row.openInterest),
      text(row.impliedVol),
      text(row.delta),
      text(row.bidSize),
      text(row.askSize),
    ].join("\t")
  );
  return `${lines.join("\n")}\n`;
}

const COLUMNS =
  "ticker, occ, bid, ask, mid, last, volume, open_interest, implied_vol, delta, bid_size, ask_size";

/** What is copied, by whom, and for how long. */
export interface CopyOrder {
  readonly psql: string;
  readonly databaseUrl: string;
  /** A file a chain. */
  readonly files: readonly string[];
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** Chains copied a second. */
export async function copyChains(order: CopyOrder): Promise<number> {
  const fromMs = performance.now() + order.warmUpMs;
  const untilMs = fromMs + order.measureMs;
  const lanes = Array.from(
    { length: PROCESSES },
    (_, lane) => order.files.filter((_, i) => i % PROCESSES === lane),
  );
  const copied = await Promise.all(
    lanes.map((files) => copyLane(order, files, { fromMs, untilMs })),
  );
  return copied.reduce((sum, count) => sum + count, 0) / (order.measureMs / 1000);
}

async function copyLane(
  { psql, databaseUrl }: CopyOrder,
  files: readonly string[],
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
): Promise<number> {
  const child = new Deno.Command(psql, {
    args: ["--no-psqlrc", "--set=ON_ERROR_STOP=1", databaseUrl],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const complaint = new Response(child.stderr).text();
  const writer = child.stdin.getWriter();
  const encoder = new TextEncoder();
  let next = 0;
  const order = (): Promise<void> => {
    const file = files[next++ % files.length] ?? "";
    return writer.write(encoder.encode(`\\copy bench_copy (${COLUMNS}) from '${file}'\n`));
  };
  for (let i = 0; i < AHEAD; i++) await order();
  let copied = 0;
  let closing: Promise<void> | undefined;
  for await (const line of linesOf(child.stdout)) {
    if (!line.startsWith("COPY ")) continue;
    const nowMs = performance.now();
    if (nowMs >= untilMs) {
      // It may have ended already, with an error that is told below.
      closing ??= writer.close().catch(() => {});
      continue;
    }
    if (nowMs >= fromMs) copied++;
    await order();
  }
  await closing;
  const { success } = await child.status;
  if (!success) throw new Error(`psql failed: ${(await complaint).trim()}`);
  return copied;
}
