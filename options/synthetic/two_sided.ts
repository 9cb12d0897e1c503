/** Bid and ask of an option around its worth. */
import type { ListedContract } from "./listing.ts";
import { chance } from "./random.ts";
import type { Worth } from "./theory.ts";
import { ceilToTick, floorToTick, tickOf } from "./ticks.ts";
import type { Underlying } from "./underlyings.ts";

/** A bid and an ask with their sizes; `null` is none. */
export interface TwoSided {
  readonly bid: number | null;
  readonly ask: number | null;
  readonly bidSize: number | null;
  readonly askSize: number | null;
}

/** Half of what is between bid and ask at a price, on average. */
export function halfSpread(underlying: Underlying, price: number): number {
  return Math.max(tickOf(underlying.ticks, price), underlying.spread * price ** 0.8) / 2;
}

/**
 * Bid and ask on the exchange's price steps; a bid below the first step is no bid. `key` is the
 * contract's chance, `activity` how lively it is, which gives the sizes.
 */
export function twoSided(
  key: number,
  listed: ListedContract,
  worth: Worth,
  activity: number,
  atMs: number,
): TwoSided {
  const { ticks } = listed.underlying;
  const half = halfSpread(listed.underlying, worth.price);
  const below = half * (0.5 + chance(key, atMs, 1));
  const above = half * (0.5 + chance(key, atMs, 2));
  const bid = floorToTick(ticks, worth.price - below);
  const ask = Math.max(ticks.small, ceilToTick(ticks, worth.price + above));
  const size = (salt: number): number =>
    1 + Math.floor((4 + 60 * Math.sqrt(activity)) * chance(key, atMs, salt) ** 2);
  return {
    bid: bid > 0 ? bid : null,
    ask,
    bidSize: bid > 0 ? size(3) : null,
    askSize: size(4),
  };
}
