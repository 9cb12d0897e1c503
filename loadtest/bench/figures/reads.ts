/** Reading back: the latest chain, one contract's history, a month of the market's conditions. */
import { batchesAfter } from "../../../db/batches.ts";
import { marketConditions } from "../../../db/conditions.ts";
import type { Sql } from "../../../db/connect.ts";
import { contractHistory } from "../../../db/contract_history.ts";
import { rewriteDays } from "../../../db/rewrite.ts";
import { StoredSets } from "../../../db/stored_sets.ts";
import { type ColumnBatch, NONE } from "../../../options/columns.ts";
import type { OccSymbol, Ticker } from "../../../options/contract.ts";
import { batchOf, requestOf, store } from "../batches.ts";
import type { Bench, Figure } from "../bench.ts";
import { type Chain, readsOf } from "../chains.ts";
import { openDatabase } from "../database.ts";
import { prepare } from "../bench.ts";
import { interleave, ratioOf } from "../rounds.ts";
import type { Finding } from "../table.ts";

const DAY_MS = 86_400_000;
const STEP_MS = 5 * 60_000;

/** Snapshots of a market day: one every five minutes. */
const A_DAY = 78;

const MONTH_DAYS = 21;

/** Reads by which one measurement is made. */
const READS = 20;

/** The figure `latest`. */
export const latestFigure: Figure = {
  name: "latest",
  measure: (bench) =>
    inOwnDatabase(bench, async (sql, own) => {
      const [ticker] = own.tickers;
      if (!ticker) return [];
      const batches = daysOf(ticker, { contracts: 3_000, snapshots: 20, agentId: "bench" });
      await storeAll(sql, batches, own);
      await sql`
        CREATE TABLE bench_bytes (
          ticker text NOT NULL,
          seq bigint NOT NULL,
          body bytea NOT NULL,
          PRIMARY KEY (ticker, seq)
        )`;
      await sql`
        INSERT INTO bench_bytes
        SELECT t.symbol, b.seq, convert_to(array_to_string(s.occ, ','), 'UTF8') || b.block
        FROM batches AS b
        JOIN tickers AS t ON t.id = b.ticker_id
        JOIN contract_sets AS s ON s.hash = b.contract_set`;
      const seq = batches.length;
      const measured = await interleave([
        {
          name: "chain",
          measure: () =>
            eachTakes(READS, async () => {
              const read = await Array.fromAsync(batchesAfter(sql, ticker, { seq: seq - 1 }));
              if (read[0]?.columns.occ.length !== 3_000) throw new Error("no latest chain");
            }),
        },
        {
          name: "bytes",
          measure: () =>
            eachTakes(READS, async () => {
              const rows = await sql`
                SELECT body FROM bench_bytes WHERE ticker = ${ticker} AND seq = ${seq}`;
              if (rows.length !== 1) throw new Error("no bytes");
            }),
        },
      ], { ...bench, rounds: bench.settings.rounds });
      return [
        {
          figure: "latest",
          what: "the latest chain, 3,000 contracts, decoded, against one row of the same bytes",
          unit: "×",
          values: ratioOf(measured, "chain", "bytes"),
          bar: { kind: "at most", value: 2 },
          note: "the newest snapshot with its contracts' names, as columns; hot",
        },
        timeOf("latest", "the latest chain", measured.get("chain")),
        timeOf("latest", "one row of the same bytes", measured.get("bytes")),
      ];
    }),
};

/** The figure `history`. */
export const historyFigure: Figure = {
  name: "history",
  measure: (bench) =>
    inOwnDatabase(bench, async (sql, own) => {
      const [ticker] = own.tickers;
      if (!ticker) return [];
      const batches = daysOf(ticker, { contracts: 400, snapshots: 1_000, agentId: "bench" });
      await storeAll(sql, batches, own);
      await fillQuotes(sql, batches);
      bench.say("rewriting the days");
      await rewriteDays(sql, Date.now() + DAY_MS);
      await sql`VACUUM ANALYZE`;
      const occs = batches[0]?.columns.occ ?? [];
      let turn = 0;
      const next = (): OccSymbol => {
        const occ = occs[(turn++ * 37) % occs.length];
        if (occ === undefined) throw new Error("no contract");
        return occ;
      };
      const measured = await interleave([
        {
          name: "rewritten",
          measure: () =>
            eachTakes(READS, async () => {
              const read = await Array.fromAsync(
                contractHistory(sql, { ticker, occ: next() }, {}),
              );
              mustBe(read.length, batches.length);
            }),
        },
        {
          name: "rows",
          measure: () =>
            eachTakes(READS, async () => {
              const rows = await sql`
                SELECT as_of, bid, ask, last, volume, open_interest, implied_vol, delta, bid_size,
                  ask_size
                FROM bench_quotes
                WHERE occ = ${next()}
                ORDER BY as_of`;
              mustBe(rows.length, batches.length);
            }),
        },
      ], { ...bench, rounds: bench.settings.rounds });
      return [
        {
          figure: "history",
          what: "one contract over 1,000 rewritten snapshots, against an indexed row a quote",
          unit: "×",
          values: ratioOf(measured, "rewritten", "rows"),
          bar: { kind: "at most", value: 2 },
          note: "400 contracts a chain, 78 snapshots a day; hot",
        },
        timeOf("history", "rewritten", measured.get("rewritten")),
        timeOf("history", "a row a quote", measured.get("rows")),
      ];
    }),
};

/** The figure `conditions`. */
export const conditionsFigure: Figure = {
  name: "conditions",
  measure: (bench) =>
    inOwnDatabase(bench, async (sql, own) => {
      const [ticker] = own.tickers;
      if (!ticker) return [];
      const snapshots = A_DAY * MONTH_DAYS;
      const batches = daysOf(ticker, { contracts: 400, snapshots, agentId: "bench" });
      await storeAll(sql, batches, own);
      await sql`VACUUM ANALYZE`;
      const range = { fromMs: (batches[0]?.agentTimeMs ?? 0) - DAY_MS, toMs: Date.now() };
      const [from, to] = [range.fromMs, range.toMs].map((ms) => new Date(ms).toISOString());
      const measured = await interleave([
        {
          name: "view",
          measure: () =>
            eachTakes(READS, async () => {
              const rows = await sql`
                SELECT as_of, atm_iv
                FROM market_conditions
                WHERE ticker = ${ticker} AND as_of >= ${from ?? ""} AND as_of < ${to ?? ""}
                ORDER BY as_of`;
              mustBe(rows.length, snapshots);
              if (rows[0]?.["atm_iv"] === null) throw new Error("no volatility at the money");
            }),
        },
        {
          name: "all conditions",
          measure: () =>
            eachTakes(READS, async () => {
              mustBe((await marketConditions(sql, ticker, range)).length, snapshots);
            }),
        },
      ], { ...bench, rounds: bench.settings.rounds });
      return [
        {
          ...timeOf("conditions", "at-the-money IV over a month", measured.get("view")),
          bar: { kind: "at most", value: 10 },
          note: `${snapshots} snapshots, by the view market_conditions; hot`,
        },
        timeOf(
          "conditions",
          "all conditions over a month, by expiry",
          measured.get("all conditions"),
        ),
      ];
    }),
};

/** Who stores. */
type Own = Awaited<ReturnType<typeof prepare>>;

/** A database of its own, so that what else was stored is not in the way. */
async function inOwnDatabase(
  bench: Bench,
  use: (sql: Sql, own: Own) => Promise<Finding[]>,
): Promise<Finding[]> {
  await using stack = new AsyncDisposableStack();
  const server = new URL(bench.database.url);
  const database = await openDatabase(server, stack, bench.folder, bench.say);
  bench.say("storing snapshots");
  return await use(database.sql, await prepare(database));
}

/** Snapshots of the last days, {@link A_DAY} a day, the oldest first. */
function daysOf(
  ticker: Ticker,
  { contracts, snapshots, agentId }: {
    readonly contracts: number;
    readonly snapshots: number;
    readonly agentId: string;
  },
): ColumnBatch[] {
  const days = Math.ceil(snapshots / A_DAY);
  const reads = [...readsOf(ticker, { contracts, reads: A_DAY, nowMs: Date.now() })];
  const todayMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  return Array.from({ length: snapshots }, (_, i) => {
    const beganMs = todayMs - (days - Math.floor(i / A_DAY)) * DAY_MS + 14 * 3_600_000;
    const chain: Chain | undefined = reads[i % A_DAY];
    if (!chain) throw new Error("no read of this time");
    return batchOf(chain, agentId, beganMs + (i % A_DAY) * STEP_MS);
  });
}

async function storeAll(sql: Sql, batches: readonly ColumnBatch[], { sender }: Own): Promise<void> {
  const sets = new StoredSets();
  for (const batch of batches) {
    await store(sql, { ...requestOf(batch, sender), idempotencyKey: null, backfill: true }, sets);
  }
}

/** The same quotes, a row each, in the order in which they came. */
async function fillQuotes(sql: Sql, batches: readonly ColumnBatch[]): Promise<void> {
  await sql`
    CREATE TABLE bench_quotes (
      occ text NOT NULL,
      as_of timestamptz NOT NULL,
      bid integer,
      ask integer,
      last integer,
      volume integer,
      open_interest integer,
      implied_vol integer,
      delta integer,
      bid_size integer,
      ask_size integer,
      PRIMARY KEY (occ, as_of)
    )`;
  const literal = (values: Int32Array | null): string | null =>
    values && `{${Array.from(values, (value) => value === NONE ? "NULL" : value).join(",")}}`;
  for (const { columns: { occ, fields }, agentTimeMs } of batches) {
    await sql`
      INSERT INTO bench_quotes
      SELECT q.occ, ${new Date(agentTimeMs).toISOString()}, q.bid, q.ask, q.last, q.volume,
        q.open_interest, q.implied_vol, q.delta, q.bid_size, q.ask_size
      FROM unnest(
        ${`{${occ.join(",")}}`}::text[],
        ${literal(fields.bid)}::integer[],
        ${literal(fields.ask)}::integer[],
        ${literal(fields.last)}::integer[],
        ${literal(fields.volume)}::integer[],
        ${literal(fields.openInterest)}::integer[],
        ${literal(fields.impliedVol)}::integer[],
        ${literal(fields.delta)}::integer[],
        ${literal(fields.bidSize)}::integer[],
        ${literal(fields.askSize)}::integer[]
      ) AS q (
        occ, bid, ask, last, volume, open_interest, implied_vol, delta, bid_size, ask_size
      )`;
  }
}

/** Milliseconds that each of some reads takes. */
async function eachTakes(reads: number, read: () => Promise<void>): Promise<number> {
  await read();
  const beganMs = performance.now();
  for (let i = 0; i < reads; i++) await read();
  return (performance.now() - beganMs) / reads;
}

function mustBe(found: number, expected: number): void {
  if (found !== expected) throw new Error(`${found} rows were read, not ${expected}`);
}

function timeOf(figure: string, what: string, values: readonly number[] | undefined): Finding {
  return { figure, what, unit: "ms", values: values ?? [], bar: null };
}
