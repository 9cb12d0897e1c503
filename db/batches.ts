/**
 * Reading stored batches back, for the fold and for history.
 */
import type postgres from "postgres";
import { z } from "zod";
import type { StoredBatch } from "../options/chain.ts";
import type { OccSymbol, Ticker } from "../options/contract.ts";
import type { QuoteColumns } from "../options/columns.ts";
import { decodeBlock } from "./block.ts";
import type { Sql } from "./connect.ts";
import { namesOf } from "./set_names.ts";
import { readDay, type Slab } from "./slab.ts";

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
  // Of a rewritten batch, which has no block: its day, and the day itself at the first of them.
  block: z.instanceof(Uint8Array).nullable(),
  dayId: z.string().nullable(),
  dayPlace: z.number().nullable(),
  daySnapshots: z.number().nullable(),
  // "first:contracts:bytes" of each slab.
  daySlabs: z.string().nullable(),
  dayBytes: z.instanceof(Uint8Array).nullable(),
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

/** A ticker's batches after one position and up to another, in the order of the fold: (asOf, seq). */
export function batchesUpTo(
  sql: Sql,
  ticker: Ticker,
  { seq, toSeq }: { readonly seq: number; readonly toSeq: number },
): AsyncGenerator<StoredBatch, void, void> {
  return read(sql, ticker, sql`b.seq > ${seq} AND b.seq <= ${toSeq}`, sql`b.as_of, b.seq`);
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
          THEN coalesce(s.strikes, array_to_string(s.occ, ','))
      END AS occ,
      b.block,
      b.day_id::text AS "dayId",
      b.day_place AS "dayPlace",
      d.*
    FROM (
      SELECT
        b.*,
        b.day_id IS NOT NULL AND row_number() OVER (PARTITION BY b.day_id ORDER BY ${order}) = 1
          AS opens_day
      FROM batches AS b
      WHERE b.ticker_id = (SELECT id FROM tickers WHERE symbol = ${ticker}) AND ${which}
    ) AS b
    JOIN contract_sets AS s ON s.hash = b.contract_set
    LEFT JOIN LATERAL (
      SELECT
        max(snapshots) AS "daySnapshots",
        string_agg(concat_ws(':', first, contracts, octet_length(body)), ',' ORDER BY first)
          AS "daySlabs",
        string_agg(body, '' ORDER BY first) AS "dayBytes"
      FROM slabs
      WHERE slabs.day_id = b.day_id
    ) AS d ON b.opens_day
    ORDER BY ${order}`.cursor(FETCH);
  let occ: readonly OccSymbol[] = [];
  const days = new Map<string, Day>();
  for await (const page of pages) {
    for (const found of page) {
      const row = stored.parse(found);
      if (row.occ !== null) occ = namesOf(row.occ);
      const columns = row.block ? decodeBlock(row.block, occ) : rewritten(row, occ, days);
      yield storedBatch(row, columns);
    }
  }
}

/** A rewritten day that is being read, and how many of its batches have not come yet. */
interface Day {
  readonly chains: readonly QuoteColumns[];
  left: number;
}

function rewritten(
  row: z.infer<typeof stored>,
  occ: readonly OccSymbol[],
  days: Map<string, Day>,
): QuoteColumns {
  const { dayId, dayPlace, daySnapshots, daySlabs, dayBytes } = row;
  if (dayId === null || dayPlace === null) throw new Error(`batch ${row.id} has no quotes`);
  let day = days.get(dayId);
  if (!day && daySlabs !== null && dayBytes && daySnapshots !== null) {
    const chains = readDay(slabsOf(daySlabs, dayBytes), occ, daySnapshots);
    day = { chains, left: daySnapshots };
    days.set(dayId, day);
  }
  const columns = day?.chains[dayPlace];
  if (!day || !columns) throw new Error(`day ${dayId} has no batch ${dayPlace}`);
  day.left -= 1;
  if (day.left === 0) days.delete(dayId);
  return columns;
}

function slabsOf(heads: string, bytes: Uint8Array): Slab[] {
  let at = 0;
  return heads.split(",").map((head) => {
    const [first = 0, contracts = 0, length = 0] = head.split(":").map(Number);
    at += length;
    return { first, contracts, body: bytes.subarray(at - length, at) };
  });
}

function storedBatch(row: z.infer<typeof stored>, columns: QuoteColumns): StoredBatch {
  const { id, missing } = row;
  return {
    seq: row.seq,
    asOfMs: row.asOfMs,
    receivedAtMs: row.receivedAtMs,
    agentTimeMs: row.agentTimeMs,
    agentId: row.agentId,
    mode: row.mode,
    late: row.late,
    readId: row.readId,
    traceId: row.traceId,
    snapshotId: id,
    spot: row.spot,
    columns,
    missing,
  };
}
