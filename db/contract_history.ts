/** One contract's history, batch by batch, read without the rest of its chains. */
import { z } from "zod";
import { NONE } from "../options/columns.ts";
import type { OccSymbol, Ticker } from "../options/contract.ts";
import {
  type BatchMode,
  FIELD_SCALE,
  MARKET_DATA_KINDS,
  type Quote,
  QUOTE_FIELDS,
  type QuoteField,
} from "../options/quote.ts";
import type { Period } from "./batches.ts";
import { KIND, MULTIPLIER, MULTIPLIER_SCALE, QUOTED_AT, readBlock } from "./block.ts";
import type { Sql } from "./connect.ts";
import { readSlab } from "./slab.ts";

/** A contract's quote as one batch said it. */
export interface ContractQuote {
  readonly snapshotId: string;
  readonly seq: number;
  readonly asOfMs: number;
  readonly receivedAtMs: number;
  readonly late: boolean;
  readonly mode: BatchMode;
  readonly agentId: string;
  readonly spot: number | null;
  readonly quote: Quote;
}

/** Rows fetched at a time: of days not rewritten yet, each brings its whole chain. */
const FETCH = 200;

const stored = z.object({
  snapshotId: z.string(),
  seq: z.number(),
  asOfMs: z.number(),
  receivedAtMs: z.number(),
  late: z.boolean(),
  mode: z.enum(["snapshot", "update"]),
  agentId: z.string(),
  spot: z.number().nullable(),
  place: z.number(),
  contracts: z.number(),
  block: z.instanceof(Uint8Array).nullable(),
  dayId: z.string().nullable(),
  dayPlace: z.number().nullable(),
  // The slab with the contract, at the first batch of each day.
  slabFirst: z.number().nullable(),
  slabContracts: z.number().nullable(),
  snapshots: z.number().nullable(),
  body: z.instanceof(Uint8Array).nullable(),
});

/**
 * What a ticker's batches of a period of `asOf` say of one contract, in the order of (asOf, seq);
 * batches that do not list it are left out.
 */
export async function* contractHistory(
  sql: Sql,
  { ticker, occ }: { readonly ticker: Ticker; readonly occ: OccSymbol },
  { fromMs, toMs }: Period,
): AsyncGenerator<ContractQuote, void, void> {
  const bound = (ms: number | undefined, none: string): string =>
    ms === undefined ? none : new Date(ms).toISOString();
  const pages = sql`
    WITH found AS MATERIALIZED (
      SELECT b.*, row_number() OVER (PARTITION BY b.day_id ORDER BY b.as_of, b.seq) AS of_day
      FROM batches AS b
      WHERE b.ticker_id = (SELECT id FROM tickers WHERE symbol = ${ticker})
        AND b.as_of >= ${bound(fromMs, "-infinity")}::text::timestamptz
        AND b.as_of < ${bound(toMs, "infinity")}::text::timestamptz
    ),
    sets AS MATERIALIZED (
      SELECT hash, array_position(occ, ${occ}) AS place, cardinality(occ) AS contracts
      FROM contract_sets
      WHERE hash IN (SELECT contract_set FROM found)
    )
    SELECT
      b.id::text AS "snapshotId",
      b.seq::double precision,
      (extract(epoch FROM b.as_of) * 1000)::double precision AS "asOfMs",
      (extract(epoch FROM b.received_at) * 1000)::double precision AS "receivedAtMs",
      b.late,
      b.mode,
      b.agent_id AS "agentId",
      b.spot::double precision,
      sets.place,
      sets.contracts,
      b.block,
      b.day_id::text AS "dayId",
      b.day_place AS "dayPlace",
      p.first AS "slabFirst",
      p.contracts AS "slabContracts",
      p.snapshots,
      p.body
    FROM found AS b
    JOIN sets ON sets.hash = b.contract_set AND sets.place IS NOT NULL
    LEFT JOIN LATERAL (
      SELECT slabs.first, slabs.contracts, slabs.body, slabs.snapshots
      FROM slabs
      WHERE slabs.day_id = b.day_id AND slabs.first < sets.place
      ORDER BY slabs.first DESC
      LIMIT 1
    ) AS p ON b.of_day = 1 AND b.day_id IS NOT NULL
    ORDER BY b.as_of, b.seq`.cursor(FETCH);
  const days = new Map<string, readonly (Float64Array | null)[]>();
  for await (const page of pages) {
    for (const found of page) {
      const row = stored.parse(found);
      const { snapshotId, seq, asOfMs, receivedAtMs, late, mode, agentId, spot } = row;
      yield {
        snapshotId,
        seq,
        asOfMs,
        receivedAtMs,
        late,
        mode,
        agentId,
        spot,
        quote: quoteOf(occ, valuesOf(row, days)),
      };
    }
  }
}

function valuesOf(
  row: z.infer<typeof stored>,
  days: Map<string, readonly (Float64Array | null)[]>,
): readonly number[] {
  const { block, dayId, dayPlace, slabFirst, slabContracts, snapshots, body } = row;
  if (block) return readBlock(block, row.contracts, row.place - 1);
  if (dayId === null || dayPlace === null) throw new Error(`batch ${row.seq} has no quotes`);
  let day = days.get(dayId);
  if (!day && body && slabFirst !== null && slabContracts !== null && snapshots !== null) {
    const place = row.place - 1 - slabFirst;
    day = readSlab(body, { contracts: slabContracts, snapshots, place });
    days.set(dayId, day);
  }
  if (!day) throw new Error(`day ${dayId} has no quotes`);
  return day.map((values) => values?.[dayPlace] ?? NONE);
}

/** A quote of the whole numbers of a block's columns. */
function quoteOf(occ: OccSymbol, values: readonly number[]): Quote {
  const at = (index: number): number | null => {
    const value = values[index] ?? NONE;
    return value === NONE ? null : value;
  };
  const scaled = (index: number, scale: number): number | null => {
    const value = at(index);
    return value === null ? null : value / scale;
  };
  const fields: Partial<Record<QuoteField, number | null>> = {};
  for (const [index, field] of QUOTE_FIELDS.entries()) {
    fields[field] = scaled(index, FIELD_SCALE[field]);
  }
  return {
    // Every field of QUOTE_FIELDS was set in the loop above.
    ...fields as Record<QuoteField, number | null>,
    occ,
    kind: MARKET_DATA_KINDS[(at(KIND) ?? 0) - 1] ?? null,
    multiplier: scaled(MULTIPLIER, MULTIPLIER_SCALE),
    quotedAtMs: at(QUOTED_AT),
  };
}
