/**
 * Watches: tickers the installation follows without a deal.
 */
import { z } from "zod";
import type { Ticker } from "../options/contract.ts";
import type { Sql } from "./connect.ts";
import { ensureTicker } from "./tickers.ts";

/** A watched ticker. */
export interface Watch {
  readonly ticker: Ticker;
  readonly name: string | null;
  readonly createdAtMs: number;
}

/** Watches a ticker; watching it twice changes nothing. */
export async function addWatch(
  sql: Sql,
  ticker: Ticker,
  name: string | null = null,
): Promise<void> {
  const tickerId = await ensureTicker(sql, ticker, name);
  await sql`INSERT INTO watches (ticker_id) VALUES (${tickerId}) ON CONFLICT DO NOTHING`;
}

/** Watches a ticker no longer; `false` where it was not. Its history stays. */
export async function removeWatch(sql: Sql, ticker: Ticker): Promise<boolean> {
  const rows = await sql`
    DELETE FROM watches
    WHERE ticker_id = (SELECT id FROM tickers WHERE symbol = ${ticker}) AND user_id IS NULL
    RETURNING id`;
  return rows.length === 1;
}

const watch = z.object({
  // Tickers are checked before they are stored.
  ticker: z.string().transform((text) => text as Ticker),
  name: z.string().nullable(),
  createdAtMs: z.number(),
});

/** The watched tickers, in order of their symbol. */
export async function listWatches(sql: Sql): Promise<Watch[]> {
  const rows = await sql`
    SELECT
      t.symbol AS ticker,
      t.name,
      floor(extract(epoch FROM w.created_at) * 1000)::double precision AS "createdAtMs"
    FROM watches AS w
    JOIN tickers AS t ON t.id = w.ticker_id
    WHERE w.user_id IS NULL
    ORDER BY t.symbol`;
  return rows.map((row) => watch.parse(row));
}
