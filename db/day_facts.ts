/** What a list of tickers tells besides their newest price: the day's course, and volatility by day. */
import { z } from "zod";
import type { Ticker } from "../options/contract.ts";
import type { DayIv } from "../options/iv_rank.ts";
import type { Sql } from "./connect.ts";

/** A spot within a day. */
export interface SpotPoint {
  readonly atMs: number;
  readonly spot: number;
}

const spots = z.array(z.object({ atMs: z.number(), spot: z.number() }));

/** The last spot of each step of a period that has one, in their order. */
export async function spotsOf(
  sql: Sql,
  ticker: Ticker,
  period: { readonly fromMs: number; readonly toMs: number; readonly stepMs: number },
): Promise<SpotPoint[]> {
  const { fromMs, toMs, stepMs } = period;
  const rows = await sql`
    SELECT DISTINCT ON (step)
      (extract(epoch FROM b.as_of) * 1000)::double precision AS "atMs",
      b.spot::double precision AS spot,
      floor(extract(epoch FROM b.as_of) * 1000 / ${stepMs}::integer) AS step
    FROM batches AS b
    WHERE
      b.ticker_id = (SELECT id FROM tickers WHERE symbol = ${ticker})
      AND b.as_of BETWEEN ${new Date(fromMs).toISOString()}::timestamptz
        AND ${new Date(toMs).toISOString()}::timestamptz
      AND b.spot > 0
    ORDER BY step, b.as_of DESC, b.seq DESC`;
  return spots.parse(rows);
}

/** At-the-money volatility and skew at the end of a day, or by now; fractions. */
export interface DayConditions extends DayIv {
  readonly skew: number | null;
}

const dayIvs = z.array(
  z.object({ day: z.string(), atmIv: z.number(), skew: z.number().nullable() }),
);

/**
 * The last at-the-money volatility, with its skew, of each day of New York in a period that has one,
 * in their order: from the index alone.
 */
export async function conditionsByDay(
  sql: Sql,
  ticker: Ticker,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<DayConditions[]> {
  const rows = await sql`
    SELECT DISTINCT ON (day)
      (b.as_of AT TIME ZONE 'America/New_York')::date::text AS day,
      (b.atm_iv * 0.000001)::double precision AS "atmIv",
      (b.skew * 0.000001)::double precision AS skew
    FROM batches AS b
    WHERE
      b.ticker_id = (SELECT id FROM tickers WHERE symbol = ${ticker})
      AND b.as_of BETWEEN ${new Date(fromMs).toISOString()}::timestamptz
        AND ${new Date(toMs).toISOString()}::timestamptz
      AND b.mode = 'snapshot'
      AND b.atm_iv IS NOT NULL
    ORDER BY day, b.as_of DESC, b.seq DESC`;
  return dayIvs.parse(rows);
}
