/**
 * A row of the spool and the sum that proves it whole. The sum covers every field, since a page
 * that the disk gave back wrong is still a page to SQLite.
 */
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { parseTicker, type Ticker } from "../../options/contract.ts";

/** A snapshot as it is stored. */
export interface SpoolRow {
  readonly id: number;
  readonly key: string;
  readonly ticker: Ticker;
  readonly storedAtMs: number;
  /** The body, compressed. */
  readonly body: Uint8Array;
}

/** The table of what waits; `spool_carve.ts` reads its rows without SQLite, in this order. */
export const SNAPSHOTS_TABLE = `
  CREATE TABLE IF NOT EXISTS snapshots (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    key          TEXT NOT NULL UNIQUE,
    ticker       TEXT NOT NULL,
    stored_at_ms INTEGER NOT NULL,
    sum          INTEGER NOT NULL,
    body         BLOB NOT NULL
  ) STRICT;
`;

/** The columns after `id`, as they lie on the disk. */
export type StoredColumns = readonly [
  key: unknown,
  ticker: unknown,
  storedAtMs: unknown,
  sum: unknown,
  body: unknown,
];

/** The sum of a row (CRC-32: it is to find bits that flipped, not a forger). */
export function sumOf({ id, key, ticker, storedAtMs, body }: SpoolRow): number {
  return crc32(body, crc32(Buffer.from(`${id}\n${key}\n${ticker}\n${storedAtMs}\n`)));
}

/** The row of these columns; `undefined` where they are not what was written. */
export function rowFrom(id: unknown, columns: StoredColumns): SpoolRow | undefined {
  const [key, tickerText, storedAtMs, sum, body] = columns;
  if (typeof id !== "number" || typeof key !== "string" || typeof tickerText !== "string") {
    return undefined;
  }
  if (typeof storedAtMs !== "number" || !(body instanceof Uint8Array)) return undefined;
  const ticker = parseTicker(tickerText);
  if (ticker === undefined) return undefined;
  const row = { id, key, ticker, storedAtMs, body };
  return sumOf(row) === sum ? row : undefined;
}
