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
import { readRecord } from "./slab.ts";

/** A contract's quote as one batch said it. */
export interface ContractQuote {
  readonly seq: number;
  readonly asOfMs: number;
  readonly receivedAtMs: number;
  readonly late: boolean;
  readonly mode: BatchMode;
  readonly agentId: string;
  readonly quote: Quote;
}

/** Rows fetched at a time: of days not rewritten yet, each brings its whole chain. */
const FETCH = 100;

// A list a column: what a thousand rows would cost to send and to check is most of the time.
const stored = z.object({
  firstMs: z.number(),
  seqs: z.array(z.number()),
  asOfsMs: z.array(z.number()),
  receivedAtsMs: z.array(z.number()),
  lates: z.array(z.boolean()),
  modes: z.array(z.enum(["snapshot", "update"])),
  agentIds: z.array(z.string()),
  places: z.array(z.number()),
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
        b.seq,
        (extract(epoch FROM b.as_of) * 1000)::double precision AS as_of,
        (extract(epoch FROM b.received_at) * 1000)::double precision AS received_at,
        b.late,
        b.mode,
        b.agent_id,
        b.contract_set,
        b.block,
        b.day_id,
        b.day_place
      FROM batches AS b
      WHERE b.ticker_id = (SELECT id FROM tickers WHERE symbol = ${ticker})
        AND b.as_of >= ${bound(fromMs, "-infinity")}::text::timestamptz
        AND b.as_of < ${bound(toMs, "infinity")}::text::timestamptz
    ),
    sets AS MATERIALIZED (
      SELECT hash, array_position(occ, ${occ}) - 1 AS place, cardinality(occ) AS contracts
      FROM contract_sets
      WHERE hash IN (SELECT contract_set FROM found)
    ),
    days AS MATERIALIZED (
      SELECT
        day_id,
        min(as_of) AS first_as_of,
        json_agg(seq) AS seqs,
        json_agg(as_of) AS as_ofs,
        json_agg(received_at) AS received_ats,
        json_agg(late) AS lates,
        json_agg(mode) AS modes,
        json_agg(agent_id) AS agent_ids,
        json_agg(day_place) AS places,
        contract_set
      FROM found
      WHERE day_id IS NOT NULL
      GROUP BY day_id, contract_set
    )
    SELECT
      d.first_as_of AS "firstMs",
      d.seqs,
      d.as_ofs AS "asOfsMs",
      d.received_ats AS "receivedAtsMs",
      d.lates,
      d.modes,
      d.agent_ids AS "agentIds",
      d.places,
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
      json_build_array(b.seq),
      json_build_array(b.as_of),
      json_build_array(b.received_at),
      json_build_array(b.late),
      json_build_array(b.mode),
      json_build_array(b.agent_id),
      '[0]',
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
      const ready = waiting.findIndex(({ asOfMs }) => asOfMs >= row.firstMs);
      yield* waiting.splice(0, ready < 0 ? waiting.length : ready);
      const isAlone = waiting.length === 0 && row.seqs.length === 1;
      waiting.push(...quotesOf(row, occ));
      if (!isAlone) waiting.sort((a, b) => a.asOfMs - b.asOfMs || a.seq - b.seq);
    }
  }
  yield* waiting;
}

function quotesOf(row: z.infer<typeof stored>, occ: OccSymbol): ContractQuote[] {
  const columns = columnsOf(row);
  return row.seqs.map((seq, i) => ({
    seq,
    asOfMs: row.asOfsMs[i] ?? NaN,
    receivedAtMs: row.receivedAtsMs[i] ?? NaN,
    late: row.lates[i] ?? false,
    mode: row.modes[i] ?? "snapshot",
    agentId: row.agentIds[i] ?? "",
    quote: quoteAt(columns, occ, row.places[i] ?? 0),
  }));
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
