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
  /** No chain is begun later than this, but for the few that were ordered ahead. */
  readonly beginForMs: number;
}

/** What was copied. */
export interface Copied {
  readonly chains: number;
  /** From the first chain to the last commit. */
  readonly tookMs: number;
}

/** Copies for a while, on connections that are made before. */
export async function copyChains(order: CopyOrder): Promise<Copied> {
  const lanes = await Promise.all(
    Array.from(
      { length: PROCESSES },
      (_, lane) => Lane.open(order, order.files.filter((_, i) => i % PROCESSES === lane)),
    ),
  );
  const fromMs = performance.now();
  const copied = await Promise.all(lanes.map((lane) => lane.copyUntil(fromMs + order.beginForMs)));
  return {
    chains: copied.reduce((sum, { chains }) => sum + chains, 0),
    tookMs: Math.max(...copied.map(({ endedMs }) => endedMs)) - fromMs,
  };
}

const READY = "ready";

/** One psql, told by its standard input what to copy. */
class Lane {
  readonly #child: Deno.ChildProcess;
  readonly #files: readonly string[];
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncGenerator<string, void, void>;
  readonly #complaint: Promise<string>;
  #next = 0;

  private constructor(child: Deno.ChildProcess, files: readonly string[]) {
    this.#child = child;
    this.#files = files;
    this.#writer = child.stdin.getWriter();
    this.#lines = linesOf(child.stdout);
    this.#complaint = new Response(child.stderr).text();
  }

  /** Begins a psql and waits until it is connected. */
  static async open({ psql, databaseUrl }: CopyOrder, files: readonly string[]): Promise<Lane> {
    const child = new Deno.Command(psql, {
      args: ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", databaseUrl],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const lane = new Lane(child, files);
    await lane.#tell(`\\unset QUIET\n\\echo ${READY}\n`);
    const { value } = await lane.#lines.next();
    if (value !== READY) throw new Error(`psql failed: ${(await lane.#complaint).trim()}`);
    return lane;
  }

  async copyUntil(untilMs: number): Promise<{ chains: number; endedMs: number }> {
    for (let i = 0; i < AHEAD; i++) await this.#order();
    let chains = 0;
    let endedMs = NaN;
    let closing: Promise<void> | undefined;
    for await (const line of this.#lines) {
      if (!line.startsWith("COPY ")) continue;
      chains++;
      endedMs = performance.now();
      if (endedMs < untilMs) await this.#order();
      // It may have ended already, with an error that is told below.
      else closing ??= this.#writer.close().catch(() => {});
    }
    await closing;
    const { success } = await this.#child.status;
    if (!success) throw new Error(`psql failed: ${(await this.#complaint).trim()}`);
    return { chains, endedMs };
  }

  #order(): Promise<void> {
    const file = this.#files[this.#next++ % this.#files.length] ?? "";
    return this.#tell(`\\copy bench_copy (${COLUMNS}) from '${file}'\n`);
  }

  #tell(text: string): Promise<void> {
    return this.#writer.write(new TextEncoder().encode(text));
  }
}
