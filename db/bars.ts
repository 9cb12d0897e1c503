/** Historical bars: what is stored of a series, and of which times it was never read. */
import { z } from "zod";
import type { Bar, BarSeries, TimeSpan } from "../options/bars.ts";
import type { Sql } from "./connect.ts";

/** What is stored of a span of a series. */
export interface StoredBars {
  readonly bars: readonly Bar[];
  /** The parts of the span that were never read. */
  readonly gaps: readonly TimeSpan[];
  /** When and up to which time the series was last read; `null` where it never was. */
  readonly lastRead: { readonly atMs: number; readonly toMs: number } | null;
}

const value = z.number().nullable();
const barRow = z.object({
  startMs: z.number(),
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  volume: value,
  wap: value,
  count: value,
});
const gapRow = z.object({ fromMs: z.number(), toMs: z.number() });
const readRow = z.object({ atMs: z.number(), toMs: z.number() });

/** Epoch milliseconds of a column. */
const ms = (sql: Sql, column: string) =>
  sql`(extract(epoch FROM ${sql(column)}) * 1000)::double precision`;

/** The bars of a span, in order, and its gaps. */
export async function storedBars(
  sql: Sql,
  series: BarSeries,
  span: TimeSpan,
): Promise<StoredBars> {
  const { instrument, what, bar, rth } = series;
  const from = new Date(span.fromMs).toISOString();
  const to = new Date(span.toMs).toISOString();
  const isSeries = sql`
    s.instrument = ${instrument} AND s.what = ${what} AND s.bar = ${bar} AND s.rth = ${rth}`;
  const bars = await sql`
    SELECT
      ${ms(sql, "start_at")} AS "startMs", open, high, low, close, volume, wap, trades AS count
    FROM bars
    WHERE series_id = (SELECT s.id FROM bar_series AS s WHERE ${isSeries})
      AND start_at >= ${from}::text::timestamptz AND start_at < ${to}::text::timestamptz
    ORDER BY start_at`;
  const gaps = await sql`
    WITH
    asked AS (
      SELECT tstzrange(${from}::text::timestamptz, ${to}::text::timestamptz) AS span
    ),
    gap AS (
      SELECT unnest(
        tstzmultirange(asked.span) - coalesce(
          (SELECT s.covered FROM bar_series AS s WHERE ${isSeries}),
          '{}'
        )
      ) AS part
      FROM asked
    )
    SELECT
      (extract(epoch FROM lower(part)) * 1000)::double precision AS "fromMs",
      (extract(epoch FROM upper(part)) * 1000)::double precision AS "toMs"
    FROM gap
    ORDER BY 1`;
  const reads = await sql`
    SELECT ${ms(sql, "read_at")} AS "atMs", ${ms(sql, "read_to")} AS "toMs"
    FROM bar_series AS s
    WHERE ${isSeries} AND read_to > '-infinity'`;
  return {
    bars: bars.map((row) => barRow.parse(row)),
    gaps: gaps.map((row) => gapRow.parse(row)),
    lastRead: reads.map((row) => readRow.parse(row))[0] ?? null,
  };
}

/** Bars that were read, with the spans of which they are all. */
export interface ReadBars {
  readonly series: BarSeries;
  readonly spans: readonly TimeSpan[];
  readonly bars: readonly Bar[];
  /** Up to when bars are over: a later one is stored, and read again. */
  readonly finalToMs: number;
}

/**
 * Stores bars in place of those that the spans had. One transaction, which begins with the series'
 * row: of two writers of a series one comes after the other.
 */
export async function storeBars(sql: Sql, read: ReadBars): Promise<void> {
  const { series, bars, finalToMs } = read;
  const { instrument, what, bar, rth } = series;
  const spans = multirange(read.spans);
  const final = multirange(
    read.spans.map(({ fromMs, toMs }) => ({ fromMs, toMs: Math.min(toMs, finalToMs) })),
  );
  const readTo = new Date(Math.max(...read.spans.map(({ toMs }) => toMs))).toISOString();
  await sql.begin(async (transaction) => {
    const [stored] = await transaction<{ id: number }[]>`
      INSERT INTO bar_series AS s (instrument, what, bar, rth, covered, read_to)
      VALUES (
        ${instrument}, ${what}, ${bar}, ${rth}, ${final}::text::tstzmultirange,
        ${readTo}::text::timestamptz
      )
      ON CONFLICT (instrument, what, bar, rth) DO UPDATE
      SET
        covered = s.covered + excluded.covered,
        read_to = greatest(s.read_to, excluded.read_to),
        read_at = now()
      RETURNING id`;
    if (!stored) throw new Error("the series was not written");
    await transaction`
      DELETE FROM bars
      WHERE series_id = ${stored.id} AND start_at <@ ${spans}::text::tstzmultirange`;
    await transaction`
      INSERT INTO bars (series_id, start_at, open, high, low, close, volume, wap, trades)
      SELECT ${stored.id}, to_timestamp(b."startMs" / 1000.0), b.open, b.high, b.low, b.close, b.volume,
        b.wap, b.count
      FROM jsonb_to_recordset(${JSON.stringify(bars)}::text::jsonb) AS b (
        "startMs" double precision, open double precision, high double precision,
        low double precision, close double precision, volume double precision,
        wap double precision, count double precision
      )
      ON CONFLICT (series_id, start_at) DO UPDATE
      SET
        open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
        volume = excluded.volume, wap = excluded.wap, trades = excluded.trades`;
  });
}

/** PostgreSQL's text of some spans; those that are empty are left out. */
function multirange(spans: readonly TimeSpan[]): string {
  const parts = spans.filter(({ fromMs, toMs }) => fromMs < toMs).map(({ fromMs, toMs }) =>
    `["${new Date(fromMs).toISOString()}","${new Date(toMs).toISOString()}")`
  );
  return `{${parts.join(",")}}`;
}
