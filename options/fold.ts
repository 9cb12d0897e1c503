/**
 * Last-known, never hidden: how stored batches become the chain that is shown. The statements
 * (LK-1 …) are in `docs/specs/last-known.md`. Pure and copy-on-write: a chain that was handed out
 * never changes.
 */
import type { LastKnownChain, StoredBatch } from "./chain.ts";
import { NONE, type QuoteColumns } from "./columns.ts";
import { type OccSymbol, parseOcc } from "./contract.ts";
import type { Draft, KnownField } from "./known.ts";
import { FIELD_SCALE, PRICE_SCALE, QUOTE_FIELDS, type QuoteField, toStored } from "./quote.ts";

/** The chain after one or more batches, and the contracts whose rows are other than before. */
export interface Applied {
  readonly chain: LastKnownChain;
  readonly changed: readonly OccSymbol[];
}

/** A batch whose (asOf, seq) is not after the chain's: the reader must fold again from before it. */
export class OutOfOrderError extends Error {
  override readonly name = "OutOfOrderError";
}

/** Whether a batch may be applied to a chain: it comes after everything the chain has taken. */
export function comesAfter(
  chain: Pick<LastKnownChain, "asOfMs" | "asOfSeq">,
  batch: Pick<StoredBatch, "asOfMs" | "seq">,
): boolean {
  return batch.asOfMs > chain.asOfMs ||
    (batch.asOfMs === chain.asOfMs && batch.seq > chain.asOfSeq);
}

/**
 * The chain after a batch. Throws {@link OutOfOrderError} where the batch does not come after what
 * the chain has taken (ask {@link comesAfter} first).
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { EMPTY_CHAIN, type StoredBatch } from "./chain.ts";
 * import { columnsOf } from "./columns.ts";
 * import { applyBatch } from "./fold.ts";
 * const batch: StoredBatch = {
 *   seq: 1, asOfMs: 1_000, receivedAtMs: 1_000, agentTimeMs: 990, agentId: "desk-1",
 *   mode: "snapshot", late: false, readId: null, traceId: null, snapshotId: "1", spot: 206.41,
 *   columns: columnsOf([]), missing: [],
 * };
 * assert(applyBatch(EMPTY_CHAIN, batch).chain.spot?.value === 206.41);
 * ```
 */
export function applyBatch(chain: LastKnownChain, batch: StoredBatch): Applied {
  return foldBatches(chain, [batch]);
}

/**
 * The chain after batches in the order of (asOf, seq). Throws {@link OutOfOrderError} where one is
 * out of order.
 */
export function foldBatches(chain: LastKnownChain, batches: Iterable<StoredBatch>): Applied {
  const draft = chain.contracts.draft();
  let head: Head = chain;
  for (const batch of batches) {
    if (!comesAfter(head, batch)) {
      throw new OutOfOrderError(
        `Batch ${batch.seq} of ${batch.asOfMs} does not come after ${head.asOfSeq} of ${head.asOfMs}.`,
      );
    }
    head = moveHead(head, batch);
    // Not the batch's own seq: of a tail in the order of asOf, a late batch with a higher seq may be
    // taken already, and a reader who knows this batch without that one lacks what both changed.
    takeMissing(draft, batch, head.seq);
    takeQuotes(draft, batch, head.seq);
  }
  const changed = draft.changed();
  return { chain: { ...head, contracts: draft.done() }, changed };
}

/**
 * The value of a quote's field at its stored precision where it is a real one, else `null`:
 * prices and sizes above 0, IV above 1e-4, volume and open interest from 0 on, greeks finite.
 * It is judged after rounding, so that a fold of what was read back from the database is the same.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { realValue } from "./fold.ts";
 * assert(realValue("impliedVol", 1e-5) === null);
 * assert(realValue("volume", 0) === 0);
 * assert(realValue("bid", 0) === null);
 * ```
 */
export function realValue(field: QuoteField, raw: number | null): number | null {
  if (raw === null || !Number.isFinite(raw)) return null;
  return Math.round(raw * FIELD_SCALE[field]) >= LEAST_REAL[field] ? toStored(field, raw) : null;
}

/** The least real value, in whole numbers of the field's scale; {@link NONE} is below all of them. */
const LEAST_REAL: Readonly<Record<QuoteField, number>> = {
  bid: 1,
  ask: 1,
  last: 1,
  volume: 0,
  openInterest: 0,
  // Above 1e-4: feeds write 0 and 1e-5 for "could not be computed".
  impliedVol: 101,
  delta: NONE + 1,
  gamma: NONE + 1,
  theta: NONE + 1,
  vega: NONE + 1,
  bidSize: 1,
  askSize: 1,
};

/** The mid of a bid and an ask of one row, exact to half a stored unit. */
export function midOf(bid: number, ask: number): number {
  return (Math.round(bid * PRICE_SCALE) + Math.round(ask * PRICE_SCALE)) / (2 * PRICE_SCALE);
}

function takeMissing(draft: Draft, batch: StoredBatch, seq: number): void {
  for (const { contract, reason } of batch.missing) {
    const occ = parseOcc(contract)?.occ;
    if (occ === undefined) continue;
    const [place = 0] = draft.placesOf([occ]);
    if (draft.missingReason[place] === reason) continue;
    draft.missingReason[place] = reason;
    draft.change(place, seq);
  }
}

function takeQuotes(draft: Draft, batch: StoredBatch, seq: number): void {
  const { columns, asOfMs } = batch;
  const knownBefore = draft.occ.length;
  const places = draft.placesOf(columns.occ);
  const priced = bringsBidOrAsk(columns);
  const blank = isBlank(draft, places, priced);
  const taken = { columns, places, priced, asOfMs, blank };
  for (const field of QUOTE_FIELDS) takeField(draft.fields[field], field, taken);
  takeMid(draft.fields.mid, taken);
  const { kind, multiplier, quotedAtMs } = columns;
  const least = LEAST_REAL.last;
  const last = columns.fields.last;
  for (let i = 0; i < places.length; i++) {
    const place = places[i] ?? 0;
    if (blank && priced[i] === 0) {
      if (place >= knownBefore || (last?.[i] ?? NONE) >= least) draft.change(place, seq);
      continue;
    }
    draft.change(place, seq);
    draft.asOfMs[place] = asOfMs;
    const own = kind?.[i] ?? 0;
    if (own !== 0) draft.kind[place] = own;
    const said = multiplier?.[i] ?? NaN;
    if (!Number.isNaN(said)) draft.multiplier[place] = said;
    draft.quotedAtMs[place] = quotedAtMs?.[i] ?? NaN;
    draft.missingReason[place] = null;
  }
}

/** What a batch brings, and how it counts. */
interface Taken {
  readonly columns: QuoteColumns;
  readonly places: Int32Array;
  /** 1 for each row with a real bid or ask. */
  readonly priced: Uint8Array;
  readonly asOfMs: number;
  readonly blank: boolean;
}

function bringsBidOrAsk({ occ, fields: { bid, ask } }: QuoteColumns): Uint8Array {
  const priced = new Uint8Array(occ.length);
  for (let i = 0; i < priced.length; i++) {
    if ((bid?.[i] ?? NONE) >= LEAST_REAL.bid || (ask?.[i] ?? NONE) >= LEAST_REAL.ask) priced[i] = 1;
  }
  return priced;
}

/**
 * Whether quotes are a blank dump: of the listed contracts with a known bid or ask, at least one
 * is there and under 10 % bring either. Data feeds zero whole chains every night.
 */
function isBlank(draft: Draft, places: Int32Array, priced: Uint8Array): boolean {
  const { bid, ask } = draft.fields;
  let known = 0;
  let bring = 0;
  for (let i = 0; i < places.length; i++) {
    const place = places[i] ?? 0;
    if (bid.values[place] === NONE && ask.values[place] === NONE) continue;
    known++;
    if (priced[i] === 1) bring++;
  }
  // Of none known, none is under 10 %.
  return bring * 10 < known;
}

/**
 * One field of a batch's rows. Of a blank dump, rows without bid and ask bring only their last
 * price, and what the others lack is not none now.
 */
function takeField(known: KnownField, field: QuoteField, taken: Taken): void {
  const { places, priced, asOfMs, blank } = taken;
  const { values, seenAtMs, now } = known;
  const column = taken.columns.fields[field];
  const least = LEAST_REAL[field];
  for (let i = 0; i < places.length; i++) {
    if (blank && priced[i] === 0 && field !== "last") continue;
    const place = places[i] ?? 0;
    const value = column === null ? NONE : column[i] ?? NONE;
    if (value >= least) {
      values[place] = value;
      seenAtMs[place] = asOfMs;
      now[place] = 1;
    } else if (!blank) now[place] = 0;
  }
}

/** The mid of rows with both a real bid and a real ask. */
function takeMid({ values, seenAtMs, now }: KnownField, taken: Taken): void {
  const { places, priced, asOfMs, blank } = taken;
  const { bid, ask } = taken.columns.fields;
  for (let i = 0; i < places.length; i++) {
    if (blank && priced[i] === 0) continue;
    const place = places[i] ?? 0;
    const bought = bid === null ? NONE : bid[i] ?? NONE;
    const sold = ask === null ? NONE : ask[i] ?? NONE;
    if (bought >= LEAST_REAL.bid && sold >= LEAST_REAL.ask) {
      values[place] = bought + sold;
      seenAtMs[place] = asOfMs;
      now[place] = 1;
    } else if (!blank) now[place] = 0;
  }
}

type Head = Omit<LastKnownChain, "contracts">;

function moveHead(chain: Head, batch: StoredBatch): Head {
  const spot = batch.spot === null ? 0 : toStored("last", batch.spot);
  return {
    spot: spot > 0 ? { value: spot, seenAtMs: batch.asOfMs, now: true } : chain.spot,
    asOfMs: batch.asOfMs,
    asOfSeq: batch.seq,
    seq: Math.max(chain.seq, batch.seq),
    agentId: batch.agentId,
    receivedAtMs: batch.receivedAtMs,
    agentTimeMs: batch.agentTimeMs,
  };
}
