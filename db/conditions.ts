/**
 * Market conditions in the database: what a snapshot's row says of them, reading them back, and
 * working them out for rows that were stored without.
 */
import { z } from "zod";
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
  putOpenInterest: count,
  callOpenInterest: count,
  day: z.string(),
  expiries: z.array(z.string()).nullable(),
  expiryAtmIv: z.array(z.number()).nullable(),
  expirySkew: z.array(z.number().nullable()).nullable(),
});

/** The volatilities of one expiry: fractions; `days` are calendar days in New York. */
export interface StoredExpiry {
  readonly expiry: string;
  readonly days: number;
  readonly atmIv: number;
  readonly skew: number | null;
}

/** The conditions at one snapshot, as the views have them. IV and skew are fractions. */
export interface StoredConditions
  extends Omit<z.infer<typeof conditionsRow>, "day" | "expiries" | "expiryAtmIv" | "expirySkew"> {
  readonly putCallVolumeRatio: number | null;
  readonly putCallOpenInterestRatio: number | null;
  readonly expiries: readonly StoredExpiry[];
}

/** A time range; its start is in it, its end is not. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * A ticker's conditions by (asOf, seq); of a snapshot stored before they were worked out, all but
 * the spot is null. It is what the views show, without a row for each of a month's expiries. At
 * most `limit` snapshots, the first ones.
 */
export async function marketConditions(
  sql: Sql,
  ticker: Ticker,
  { fromMs, toMs }: TimeRange,
  limit: number = Number.MAX_SAFE_INTEGER,
): Promise<StoredConditions[]> {
  const rows = await sql`
    SELECT
      id::text AS "snapshotId",
      seq::double precision,
      (extract(epoch FROM as_of) * 1000)::double precision AS "asOfMs",
      (extract(epoch FROM received_at) * 1000)::double precision AS "receivedAtMs",
      late,
      spot::double precision,
      atm_iv AS "atmIv",
      skew,
      put_volume::double precision AS "putVolume",
      call_volume::double precision AS "callVolume",
      put_open_interest::double precision AS "putOpenInterest",
      call_open_interest::double precision AS "callOpenInterest",
      (as_of AT TIME ZONE 'America/New_York')::date::text AS day,
      to_json(expiries) AS expiries,
      to_json(expiry_atm_iv) AS "expiryAtmIv",
      to_json(expiry_skew) AS "expirySkew"
    FROM batches
    WHERE ticker_id = (SELECT id FROM tickers WHERE symbol = ${ticker})
      AND as_of >= ${new Date(fromMs).toISOString()}::timestamptz
      AND as_of < ${new Date(toMs).toISOString()}::timestamptz
      AND mode = 'snapshot'
    ORDER BY as_of, seq
    LIMIT ${limit}`;
  return z.array(conditionsRow).parse(rows).map(storedConditions);
}

/** The newest conditions by a moment that have a volatility for some expiry. */
export async function newestConditions(
  sql: Sql,
  ticker: Ticker,
  atMs: number,
): Promise<StoredConditions | undefined> {
  const [row] = await sql`
    SELECT (extract(epoch FROM as_of) * 1000)::double precision AS "asOfMs"
    FROM batches
    WHERE ticker_id = (SELECT id FROM tickers WHERE symbol = ${ticker})
      AND as_of <= ${new Date(atMs).toISOString()}::timestamptz
      AND received_at <= ${new Date(atMs).toISOString()}::timestamptz
      AND mode = 'snapshot'
      AND atm_iv IS NOT NULL
    ORDER BY as_of DESC, seq DESC
    LIMIT 1`;
  if (!row) return undefined;
  const { asOfMs } = z.object({ asOfMs: z.number() }).parse(row);
  return (await marketConditions(sql, ticker, { fromMs: asOfMs, toMs: asOfMs + 1 })).at(-1);
}

function storedConditions(
  { day, expiries, expiryAtmIv, expirySkew, ...row }: z.infer<typeof conditionsRow>,
): StoredConditions {
  return {
    ...row,
    atmIv: fraction(row.atmIv),
    skew: fraction(row.skew),
    putCallVolumeRatio: ratio(row.putVolume, row.callVolume),
    putCallOpenInterestRatio: ratio(row.putOpenInterest, row.callOpenInterest),
    expiries: (expiries ?? []).map((expiry, n) => {
      const days = Math.round((Date.parse(expiry) - Date.parse(day)) / DAY_MS);
      // The three arrays are written with one value for each expiry.
      const atmIv = (expiryAtmIv?.[n] ?? NaN) / GREEK_SCALE;
      return { expiry, days, atmIv, skew: fraction(expirySkew?.[n] ?? null) };
    }),
  };
}

function fraction(whole: number | null): number | null {
  return whole === null ? null : whole / GREEK_SCALE;
}

const DAY_MS = 86_400_000;

/** Null where there is no call to hold the puts against; four decimals, as the views have. */
function ratio(puts: number | null, calls: number | null): number | null {
  return puts === null || calls === null || calls === 0
    ? null
    : Math.round(puts / calls * 10_000) / 10_000;
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
      const conditions = conditionsOf(batch.columns, { ticker, spot, atMs });
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
