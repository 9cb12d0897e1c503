/** Stored prices of the underlying. */
import { z } from "zod";
import type { Ticker } from "../options/contract.ts";
import type { Sql } from "./connect.ts";

const spot = z.object({ spot: z.number() });

/**
 * The price that a day's change is measured against: the newest spot at or before a session's
 * close, or the first one after it; `undefined` where no spot was ever stored.
 */
export async function referenceSpot(
  sql: Sql,
  ticker: Ticker,
  closeMs: number,
): Promise<number | undefined> {
  const close = new Date(closeMs).toISOString();
  const [row] = await sql`
    WITH spots AS (
      SELECT b.as_of, b.seq, b.spot::double precision AS spot
      FROM batches AS b
      WHERE b.ticker_id = (SELECT id FROM tickers WHERE symbol = ${ticker}) AND b.spot > 0
    )
    (SELECT * FROM spots WHERE as_of <= ${close}::timestamptz ORDER BY as_of DESC, seq DESC LIMIT 1)
    UNION ALL
    (SELECT * FROM spots WHERE as_of > ${close}::timestamptz ORDER BY as_of, seq LIMIT 1)
    ORDER BY as_of
    LIMIT 1`;
  return row && spot.parse(row).spot;
}
