/**
 * How servers hear of each other's commits. Not inside the ingest statement: NOTIFY takes one lock
 * for the whole cluster at commit. Each server says what it stored, coalesced, after the commit;
 * as a kill can lose that, readers look at `followedTickers()` besides.
 */
import { z } from "zod";
import type { Ticker } from "../options/contract.ts";
import type { Sql } from "./connect.ts";

/** The channel on which servers tell of new batches. */
export const BATCH_CHANNEL = "lastmark_batches";

/** A ticker and the position its history has reached. */
export interface BatchNotice {
  readonly ticker: Ticker;
  readonly seq: number;
}

const notices = z.array(z.tuple([z.string(), z.number()]));

/** Notices in one message: PostgreSQL takes less than 8,000 bytes. */
const NOTICES_PER_MESSAGE = 200;

/** Tells every server, this one included, of positions that were reached. */
export async function notifyBatches(sql: Sql, reached: readonly BatchNotice[]): Promise<void> {
  for (let i = 0; i < reached.length; i += NOTICES_PER_MESSAGE) {
    const part = reached.slice(i, i + NOTICES_PER_MESSAGE).map(({ ticker, seq }) => [ticker, seq]);
    await sql`SELECT pg_notify(${BATCH_CHANNEL}, ${JSON.stringify(part)})`;
  }
}

/** A LISTEN; `stop()` ends it. */
export interface BatchListener {
  stop(): Promise<void>;
}

/**
 * Hears of new batches on a connection of its own, which postgres.js makes anew when it breaks.
 * `onListening` is called at the start and after each break: what was said between is lost.
 * A message of another form (of another version) says only that something came: `[]`.
 */
export async function listenBatches(
  sql: Sql,
  onBatches: (reached: readonly BatchNotice[]) => void,
  onListening: () => void,
): Promise<BatchListener> {
  const { unlisten } = await sql.listen(BATCH_CHANNEL, (payload) => {
    onBatches(readNotices(payload));
  }, onListening);
  return { stop: unlisten };
}

function readNotices(payload: string): BatchNotice[] {
  let json: unknown;
  try {
    json = JSON.parse(payload);
  } catch {
    return [];
  }
  const read = notices.safeParse(json);
  // Tickers are checked before they are stored, and only stored ones are told of.
  return read.success ? read.data.map(([ticker, seq]) => ({ ticker: ticker as Ticker, seq })) : [];
}
