/** One contract's history, batch by batch, read without the rest of its chains. */
import { z } from "zod";
import { NONE } from "../options/columns.ts";
import type { OccSymbol, Ticker } from "../options/contract.ts";
import {
  type BatchMode,
  FIELD_SCALE,
  MARKET_DATA_KINDS,
  PRICE_SCALE,
  type Quote,
  QUOTE_FIELDS,
  type QuoteField,
} from "../options/quote.ts";
import type { Period } from "./batches.ts";
import { KIND, MULTIPLIER, MULTIPLIER_SCALE, QUOTED_AT, readBlock } from "./block.ts";
import type { Sql } from "./connect.ts";
import { readRecord } from "./slab.ts";

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
const FETCH = 100;

// What a thousand rows would cost to send and to check is most of the time: batches of a day that
// are alike in the rest come as one.
const stored = z.object({
  firstAsOf: z.date(),
  heads: z.instanceof(Uint8Array),
  late: z.boolean(),
  mode: z.enum(["snapshot", "update"]),
  agentId: z.string(),
  place: z.number(),
  contracts: z.number(),
  /** Of a batch that is not rewritten. */
  block: z.instanceof(Uint8Array).nullable(),
  /** Of others, the contract's part of its slab. */
  record: z.instanceof(Uint8Array).nullable(),
  snapshots: z.number().nullable(),
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
  // One statement: a day that is rewritten meanwhile is read as it was before.
  const pages = sql`
    WITH found AS MATERIALIZED (
      SELECT
        b.as_of,
        -- HEAD_BYTES of it in quotesOf().
        int8send(b.seq) || timestamptz_send(b.as_of) || timestamptz_send(b.received_at)
          || int4send(coalesce(b.day_place, 0)) || int8send(b.id)
          || int8send(coalesce((b.spot * 10000)::bigint, -1)) AS head,
        b.late,
        b.mode,
        b.agent_id,
        b.contract_set,
        b.block,
        b.day_id
      FROM batches AS b
      WHERE b.ticker_id = (SELECT id FROM tickers WHERE symbol = ${ticker})
        AND b.as_of >= ${bound(fromMs, "-infinity")}::text::timestamptz
        AND b.as_of < ${bound(toMs, "infinity")}::text::timestamptz
    ),
    sets AS MATERIALIZED (
      SELECT s.hash, array_position(names.occ, ${occ}) - 1 AS place, cardinality(names.occ) AS contracts
      FROM contract_sets AS s
      CROSS JOIN LATERAL (SELECT set_occ(s.occ, s.strikes) AS occ OFFSET 0) AS names
      WHERE s.hash IN (SELECT contract_set FROM found)
    ),
    days AS MATERIALIZED (
      SELECT
        day_id,
        contract_set,
        late,
        mode,
        agent_id,
        min(as_of) AS first_as_of,
        string_agg(head, '') AS heads
      FROM found
      WHERE day_id IS NOT NULL
      GROUP BY day_id, contract_set, late, mode, agent_id
    )
    SELECT
      d.first_as_of AS "firstAsOf",
      d.heads,
      d.late,
      d.mode,
      d.agent_id AS "agentId",
      sets.place,
      sets.contracts,
      NULL::bytea AS block,
      slab_record(slab.body, slab.contracts, sets.place - slab.first) AS record,
      slab.snapshots
    FROM days AS d
    JOIN sets ON sets.hash = d.contract_set
    JOIN slabs AS slab
      ON slab.day_id = d.day_id
      AND sets.place >= slab.first
      AND sets.place < slab.first + slab.contracts
    UNION ALL
    SELECT
      b.as_of,
      b.head,
      b.late,
      b.mode,
      b.agent_id,
      sets.place,
      sets.contracts,
      b.block,
      NULL,
      NULL
    FROM found AS b
    JOIN sets ON sets.hash = b.contract_set
    WHERE b.block IS NOT NULL AND sets.place IS NOT NULL
    ORDER BY 1`.cursor(FETCH);
  // Rows come by their first batch. Where the contracts changed within a day, batches of one lie
  // between those of another: what may still have one before it waits.
  const waiting: ContractQuote[] = [];
  for await (const page of pages) {
    for (const found of page) {
      const row = stored.parse(found);
      const firstMs = row.firstAsOf.getTime();
      const ready = waiting.findIndex(({ asOfMs }) => asOfMs >= firstMs);
      yield* waiting.splice(0, ready < 0 ? waiting.length : ready);
      waiting.push(...quotesOf(row, occ));
      waiting.sort((a, b) => a.asOfMs - b.asOfMs || a.seq - b.seq);
    }
  }
  yield* waiting;
}

/**
 * Of each batch: `seq`, `as_of` and `received_at` as 8 bytes, the place in the day as 4, `id` and the
 * spot in 1e-4 (-1 for none) as 8.
 */
const HEAD_BYTES = 44;

function quotesOf(row: z.infer<typeof stored>, occ: OccSymbol): ContractQuote[] {
  const { heads, late, mode, agentId } = row;
  const columns = columnsOf(row);
  const view = new DataView(heads.buffer, heads.byteOffset, heads.byteLength);
  const quotes: ContractQuote[] = [];
  for (let at = 0; at < heads.length; at += HEAD_BYTES) {
    const spot = Number(view.getBigInt64(at + 36));
    quotes.push({
      snapshotId: String(view.getBigInt64(at + 28)),
      seq: Number(view.getBigInt64(at)),
      asOfMs: timeAt(view, at + 8),
      receivedAtMs: timeAt(view, at + 16),
      late,
      mode,
      agentId,
      spot: spot < 0 ? null : spot / PRICE_SCALE,
      quote: quoteAt(columns, occ, view.getInt32(at + 24)),
    });
  }
  return quotes;
}

/** PostgreSQL counts microseconds from 2000 on. */
const EPOCH_US = Date.UTC(2000, 0) * 1_000;

function timeAt(view: DataView, at: number): number {
  return (Number(view.getBigInt64(at)) + EPOCH_US) / 1_000;
}

/** A contract's values by column and snapshot. */
type Columns = readonly (ArrayLike<number> | null)[];

function columnsOf(
  { block, record, snapshots, contracts, place }: z.infer<typeof stored>,
): Columns {
  if (block) return readBlock(block, contracts, place).map((value) => [value]);
  if (!record || snapshots === null) throw new Error("a batch has no quotes");
  return readRecord(record, snapshots);
}

const SCALES = QUOTE_FIELDS.map((field) => FIELD_SCALE[field]);

/** A quote of the whole numbers of a block's columns. */
function quoteAt(columns: Columns, occ: OccSymbol, at: number): Quote {
  const valueOf = (index: number, scale: number): number | null => {
    const value = columns[index]?.[at] ?? NONE;
    return value === NONE ? null : value / scale;
  };
  const fields: Partial<Record<QuoteField, number | null>> = {};
  for (const [index, field] of QUOTE_FIELDS.entries()) {
    fields[field] = valueOf(index, SCALES[index] ?? 1);
  }
  return {
    // Every field of QUOTE_FIELDS was set in the loop above.
    ...fields as Record<QuoteField, number | null>,
    occ,
    kind: MARKET_DATA_KINDS[(valueOf(KIND, 1) ?? 0) - 1] ?? null,
    multiplier: valueOf(MULTIPLIER, MULTIPLIER_SCALE),
    quotedAtMs: valueOf(QUOTED_AT, 1),
  };
}
