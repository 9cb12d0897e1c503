/** Positions of a ticker's history in time. */
import { z } from "zod";
import type { Ticker } from "../options/contract.ts";
import type { Sql } from "./connect.ts";

const seqRow = z.object({ seq: z.number() });

/** The position of a ticker's history at some moment: of the newest batch received by then; else 0. */
export async function seqAt(sql: Sql, ticker: Ticker, atMs: number): Promise<number> {
  const [at = 0] = await seqsAt(sql, ticker, [atMs]);
  return at;
}

/** The positions of a ticker's history at some moments, in their order. */
export async function seqsAt(
  sql: Sql,
  ticker: Ticker,
  momentsMs: readonly number[],
): Promise<number[]> {
  const moments = `{${momentsMs.map((ms) => new Date(ms).toISOString()).join(",")}}`;
  // seq and the time of receipt rise together, so the newest of each is the same batch.
  const rows = await sql`
    SELECT
      coalesce(
        (
          SELECT b.seq
          FROM batches AS b
          WHERE b.ticker_id = t.id AND b.received_at <= m.at
          ORDER BY b.seq DESC
          LIMIT 1
        ),
        0
      )::double precision AS seq
    FROM tickers AS t
    CROSS JOIN unnest(${moments}::text::timestamptz[]) WITH ORDINALITY AS m (at, place)
    WHERE t.symbol = ${ticker}
    ORDER BY m.place`;
  return rows.map((row) => seqRow.parse(row).seq);
}

/** Where a ticker's kept history begins and ends, and the reads around a moment, by their receipt. */
export interface HistoryAround {
  readonly firstMs: number;
  readonly lastMs: number;
  /** Of the read before the one that is the newest at the moment. */
  readonly earlierMs: number | null;
  /** Of the first after the moment. */
  readonly laterMs: number | null;
}

const around = z.object({
  firstMs: z.number().nullable(),
  lastMs: z.number().nullable(),
  earlierMs: z.number().nullable(),
  laterMs: z.number().nullable(),
});

/** The history around a moment; `undefined` where nothing was ever stored. */
export async function historyAround(
  sql: Sql,
  ticker: Ticker,
  atMs: number,
): Promise<HistoryAround | undefined> {
  const at = new Date(atMs).toISOString();
  // Of each the first or the last by seq, in whose order receipts rise: a look into an index each.
  const [row] = await sql`
    WITH
    of_ticker AS (SELECT id FROM tickers WHERE symbol = ${ticker}),
    kept AS (
      SELECT b.seq, b.received_at
      FROM batches AS b
      JOIN of_ticker ON b.ticker_id = of_ticker.id
    ),
    edges (first_at, last_at, earlier_at, later_at) AS (
      SELECT
        (SELECT received_at FROM kept ORDER BY seq LIMIT 1),
        (SELECT received_at FROM kept ORDER BY seq DESC LIMIT 1),
        (
          SELECT received_at
          FROM kept
          WHERE received_at <= ${at}::timestamptz
          ORDER BY seq DESC
          LIMIT 1 OFFSET 1
        ),
        (SELECT received_at FROM kept WHERE received_at > ${at}::timestamptz ORDER BY seq LIMIT 1)
    )
    SELECT
      (extract(epoch FROM first_at) * 1000)::double precision AS "firstMs",
      (extract(epoch FROM last_at) * 1000)::double precision AS "lastMs",
      (extract(epoch FROM earlier_at) * 1000)::double precision AS "earlierMs",
      (extract(epoch FROM later_at) * 1000)::double precision AS "laterMs"
    FROM edges`;
  const { firstMs, lastMs, ...beside } = around.parse(row);
  return firstMs === null || lastMs === null ? undefined : { firstMs, lastMs, ...beside };
}
