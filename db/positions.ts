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

/** Where a ticker's kept history begins and ends, and the reads around a position, by their receipt. */
export interface HistoryAround {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly earlierMs: number | null;
  readonly laterMs: number | null;
}

const around = z.object({
  firstMs: z.number().nullable(),
  lastMs: z.number().nullable(),
  earlierMs: z.number().nullable(),
  laterMs: z.number().nullable(),
});

/** The history around a position; `undefined` where nothing was ever stored. */
export async function historyAround(
  sql: Sql,
  ticker: Ticker,
  seq: number,
): Promise<HistoryAround | undefined> {
  // By seq, in whose order receipts rise: each is the first or the last of an index.
  const [row] = await sql`
    WITH edges AS (
      SELECT
        (SELECT received_at FROM batches WHERE ticker_id = t.id ORDER BY seq LIMIT 1) AS first_at,
        (SELECT received_at FROM batches WHERE ticker_id = t.id ORDER BY seq DESC LIMIT 1) AS last_at,
        (
          SELECT received_at FROM batches
          WHERE ticker_id = t.id AND seq < ${seq}
          ORDER BY seq DESC
          LIMIT 1
        ) AS earlier_at,
        (
          SELECT received_at FROM batches
          WHERE ticker_id = t.id AND seq > ${seq}
          ORDER BY seq
          LIMIT 1
        ) AS later_at
      FROM tickers AS t
      WHERE t.symbol = ${ticker}
    )
    SELECT
      (extract(epoch FROM first_at) * 1000)::double precision AS "firstMs",
      (extract(epoch FROM last_at) * 1000)::double precision AS "lastMs",
      (extract(epoch FROM earlier_at) * 1000)::double precision AS "earlierMs",
      (extract(epoch FROM later_at) * 1000)::double precision AS "laterMs"
    FROM edges`;
  if (!row) return undefined;
  const { firstMs, lastMs, ...beside } = around.parse(row);
  return firstMs === null || lastMs === null ? undefined : { firstMs, lastMs, ...beside };
}
