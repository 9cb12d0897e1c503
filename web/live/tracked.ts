/**
 * A folded chain that remembers at which `seq` each contract last changed, so that a reader who
 * knows it as of some `seq` is given only what it lacks.
 */
import { isDeepStrictEqual } from "node:util";
import { EMPTY_CHAIN, type LastKnownChain, type StoredBatch } from "../../options/chain.ts";
import type { OccSymbol } from "../../options/contract.ts";
import { comesAfter, foldBatches } from "../../options/fold.ts";
import { KnownContracts } from "../../options/known.ts";

/** A chain with the memory of its changes; it is never changed in place. */
export interface TrackedChain {
  readonly chain: LastKnownChain;
  /** The `seq` from which on every change is remembered. */
  readonly sinceSeq: number;
}

/** A chain as it was loaded: of its changes nothing is remembered yet. */
export function track(chain: LastKnownChain = EMPTY_CHAIN): TrackedChain {
  return { chain, sinceSeq: chain.seq };
}

/**
 * The chain after more batches; `undefined` where one is older than what was taken before it (a
 * late batch): then the chain is to be folded anew from before it.
 */
export function advance(
  tracked: TrackedChain,
  batches: readonly StoredBatch[],
): TrackedChain | undefined {
  if (batches.length === 0) return tracked;
  let head: Pick<LastKnownChain, "asOfMs" | "asOfSeq"> = tracked.chain;
  for (const batch of batches) {
    if (!comesAfter(head, batch)) return undefined;
    head = { asOfMs: batch.asOfMs, asOfSeq: batch.seq };
  }
  return { ...tracked, chain: foldBatches(tracked.chain, batches).chain };
}

/** The same ticker folded anew: what differs counts as changed at the new chain's `seq`. */
export function replace(tracked: TrackedChain, chain: LastKnownChain): TrackedChain {
  const before = tracked.chain.contracts;
  const { arrays } = chain.contracts;
  const changedSeq = Float64Array.from(arrays.occ, (occ, place) => {
    const was = before.placeOf(occ);
    const same = was !== undefined && isDeepStrictEqual(before.at(was), chain.contracts.at(place));
    return same ? before.arrays.changedSeq[was] ?? 0 : chain.seq;
  });
  const contracts = new KnownContracts({ ...arrays, changedSeq });
  return { ...tracked, chain: { ...chain, contracts } };
}

/**
 * The contracts that changed after `seq`; `undefined` where that cannot be told (the reader knows
 * a state from before what is remembered, or one that never was), so that it must be given the whole.
 */
export function changedSince(
  tracked: TrackedChain,
  seq: number,
): ReadonlySet<OccSymbol> | undefined {
  if (seq < tracked.sinceSeq || seq > tracked.chain.seq) return undefined;
  const { occ, changedSeq } = tracked.chain.contracts.arrays;
  return new Set(occ.filter((_, place) => (changedSeq[place] ?? 0) > seq));
}
