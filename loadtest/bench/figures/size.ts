/** What a quote takes on disk: of real chains, as it comes and rewritten. */
import type { Sql } from "../../../db/connect.ts";
import { rewriteDays } from "../../../db/rewrite.ts";
import { StoredSets } from "../../../db/stored_sets.ts";
import { addWatch } from "../../../db/watches.ts";
import { type ColumnBatch, columnsOf } from "../../../options/columns.ts";
import type { OccSymbol, Ticker } from "../../../options/contract.ts";
import { readChainFolder } from "../../../options/formats/folder.ts";
import type { RecordedChain, RecordedQuote } from "../../../options/formats/recorded.ts";
import { chance } from "../../../options/synthetic/random.ts";
import { requestOf, store } from "../batches.ts";
import { type Bench, type Figure, prepare } from "../bench.ts";
import { benchTickers } from "../chains.ts";
import { openDatabase } from "../database.ts";
import type { Finding } from "../table.ts";

const A_DAY = 78;
const DAY_MS = 86_400_000;
const STEP_MS = 5 * 60_000;
const FOLDER = "us-chains-2026";
const SYMBOL = "AAPL";

/** Tickers with the same chains: of a few rows, the first pages of tables and indexes are the most. */
const ALIKE = 16;

/** The figure `size`. */
export const sizeFigure: Figure = { name: "size", measure: measureSize };

async function measureSize(bench: Bench): Promise<Finding[]> {
  const bars = [
    { what: "bytes a quote as it comes", most: 20 },
    { what: `bytes a quote rewritten, ${A_DAY} snapshots a day`, most: 7 },
    { what: "bytes a quote rewritten, one snapshot a day", most: 12 },
  ] as const;
  const findings = bars.map(({ what, most }): Finding => ({
    figure: "size",
    what,
    unit: "bytes",
    values: [],
    bar: { kind: "at most", value: most },
  }));
  const { data } = bench.settings;
  if (data === undefined) {
    const note = "LASTMARK_DATA (or --data) names no folder with recorded chains";
    return findings.map((finding) => ({ ...finding, note }));
  }
  const recorded = (await readChainFolder(`${data}/${FOLDER}`))
    .filter((chain) => chain.ticker === SYMBOL && isWhole(chain));
  const inSession = recorded.find(({ updatedMs }) => isInSession(updatedMs));
  if (!inSession) throw new Error(`${data}/${FOLDER} has no chain of ${SYMBOL} in session`);
  const day = await sizesOf(bench, movingDay(inSession));
  const alike = benchTickers(ALIKE).flatMap((ticker) =>
    recorded.map((chain) => ({ chain: chainAs(ticker, chain), atMs: chain.updatedMs }))
  );
  const days = await sizesOf(bench, alike);
  const moved = `a day laid on the real chain of ${new Date(inSession.updatedMs).toISOString()}: ` +
    "the spot walks, prices follow by delta, IV and greeks move in their last digits";
  const real =
    `${recorded.length} real chains, each of a day of its own, of ${ALIKE} tickers alike`;
  const values = [[day.hot, moved], [day.rewritten, moved], [days.rewritten, real]] as const;
  return findings.map((finding, i) => {
    const [size, how] = values[i] ?? [];
    return size ? { ...finding, values: [size.all], note: `${how}; ${size.byTable}` } : finding;
  });
}

/** A chain as if it were another ticker's. */
function chainAs(ticker: Ticker, chain: RecordedChain): RecordedChain {
  const contracts = chain.contracts.map((quote) => {
    const { contract } = quote;
    // A ticker is a root, and the rest of the symbol stays.
    const occ = ticker + contract.occ.slice(-15) as OccSymbol;
    return { ...quote, contract: { ...contract, root: ticker, occ } };
  });
  return { ...chain, ticker, contracts };
}

/** Whether most contracts have a bid or an ask: two of the files are blank dumps of the night. */
function isWhole({ contracts }: RecordedChain): boolean {
  const quoted = contracts.filter(({ bid, ask }) => bid !== null || ask !== null).length;
  return quoted > contracts.length / 2;
}

function isInSession(ms: number): boolean {
  const hour = new Date(ms).getUTCHours();
  return hour >= 14 && hour < 20;
}

interface Snapshot {
  readonly chain: RecordedChain;
  readonly atMs: number;
}

/** Bytes of tables and indexes by quote, before and after the days were rewritten. */
async function sizesOf(
  bench: Bench,
  snapshots: readonly Snapshot[],
): Promise<{ hot: Size; rewritten: Size }> {
  await using stack = new AsyncDisposableStack();
  const server = new URL(bench.database.url);
  const database = await openDatabase(server, stack, bench.folder, bench.say);
  const { sql } = database;
  const { sender } = await prepare(database);
  // An empty table's first pages are no quote's.
  const empty = await bytesOf(sql);
  const sets = new StoredSets();
  let quotes = 0;
  for (const { chain, atMs } of snapshots) {
    if (quotes === 0) await addWatch(sql, chain.ticker);
    const batch = batchOf(chain, sender.agentId, atMs);
    quotes += batch.columns.occ.length;
    await store(sql, { ...requestOf(batch, sender), idempotencyKey: null, backfill: true }, sets);
  }
  const hot = perQuote(empty, await bytesOf(sql), quotes);
  const rewritten = await rewriteDays(sql, Date.now() + DAY_MS);
  if (rewritten !== snapshots.length) throw new Error(`${rewritten} snapshots were rewritten`);
  return { hot, rewritten: perQuote(empty, await bytesOf(sql), quotes) };
}

/** Bytes a quote: in all, and by table. */
interface Size {
  readonly all: number;
  readonly byTable: string;
}

function perQuote(
  empty: ReadonlyMap<string, number>,
  full: ReadonlyMap<string, number>,
  quotes: number,
): Size {
  const each = [...full].map(([table, bytes]) => ({
    table,
    bytes: (bytes - (empty.get(table) ?? 0)) / quotes,
  }));
  return {
    all: each.reduce((sum, { bytes }) => sum + bytes, 0),
    byTable: each.map(({ table, bytes }) => `${table} ${bytes.toFixed(1)}`).join(", "),
  };
}

/** Bytes of each table that holds quotes with its indexes, with no room left by what was rewritten. */
async function bytesOf(sql: Sql): Promise<ReadonlyMap<string, number>> {
  await sql`VACUUM FULL`;
  const rows = await sql`
    SELECT
      CASE WHEN p.relid IS NULL THEN c.relname ELSE 'batches' END AS name,
      sum(pg_total_relation_size(c.oid))::double precision AS bytes
    FROM pg_class AS c
    LEFT JOIN pg_partition_tree('batches') AS p ON p.relid = c.oid
    WHERE c.relkind = 'r'
      AND (p.isleaf OR c.relname IN ('contract_sets', 'rewritten_days', 'slabs'))
    GROUP BY 1
    ORDER BY 1`;
  return new Map(rows.map((row) => [String(row["name"]), Number(row["bytes"])]));
}

function batchOf(chain: RecordedChain, agentId: string, atMs: number): ColumnBatch {
  const { ticker, spot, contracts } = chain;
  const quotes = contracts.map(({ contract, ...fields }) => ({
    ...fields,
    occ: contract.occ,
    kind: null,
    multiplier: null,
    quotedAtMs: null,
  }));
  const head = { agentId, agentTimeMs: atMs, sentAtMs: null, readId: null, missing: [] };
  return { ...head, ticker, spot, mode: "snapshot", columns: columnsOf(quotes) };
}

/** A market day laid on one real chain: the same contracts and prices, as they would move. */
function movingDay(chain: RecordedChain): Snapshot[] {
  const fiveMinutes = (chain.spot ?? 0) * 0.25 * Math.sqrt(STEP_MS / (365 * DAY_MS));
  let moved = 0;
  return Array.from({ length: A_DAY }, (_, step) => {
    moved += fiveMinutes * noise(step, 0, 0);
    const contracts = chain.contracts.map((quote, i) => movedQuote(quote, { moved, step, i }));
    const atMs = chain.updatedMs - (A_DAY - step) * STEP_MS;
    return { chain: { ...chain, spot: cents((chain.spot ?? 0) + moved), contracts }, atMs };
  });
}

/** What one contract says at a step of the day, when the spot has moved so far. */
function movedQuote(
  quote: RecordedQuote,
  { moved, step, i }: { readonly moved: number; readonly step: number; readonly i: number },
): RecordedQuote {
  const { bid, ask, volume, delta, gamma, impliedVol, theta, vega } = quote;
  const change = (delta ?? 0) * moved + (gamma ?? 0) * moved * moved / 2;
  const price = (value: number | null, salt: number): number | null =>
    value === null ? null : Math.max(0.01, cents(value + change + 0.01 * noise(step, i, salt)));
  const swung = (value: number | null, salt: number): number | null =>
    value === null ? null : fourDecimals(value * (1 + 0.003 * noise(step, i, salt)));
  return {
    ...quote,
    bid: price(bid, 1),
    ask: price(ask, 2),
    volume: volume === null ? null : Math.floor(volume * (step + 1) / A_DAY),
    impliedVol: swung(impliedVol, 3),
    delta: delta === null ? null : fourDecimals(delta + (gamma ?? 0) * moved),
    gamma: swung(gamma, 4),
    theta: swung(theta, 5),
    vega: swung(vega, 6),
  };
}

/** About a normal deviate: the sum of four even ones. */
function noise(step: number, i: number, salt: number): number {
  const part = (n: number): number => chance(step * 10_007 + i, salt * 4 + n) - 0.5;
  return (part(0) + part(1) + part(2) + part(3)) * Math.sqrt(3);
}

function cents(value: number): number {
  return Math.round(value * 100) / 100;
}

function fourDecimals(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
