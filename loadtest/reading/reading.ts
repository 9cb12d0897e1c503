/** `deno task bench reading`: reads chains at IB's limits and says what that took. */
import { openDatabase } from "../bench/database.ts";
import { type ChainFolder, madeUpChain, recordedChain } from "./chain_file.ts";
import { FIRST_CONTRACTS, measureReading, type Reading } from "./measure.ts";

/** What is measured. */
export interface ReadingSettings {
  /** Chains of the made-up market, by their number of contracts. */
  readonly contracts: readonly number[];
  /** Recorded chains, by their ticker. */
  readonly recorded: readonly string[];
  /** Where the recorded chains are. */
  readonly data?: string;
  readonly rate: number;
  /** The share of the made-up contracts that never tick. */
  readonly neverTicks: number;
  readonly json?: string;
  readonly check?: true;
  readonly database?: URL;
}

/** The first contracts must be on the page after so long. */
const FIRST_SECONDS = 10;

interface Row {
  readonly chain: string;
  readonly reading: Reading;
}

/** Reads one chain after the other, prints a table; the exit code. */
export async function benchReading(
  settings: ReadingSettings,
  signal: AbortSignal,
): Promise<number> {
  const rows: Row[] = [];
  for (const count of settings.contracts) {
    const make = (folder: string) => madeUpChain(folder, count);
    rows.push(await readOne(`made up, ${count}`, make, settings.neverTicks, settings, signal));
  }
  for (const ticker of settings.recorded) {
    const { data } = settings;
    if (data === undefined) throw new Error("Recorded chains need --data, or LASTMARK_DATA.");
    const make = (folder: string) => recordedChain(folder, data, ticker);
    rows.push(await readOne(`${ticker}, recorded`, make, 0, settings, signal));
  }
  const about =
    `Deno ${Deno.version.deno}; ${navigator.hardwareConcurrency} cores; ${settings.rate} messages/s`;
  console.log(`${about}\n\n${tableOf(rows)}`);
  if (settings.json !== undefined) {
    await Deno.writeTextFile(settings.json, `${JSON.stringify({ about, settings, rows })}\n`);
  }
  return settings.check && rows.some(isMissed) ? 1 : 0;
}

async function readOne(
  chain: string,
  make: (folder: string) => Promise<ChainFolder>,
  neverTicks: number,
  settings: ReadingSettings,
  signal: AbortSignal,
): Promise<Row> {
  const say = (what: string): void => console.error(`${chain}: ${what}`);
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "lastmark-reading-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  await Deno.mkdir(`${folder}/chains`);
  const database = await openDatabase(settings.database, stack, folder, say);
  const made = await make(`${folder}/chains`);
  say("is read");
  const { rate } = settings;
  const reading = await measureReading({ chain: made, database, folder, rate, neverTicks, signal });
  return { chain, reading };
}

/** Later than promised, or its first contracts were. */
function isMissed({ reading }: Row): boolean {
  const { seconds, boundSeconds, firstSeconds, contracts } = reading;
  const isFirstLate = contracts > FIRST_CONTRACTS && (firstSeconds ?? Infinity) > FIRST_SECONDS;
  return seconds > boundSeconds || isFirstLate;
}

function tableOf(rows: readonly Row[]): string {
  const head = [
    "chain",
    "N",
    "R",
    "missing",
    "discovery s",
    "read s",
    "promised s",
    `first ${FIRST_CONTRACTS} s`,
    "most messages/s",
    "",
  ];
  const cells = rows.map((row) => [
    row.chain,
    String(row.reading.contracts),
    String(row.reading.requeued),
    String(row.reading.missing),
    row.reading.discoverySeconds.toFixed(1),
    row.reading.seconds.toFixed(1),
    row.reading.boundSeconds.toFixed(1),
    row.reading.firstSeconds?.toFixed(1) ?? "–",
    String(row.reading.peakMessages),
    isMissed(row) ? "MISSED" : "reached",
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0))
  );
  return [head, ...cells]
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd())
    .join("\n");
}
