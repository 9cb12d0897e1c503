/**
 * A folded chain that remembers at which `seq` each contract last changed, so that a reader who
 * knows it as of some `seq` is given only what it lacks.
 */
import { isDeepStrictEqual } from "node:util";
import { EMPTY_CHAIN, type LastKnownChain, type StoredBatch } from "../../options/chain.ts";
import type { OccSymbol } from "../../options/contract.ts";
import { applyBatch, comesAfter } from "../../options/fold.ts";

/** A chain with the memory of its changes; it is never changed in place. */
export interface TrackedChain {
  readonly chain: LastKnownChain;
  /** The `seq` from which on every change is remembered. */
  readonly sinceSeq: number;
  /** The `seq` of each contract's last change; contracts that did not change since then are absent. */
  readonly changedAt: ReadonlyMap<OccSymbol, number>;
}

/** A chain as it was loaded: of its changes nothing is remembered yet. */
export function track(chain: LastKnownChain = EMPTY_CHAIN): TrackedChain {
  return { chain, sinceSeq: chain.seq, changedAt: new Map() };
}

/**
 * The chain after one more batch; `undefined` where the batch is older than what was taken (a late
 * batch): then the chain is to be folded anew from before it.
 */
export function advance(tracked: TrackedChain, batch: StoredBatch): TrackedChain | undefined {
  if (!comesAfter(tracked.chain, batch)) return undefined;
  const { chain, changed } = applyBatch(tracked.chain, batch);
  const changedAt = new Map(tracked.changedAt);
  // Not the batch's own seq: of a tail in the order of asOf, a late batch with a higher seq may be
  // taken already, and a reader who knows this batch without that one lacks what both changed.
  for (const occ of changed) changedAt.set(occ, chain.seq);
  return { ...tracked, chain, changedAt };
}

/** The same ticker folded anew: what differs counts as changed at the new chain's `seq`. */
export function replace(tracked: TrackedChain, chain: LastKnownChain): TrackedChain {
  const changedAt = new Map(tracked.changedAt);
  for (const [occ, contract] of chain.contracts) {
    if (!isDeepStrictEqual(contract, tracked.chain.contracts.get(occ))) {
      changedAt.set(occ, chain.seq);
    }
  }
  return { ...tracked, chain, changedAt };
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
  const changed = new Set<OccSymbol>();
  for (const [occ, changedSeq] of tracked.changedAt) if (changedSeq > seq) changed.add(occ);
  return changed;
}
