/**
 * The tickers this installation follows: those with an open deal and those that are watched.
 */
import { z } from "zod";
import type { Ticker } from "../options/contract.ts";
import type { Sql } from "./connect.ts";

/** A deal with its newest terms. */
export interface Deal {
  readonly id: string;
  readonly ticker: Ticker;
  /** Cash per share, in the currency of the ticker; `null` where none is known. */
  readonly cash: number | null;
  /** The expected day of the close, `YYYY-MM-DD`; `null` where none is known. */
  readonly close: string | null;
  /** 1 for the first terms, one more for each change. */
  readonly version: number;
}

/** A ticker that is followed. */
export interface FollowedTicker {
  readonly ticker: Ticker;
  readonly name: string | null;
  readonly deal: Deal | null;
  readonly watched: boolean;
  /** The position of its history; 0 where nothing was ever stored. */
  readonly seq: number;
}

const followed = z.object({
  // Tickers are checked before they are stored.
  symbol: z.string().transform((text) => text as Ticker),
  name: z.string().nullable(),
  seq: z.number(),
  watched: z.boolean(),
  deal_id: z.string().nullable(),
  cash: z.number().nullable(),
  close_on: z.string().nullable(),
  version: z.number().nullable(),
});

/** Every ticker that is followed, in order of its symbol. */
export async function followedTickers(sql: Sql): Promise<FollowedTicker[]> {
  return (await select(sql, null)).map(toFollowed);
}

/** One ticker; `undefined` where it is neither a deal nor watched. */
export async function followedTicker(
  sql: Sql,
  ticker: Ticker,
): Promise<FollowedTicker | undefined> {
  return (await select(sql, ticker)).map(toFollowed)[0];
}

/** Every symbol that was ever followed, in order. */
export async function knownSymbols(sql: Sql): Promise<string[]> {
  const rows = await sql<{ symbol: string }[]>`SELECT symbol FROM tickers ORDER BY symbol`;
  return rows.map((row) => row.symbol);
}

/** The ID of a ticker's row, made where there is none; a name, where given, is kept. */
export async function ensureTicker(
  sql: Sql,
  ticker: Ticker,
  name: string | null = null,
): Promise<number> {
  const rows = await sql`
    INSERT INTO tickers (symbol, name) VALUES (${ticker}, ${name})
    ON CONFLICT (symbol) DO UPDATE SET name = coalesce(excluded.name, tickers.name)
    RETURNING id`;
  return z.object({ id: z.number() }).parse(rows[0]).id;
}

function select(sql: Sql, ticker: Ticker | null): Promise<readonly unknown[]> {
  return sql`
    SELECT
      t.symbol,
      t.name,
      t.seq::double precision,
      EXISTS (SELECT FROM watches AS w WHERE w.ticker_id = t.id) AS watched,
      d.id::text AS deal_id,
      v.cash::double precision,
      v.close_on::text,
      v.version
    FROM tickers AS t
    LEFT JOIN deals AS d ON d.ticker_id = t.id AND d.removed_at IS NULL
    LEFT JOIN LATERAL (
      SELECT * FROM deal_versions WHERE deal_id = d.id ORDER BY version DESC LIMIT 1
    ) AS v ON true
    WHERE (d.id IS NOT NULL OR EXISTS (SELECT FROM watches AS w WHERE w.ticker_id = t.id))
      ${ticker === null ? sql`` : sql`AND t.symbol = ${ticker}`}
    ORDER BY t.symbol`;
}

function toFollowed(row: unknown): FollowedTicker {
  const found = followed.parse(row);
  return {
    ticker: found.symbol,
    name: found.name,
    seq: found.seq,
    watched: found.watched,
    deal: found.deal_id === null ? null : {
      id: found.deal_id,
      ticker: found.symbol,
      cash: found.cash,
      close: found.close_on,
      version: found.version ?? 1,
    },
  };
}
