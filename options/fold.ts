/**
 * Last-known, never hidden: how stored batches become the chain that is shown. The statements
 * (LK-1 …) are in `docs/specs/last-known.md`. Pure and copy-on-write: a chain that was handed out
 * never changes.
 */
import type {
  LastKnownChain,
  LastKnownContract,
  LastKnownField,
  Seen,
  StoredBatch,
} from "./chain.ts";
import { type OccSymbol, parseOcc } from "./contract.ts";
import { PRICE_SCALE, type Quote, QUOTE_FIELDS, type QuoteField, toStored } from "./quote.ts";

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
  chain: LastKnownChain,
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
 * import { applyBatch } from "./fold.ts";
 * const batch: StoredBatch = {
 *   seq: 1, asOfMs: 1_000, receivedAtMs: 1_000, agentTimeMs: 990, agentId: "desk-1",
 *   mode: "snapshot", late: false, readId: null, traceId: null, snapshotId: "1", spot: 206.41,
 *   quotes: [], missing: [],
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
  const contracts = new Map(chain.contracts);
  const changed = new Set<OccSymbol>();
  let head = chain;
  for (const batch of batches) {
    if (!comesAfter(head, batch)) {
      throw new OutOfOrderError(
        `Batch ${batch.seq} of ${batch.asOfMs} does not come after ${head.asOfSeq} of ${head.asOfMs}.`,
      );
    }
    takeMissing(contracts, batch, changed);
    takeQuotes(contracts, batch, changed);
    head = moveHead(head, batch);
  }
  return { chain: { ...head, contracts }, changed: [...changed] };
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
  const value = toStored(field, raw);
  return IS_REAL[field](value) ? value : null;
}

/** An IV up to this is a placeholder (feeds write 0 and 1e-5 for "could not be computed"). */
const IV_PLACEHOLDER = 1e-4;

const aboveZero = (value: number): boolean => value > 0;
const zeroOrMore = (value: number): boolean => value >= 0;
const any = (): boolean => true;

const IS_REAL: Readonly<Record<QuoteField, (value: number) => boolean>> = {
  bid: aboveZero,
  ask: aboveZero,
  last: aboveZero,
  volume: zeroOrMore,
  openInterest: zeroOrMore,
  impliedVol: (value) => value > IV_PLACEHOLDER,
  delta: any,
  gamma: any,
  theta: any,
  vega: any,
  bidSize: aboveZero,
  askSize: aboveZero,
};

/** The mid of a bid and an ask of one row, exact to half a stored unit. */
export function midOf(bid: number, ask: number): number {
  return (Math.round(bid * PRICE_SCALE) + Math.round(ask * PRICE_SCALE)) / (2 * PRICE_SCALE);
}

type Contracts = Map<OccSymbol, LastKnownContract>;
type Fields = Partial<Record<LastKnownField, Seen>>;

function unseen(occ: OccSymbol): LastKnownContract {
  return {
    occ,
    asOfMs: null,
    kind: null,
    multiplier: null,
    quotedAtMs: null,
    fields: {},
    missingReason: null,
  };
}

function takeMissing(contracts: Contracts, batch: StoredBatch, changed: Set<OccSymbol>): void {
  for (const { contract, reason } of batch.missing) {
    const occ = parseOcc(contract)?.occ;
    if (occ === undefined) continue;
    const row = contracts.get(occ) ?? unseen(occ);
    if (row.missingReason === reason) continue;
    contracts.set(occ, { ...row, missingReason: reason });
    changed.add(occ);
  }
}

function takeQuotes(contracts: Contracts, batch: StoredBatch, changed: Set<OccSymbol>): void {
  const blank = isBlank(contracts, batch.quotes);
  for (const quote of batch.quotes) {
    const before = contracts.get(quote.occ);
    const row = before ?? unseen(quote.occ);
    const after = !blank || bringsBidOrAsk(quote)
      ? takeWhole(row, quote, batch.asOfMs, { noneNow: !blank })
      : takeLast(row, quote, batch.asOfMs);
    if (after === before) continue;
    contracts.set(quote.occ, after);
    changed.add(quote.occ);
  }
}

/**
 * Whether quotes are a blank dump: of the listed contracts with a known bid or ask, at least one
 * is there and under 10 % bring either. Data feeds zero whole chains every night.
 */
function isBlank(contracts: ReadonlyMap<OccSymbol, LastKnownContract>, quotes: readonly Quote[]) {
  let known = 0;
  let bring = 0;
  for (const quote of quotes) {
    const fields = contracts.get(quote.occ)?.fields;
    if (!fields?.bid && !fields?.ask) continue;
    known++;
    if (bringsBidOrAsk(quote)) bring++;
  }
  // Of none known, none is under 10 %.
  return bring * 10 < known;
}

function bringsBidOrAsk(quote: Quote): boolean {
  return realValue("bid", quote.bid) !== null || realValue("ask", quote.ask) !== null;
}

function takeWhole(
  row: LastKnownContract,
  quote: Quote,
  asOfMs: number,
  { noneNow }: { readonly noneNow: boolean },
): LastKnownContract {
  const fields: Fields = {};
  const take = (field: LastKnownField, value: number | null): void => {
    const known = row.fields[field];
    if (value !== null) fields[field] = { value, seenAtMs: asOfMs, now: true };
    else if (known) fields[field] = noneNow && known.now ? { ...known, now: false } : known;
  };
  for (const field of QUOTE_FIELDS) take(field, realValue(field, quote[field]));
  const bid = realValue("bid", quote.bid);
  const ask = realValue("ask", quote.ask);
  take("mid", bid !== null && ask !== null ? midOf(bid, ask) : null);
  return {
    occ: row.occ,
    asOfMs,
    kind: quote.kind ?? row.kind,
    multiplier: quote.multiplier ?? row.multiplier,
    quotedAtMs: quote.quotedAtMs,
    fields,
    missingReason: null,
  };
}

/** A row of a blank dump without bid and ask: only a last price is taken, the row does not age anew. */
function takeLast(row: LastKnownContract, quote: Quote, asOfMs: number): LastKnownContract {
  const value = realValue("last", quote.last);
  if (value === null) return row;
  return { ...row, fields: { ...row.fields, last: { value, seenAtMs: asOfMs, now: true } } };
}

function moveHead(chain: LastKnownChain, batch: StoredBatch): LastKnownChain {
  const spot = batch.spot === null ? 0 : toStored("last", batch.spot);
  return {
    contracts: chain.contracts,
    spot: spot > 0 ? { value: spot, seenAtMs: batch.asOfMs, now: true } : chain.spot,
    asOfMs: batch.asOfMs,
    asOfSeq: batch.seq,
    seq: Math.max(chain.seq, batch.seq),
    agentId: batch.agentId,
    receivedAtMs: batch.receivedAtMs,
    agentTimeMs: batch.agentTimeMs,
  };
}
