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
