/**
 * Reading stored batches back, for the fold and for history.
 */
import type postgres from "postgres";
import { z } from "zod";
import type { StoredBatch } from "../options/chain.ts";
import type { OccSymbol, Ticker } from "../options/contract.ts";
import { decodeBlock } from "./block.ts";
import type { Sql } from "./connect.ts";

/** Batches fetched at a time: one of 5,000 contracts is about half a megabyte. */
const FETCH = 16;

const stored = z.object({
  id: z.string(),
  seq: z.number(),
  asOfMs: z.number(),
  receivedAtMs: z.number(),
  agentTimeMs: z.number(),
  late: z.boolean(),
  mode: z.enum(["snapshot", "update"]),
  readId: z.string().nullable(),
  agentId: z.string(),
  traceId: z.string().nullable(),
  spot: z.number().nullable(),
  missing: z.array(z.object({ contract: z.string(), reason: z.string() })),
  occ: z.string().nullable(),
  block: z.instanceof(Uint8Array),
});

/**
 * A ticker's batches with a `seq` above the given one, in the order of the fold: (asOf, seq).
 * Give the `seq` of a checkpoint, or of the chain a reader has; 0 gives all.
 */
export function batchesAfter(
  sql: Sql,
  ticker: Ticker,
  from: { readonly seq: number },
): AsyncGenerator<StoredBatch, void, void> {
  return read(sql, ticker, sql`b.seq > ${from.seq}`, sql`b.as_of, b.seq`);
}

/** A ticker's batches of some moments, to the millisecond. */
export function batchesAsOf(
  sql: Sql,
  ticker: Ticker,
  momentsMs: readonly number[],
): AsyncGenerator<StoredBatch, void, void> {
  const moments = `{${momentsMs.map((ms) => new Date(ms).toISOString()).join(",")}}`;
  const of = sql`b.as_of = ANY (${moments}::text::timestamptz[])`;
  return read(sql, ticker, of, sql`b.as_of, b.seq`);
}

/** Moments from the first on, before the second; without one there is no bound. */
export interface Period {
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** A ticker's batches of a period by their `asOf`, in the order in which they came. */
export function batchesBetween(
  sql: Sql,
  ticker: Ticker,
  { fromMs, toMs }: Period,
): AsyncGenerator<StoredBatch, void, void> {
  const bound = (ms: number | undefined, none: string): string =>
    ms === undefined ? none : new Date(ms).toISOString();
  const within = sql`
    b.as_of >= ${bound(fromMs, "-infinity")}::text::timestamptz
      AND b.as_of < ${bound(toMs, "infinity")}::text::timestamptz`;
  return read(sql, ticker, within, sql`b.seq`);
}

type Fragment = postgres.PendingQuery<postgres.Row[]>;

async function* read(
  sql: Sql,
  ticker: Ticker,
  which: Fragment,
  order: Fragment,
): AsyncGenerator<StoredBatch, void, void> {
  const pages = sql`
    SELECT
      b.id::text,
      b.seq::double precision,
      (extract(epoch FROM b.as_of) * 1000)::double precision AS "asOfMs",
      (extract(epoch FROM b.received_at) * 1000)::double precision AS "receivedAtMs",
      (extract(epoch FROM b.agent_time) * 1000)::double precision AS "agentTimeMs",
      b.late,
      b.mode,
      b.read_id AS "readId",
      b.agent_id AS "agentId",
      b.trace_id AS "traceId",
      b.spot::double precision,
      b.missing,
      -- Most batches have the contracts of the one before: those are sent once.
      CASE
        WHEN b.contract_set IS DISTINCT FROM lag(b.contract_set) OVER (ORDER BY ${order})
          THEN array_to_string(s.occ, ',')
      END AS occ,
      b.block
    FROM batches AS b
    JOIN contract_sets AS s ON s.hash = b.contract_set
    WHERE b.ticker_id = (SELECT id FROM tickers WHERE symbol = ${ticker})
      AND ${which}
    ORDER BY ${order}`.cursor(FETCH);
  let occ: readonly OccSymbol[] = [];
  for await (const page of pages) {
    for (const found of page) {
      const row = stored.parse(found);
      // Only checked symbols are stored.
      if (row.occ !== null) occ = row.occ.split(",") as OccSymbol[];
      yield storedBatch(row, occ);
    }
  }
}

function storedBatch(row: z.infer<typeof stored>, occ: readonly OccSymbol[]): StoredBatch {
  const { id, occ: _, block, missing, ...rest } = row;
  return {
    seq: rest.seq,
    asOfMs: rest.asOfMs,
    receivedAtMs: rest.receivedAtMs,
    agentTimeMs: rest.agentTimeMs,
    agentId: rest.agentId,
    mode: rest.mode,
    late: rest.late,
    readId: rest.readId,
    traceId: rest.traceId,
    snapshotId: id,
    spot: rest.spot,
    columns: decodeBlock(block, occ),
    missing,
  };
}
