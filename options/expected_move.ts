/**
 * How far the market expects a price to have gone by an expiry: what the straddle at the money
 * costs, its call and its put together. It is a price people pay, not a model.
 */
import type { Seen } from "./chain.ts";
import { BARRED, type QualityBits } from "./quality_flags.ts";
import { PRICE_SCALE } from "./quote.ts";

/** One side of a straddle. */
export interface StraddleLeg {
  readonly fields: { readonly mid?: Seen };
  readonly quality: QualityBits;
}

/** One strike with both of its sides; `undefined` where a side was never listed. */
export interface Straddle {
  readonly strike: number;
  readonly call: StraddleLeg | undefined;
  readonly put: StraddleLeg | undefined;
}

/** An expected move in the currency of the price, and the strike whose straddle says it. */
export interface ExpectedMove {
  readonly amount: number;
  readonly strike: number;
}

/** A strike further than this from the spot is not at the money. */
const NEAR_SHARE = 0.1;

/**
 * The mid of the straddle whose strike is nearest to the spot, of those that have a clean quote on
 * both sides; `undefined` where none within a tenth of the spot has, or there is no spot.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { expectedMove } from "./expected_move.ts";
 * const leg = (value: number) => ({ fields: { mid: { value, seenAtMs: 0, now: true } }, quality: 0 });
 * const straddles = [{ strike: 330, call: leg(12.475), put: leg(10.85) }];
 * assert.deepEqual(expectedMove(straddles, 330.39), { amount: 23.325, strike: 330 });
 * ```
 */
export function expectedMove(
  straddles: Iterable<Straddle>,
  spot: number | null,
): ExpectedMove | undefined {
  if (spot === null) return undefined;
  let nearest: ExpectedMove | undefined;
  for (const { strike, call, put } of straddles) {
    const distance = Math.abs(strike - spot);
    if (distance > spot * NEAR_SHARE) continue;
    if (nearest && distance >= Math.abs(nearest.strike - spot)) continue;
    const callMid = cleanMid(call);
    const putMid = cleanMid(put);
    if (callMid === undefined || putMid === undefined) continue;
    const amount = Math.round((callMid + putMid) * 2 * PRICE_SCALE) / (2 * PRICE_SCALE);
    nearest = { amount, strike };
  }
  return nearest;
}

function cleanMid(leg: StraddleLeg | undefined): number | undefined {
  if (!leg || (leg.quality & BARRED.price) !== 0) return undefined;
  return leg.fields.mid?.value;
}
