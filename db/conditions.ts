/**
 * Market conditions in the database: what a snapshot's row says of them, reading them back, and
 * working them out for rows that were stored without.
 */
import { z } from "zod";
import { columnsOf } from "../options/columns.ts";
import { conditionsOf, type MarketConditions } from "../options/conditions.ts";
import type { Ticker } from "../options/contract.ts";
import { GREEK_SCALE } from "../options/quote.ts";
import { batchesAfter } from "./batches.ts";
import type { Sql } from "./connect.ts";

/** What the columns of `batches` of the same names (in snake case) are given; arrays as literals. */
export interface ConditionColumns {
  readonly atmIv: number | null;
  readonly skew: number | null;
  readonly putVolume: number | null;
  readonly callVolume: number | null;
  readonly putOpenInterest: number | null;
  readonly callOpenInterest: number | null;
  readonly expiries: string | null;
  readonly expiryAtmIv: string | null;
  readonly expirySkew: string | null;
}

/** An update is not kept in history, and has none. */
export const NO_CONDITIONS: ConditionColumns = {
  atmIv: null,
  skew: null,
  putVolume: null,
  callVolume: null,
  putOpenInterest: null,
  callOpenInterest: null,
  expiries: null,
  expiryAtmIv: null,
  expirySkew: null,
};

/** The columns of a snapshot's conditions. */
export function conditionColumns(conditions: MarketConditions): ConditionColumns {
  const { expiries } = conditions;
  return {
    atmIv: scaled(conditions.atmIv),
    skew: scaled(conditions.skew),
    putVolume: conditions.putVolume,
    callVolume: conditions.callVolume,
    putOpenInterest: conditions.putOpenInterest,
    callOpenInterest: conditions.callOpenInterest,
    expiries: `{${expiries.map(({ expiry }) => expiry).join(",")}}`,
    expiryAtmIv: literal(expiries.map(({ atmIv }) => atmIv)),
    expirySkew: literal(expiries.map(({ skew }) => skew)),
  };
}

function scaled(value: number | null): number | null {
  return value === null ? null : Math.round(value * GREEK_SCALE);
}

function literal(values: readonly (number | null)[]): string | null {
  if (values.every((value) => value === null)) return null;
  return `{${values.map((value) => scaled(value) ?? "NULL").join(",")}}`;
}

const count = z.number().int().nullable();

const conditionsRow = z.object({
  snapshotId: z.string(),
  seq: z.number().int(),
  asOfMs: z.number(),
  receivedAtMs: z.number(),
  late: z.boolean(),
  spot: z.number().nullable(),
  atmIv: z.number().nullable(),
  skew: z.number().nullable(),
  putVolume: count,
  callVolume: count,
  putCallVolumeRatio: z.number().nullable(),
  putOpenInterest: count,
  callOpenInterest: count,
  putCallOpenInterestRatio: z.number().nullable(),
});

const expiryRow = z.object({
  seq: z.number().int(),
  expiry: z.string(),
  days: z.number().int(),
  atmIv: z.number(),
  skew: z.number().nullable(),
});

/** The conditions of one expiry. IV and skew are fractions, `days` calendar days in New York. */
export type StoredExpiry = Omit<z.infer<typeof expiryRow>, "seq">;

/** The conditions at one snapshot, as the views have them. IV and skew are fractions. */
export interface StoredConditions extends z.infer<typeof conditionsRow> {
  readonly expiries: readonly StoredExpiry[];
}

/** A time range; its start is in it, its end is not. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * A ticker's conditions by (asOf, seq); of a snapshot stored before they were worked out, all but
 * the spot is null.
 */
export async function marketConditions(
  sql: Sql,
  ticker: Ticker,
  { fromMs, toMs }: TimeRange,
): Promise<StoredConditions[]> {
  const from = new Date(fromMs).toISOString();
  const to = new Date(toMs).toISOString();
  const rows = await sql`
    SELECT
      snapshot_id::text AS "snapshotId",
      seq::double precision,
      (extract(epoch FROM as_of) * 1000)::double precision AS "asOfMs",
      (extract(epoch FROM received_at) * 1000)::double precision AS "receivedAtMs",
      late,
      spot::double precision,
      atm_iv::double precision AS "atmIv",
      skew::double precision,
      put_volume::double precision AS "putVolume",
      call_volume::double precision AS "callVolume",
      put_call_volume_ratio::double precision AS "putCallVolumeRatio",
      put_open_interest::double precision AS "putOpenInterest",
      call_open_interest::double precision AS "callOpenInterest",
      put_call_open_interest_ratio::double precision AS "putCallOpenInterestRatio"
    FROM market_conditions
    WHERE ticker = ${ticker} AND as_of >= ${from}::timestamptz AND as_of < ${to}::timestamptz
    ORDER BY as_of, seq`;
  const expiryRows = await sql`
    SELECT
      seq::double precision,
      expiry::text,
      days,
      atm_iv::double precision AS "atmIv",
      skew::double precision
    FROM market_conditions_by_expiry
    WHERE ticker = ${ticker} AND as_of >= ${from}::timestamptz AND as_of < ${to}::timestamptz
    ORDER BY seq, expiry`;
  const bySeq = Map.groupBy(z.array(expiryRow).parse(expiryRows), ({ seq }) => seq);
  return z.array(conditionsRow).parse(rows).map((row) => ({
    ...row,
    expiries: (bySeq.get(row.seq) ?? []).map(({ seq: _, ...expiry }) => expiry),
  }));
}

// Only checked tickers are stored.
const unfilledRow = z.object({
  ticker: z.string().transform((symbol) => symbol as Ticker),
  seq: z.number(),
});

/**
 * Works out the conditions of snapshots that were stored without (by an older version, or by an
 * import), and says how many. It may be stopped at any time and run again: it goes on with what is
 * left. Cheap where nothing is.
 */
export async function backfillConditions(sql: Sql): Promise<number> {
  const tickers = z.array(unfilledRow).parse(
    await sql`
      SELECT t.symbol AS ticker, min(b.seq)::double precision AS seq
      FROM batches AS b
      JOIN tickers AS t ON t.id = b.ticker_id
      WHERE b.mode = 'snapshot' AND b.expiries IS NULL
      GROUP BY t.symbol
      ORDER BY t.symbol`,
  );
  let filled = 0;
  for (const { ticker, seq } of tickers) {
    for await (const batch of batchesAfter(sql, ticker, { seq: seq - 1 })) {
      if (batch.mode !== "snapshot") continue;
      const { asOfMs: atMs, spot } = batch;
      const conditions = conditionsOf(columnsOf(batch.quotes), { ticker, spot, atMs });
      const c = conditionColumns(conditions);
      const { count } = await sql`
        UPDATE batches
        SET
          atm_iv = ${c.atmIv},
          skew = ${c.skew},
          put_volume = ${c.putVolume},
          call_volume = ${c.callVolume},
          put_open_interest = ${c.putOpenInterest},
          call_open_interest = ${c.callOpenInterest},
          expiries = ${c.expiries}::text::date[],
          expiry_atm_iv = ${c.expiryAtmIv}::text::integer[],
          expiry_skew = ${c.expirySkew}::text::integer[]
        WHERE ticker_id = (SELECT id FROM tickers WHERE symbol = ${ticker})
          AND seq = ${batch.seq}
          AND expiries IS NULL`;
      filled += count;
    }
  }
  return filled;
}
