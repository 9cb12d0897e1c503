/**
 * Checkpoints: the folded chain of a ticker at a position, as bytes of `options/checkpoint.ts`. They
 * only save work: the chain is the fold of the batches, with or without them.
 */
import { z } from "zod";
import type { Ticker } from "../options/contract.ts";
import type { Sql } from "./connect.ts";

/** A folded chain: every batch up to `seq`, the newest of them being (asOf, asOfSeq). */
export interface Checkpoint {
  readonly seq: number;
  readonly asOfMs: number;
  readonly asOfSeq: number;
  readonly state: Uint8Array;
}

const checkpoint = z.object({
  seq: z.number(),
  asOfMs: z.number(),
  asOfSeq: z.number(),
  state: z.instanceof(Uint8Array),
});

/**
 * The newest checkpoint from which the fold can go on: none of the batches after it is older than
 * its newest (a backfill can be). `undefined` means: fold from the beginning. With `toSeq`, as if
 * nothing after that position were stored.
 */
export async function loadCheckpoint(
  sql: Sql,
  ticker: Ticker,
  toSeq: number = Number.MAX_SAFE_INTEGER,
): Promise<Checkpoint | undefined> {
  const [row] = await sql`
    SELECT
      c.seq::double precision,
      (extract(epoch FROM c.as_of) * 1000)::double precision AS "asOfMs",
      c.as_of_seq::double precision AS "asOfSeq",
      c.state
    FROM checkpoints AS c
    WHERE c.ticker_id = (SELECT id FROM tickers WHERE symbol = ${ticker})
      AND c.state IS NOT NULL
      AND c.seq <= ${toSeq}
      AND NOT EXISTS (
        SELECT
        FROM batches AS b
        WHERE b.ticker_id = c.ticker_id
          AND b.late
          AND b.seq > c.seq
          AND b.seq <= ${toSeq}
          AND b.as_of < c.as_of
      )
    ORDER BY c.seq DESC
    LIMIT 1`;
  return row && checkpoint.parse(row);
}

/**
 * Keeps a checkpoint and drops those of no more use: overtaken by a late batch, or more than
 * needed to go back from one. Kept are the newest four, the newest of each hour of the last day
 * and the newest of each day of the last month.
 */
export async function saveCheckpoint(sql: Sql, ticker: Ticker, saved: Checkpoint): Promise<void> {
  await sql`
    INSERT INTO checkpoints (ticker_id, seq, as_of, as_of_seq, body, state)
    SELECT id, ${saved.seq}, ${new Date(saved.asOfMs).toISOString()}::timestamptz,
      ${saved.asOfSeq}, '', ${saved.state}
    FROM tickers
    WHERE symbol = ${ticker}
    ON CONFLICT (ticker_id, seq) DO UPDATE
    SET as_of = excluded.as_of, as_of_seq = excluded.as_of_seq, state = excluded.state`;
  await sql`
    WITH ranked AS (
      SELECT
        c.ticker_id,
        c.seq,
        c.as_of,
        max(c.as_of) OVER () AS newest,
        row_number() OVER (ORDER BY c.seq DESC) AS place,
        row_number() OVER (
          PARTITION BY date_trunc('hour', c.as_of) ORDER BY c.seq DESC
        ) AS place_in_hour,
        row_number() OVER (
          PARTITION BY date_trunc('day', c.as_of) ORDER BY c.seq DESC
        ) AS place_in_day
      FROM checkpoints AS c
      WHERE c.ticker_id = (SELECT id FROM tickers WHERE symbol = ${ticker})
    )
    DELETE FROM checkpoints AS c
    USING ranked AS r
    WHERE c.ticker_id = r.ticker_id
      AND c.seq = r.seq
      AND (
        NOT (
          r.place <= 4
          OR (r.place_in_hour = 1 AND r.as_of > r.newest - interval '1 day')
          OR (r.place_in_day = 1 AND r.as_of > r.newest - interval '30 days')
        )
        OR EXISTS (
          SELECT
          FROM batches AS b
          WHERE b.ticker_id = c.ticker_id AND b.late AND b.seq > c.seq AND b.as_of < c.as_of
        )
      )`;
}
