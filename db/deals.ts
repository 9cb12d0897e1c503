/**
 * Deals: what is offered for a ticker in cash and by when. New terms are a new version; the old
 * ones stay, so that history knows the price a deal had then.
 */
import { z } from "zod";
import type { Ticker } from "../options/contract.ts";
import type { Sql } from "./connect.ts";
import { type Deal, ensureTicker, followedTicker, followedTickers } from "./tickers.ts";

/** The terms of a deal as they are given. */
export interface DealTerms {
  readonly ticker: Ticker;
  readonly name?: string | null;
  readonly cash: number | null;
  readonly close: string | null;
}

const id = z.object({ id: z.string() });

/** Opens a deal on a ticker, or gives the open one new terms; terms that are the same change nothing. */
export async function saveDeal(sql: Sql, terms: DealTerms): Promise<Deal> {
  await sql.begin(async (tx) => {
    // postgres.js types a transaction apart from the pool; they run the same queries.
    const t = tx as unknown as Sql;
    const tickerId = await ensureTicker(t, terms.ticker, terms.name ?? null);
    // Others who save a deal on this ticker wait here.
    await t`SELECT FROM tickers WHERE id = ${tickerId} FOR UPDATE`;
    await t`
      INSERT INTO deals (ticker_id, created_at)
      SELECT ${tickerId}, domain_now()
      WHERE NOT EXISTS (SELECT FROM deals WHERE ticker_id = ${tickerId} AND removed_at IS NULL)`;
    const [open] = await t`
      SELECT id::text FROM deals WHERE ticker_id = ${tickerId} AND removed_at IS NULL`;
    const dealId = id.parse(open).id;
    await t`
      WITH newest AS (
        SELECT version, cash, close_on
        FROM deal_versions
        WHERE deal_id = ${dealId}::bigint
        ORDER BY version DESC
        LIMIT 1
      )
      INSERT INTO deal_versions (deal_id, version, cash, close_on, valid_from)
      SELECT ${dealId}::bigint, coalesce((SELECT version FROM newest), 0) + 1, ${terms.cash}::numeric,
        ${terms.close}::date, domain_now()
      WHERE NOT EXISTS (
        SELECT
        FROM newest
        WHERE cash IS NOT DISTINCT FROM ${terms.cash}::numeric
          AND close_on IS NOT DISTINCT FROM ${terms.close}::date
      )`;
  });
  const saved = await followedTicker(sql, terms.ticker);
  if (!saved?.deal) throw new Error(`the deal on ${terms.ticker} was removed while it was saved`);
  return saved.deal;
}

/** Closes the open deal on a ticker; `false` where there is none. Its history stays. */
export async function removeDeal(sql: Sql, ticker: Ticker): Promise<boolean> {
  const rows = await sql`
    UPDATE deals SET removed_at = domain_now()
    WHERE ticker_id = (SELECT id FROM tickers WHERE symbol = ${ticker}) AND removed_at IS NULL
    RETURNING id`;
  return rows.length === 1;
}

/** The open deals, in order of their ticker. */
export async function listDeals(sql: Sql): Promise<Deal[]> {
  return (await followedTickers(sql)).flatMap((ticker) => ticker.deal ?? []);
}
