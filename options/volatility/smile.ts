/**
 * The smile of one expiry: implied volatility by strike, of the side that is out of the money,
 * which is where it is traded; and what was left out of it, and why.
 */
import type { LastKnownContract } from "../chain.ts";
import { parseOcc, type Right } from "../contract.ts";
import { BARRED, flagsOf, type QualityBits, type QualityFlag } from "../quality_flags.ts";

/** A contract with its flags. */
export interface JudgedContract extends Pick<LastKnownContract, "occ" | "fields"> {
  readonly quality: QualityBits;
}

/** One volatility of a smile. */
export interface SmilePoint {
  readonly strike: number;
  readonly right: Right;
  /** A fraction. */
  readonly impliedVol: number;
  readonly seenAtMs: number;
}

/** A smile, by strike. */
export interface Smile {
  readonly points: readonly SmilePoint[];
  /** How many of those it was looked for in were left out, by what is wrong with them. */
  readonly leftOut: ReadonlyMap<QualityFlag, number>;
}

/**
 * The smile of contracts of one root and expiry: puts below the spot, calls from it on. Without a
 * spot there is no telling which side is out of the money, so no smile.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { smileOf } from "./smile.ts";
 * assert.deepEqual(smileOf([], 210).points, []);
 * ```
 */
export function smileOf(contracts: Iterable<JudgedContract>, spot: number | null): Smile {
  const points: SmilePoint[] = [];
  const leftOut = new Map<QualityFlag, number>();
  for (const { occ, fields: { impliedVol }, quality } of contracts) {
    const contract = parseOcc(occ);
    if (!contract || spot === null) continue;
    const { strike, right } = contract;
    if ((right === "C") !== (strike >= spot)) continue;
    const barred = flagsOf(quality & BARRED.iv);
    const [worst] = barred;
    if (worst !== undefined) leftOut.set(worst, (leftOut.get(worst) ?? 0) + 1);
    else if (impliedVol) {
      points.push({ strike, right, impliedVol: impliedVol.value, seenAtMs: impliedVol.seenAtMs });
    }
  }
  return { points: points.sort((a, b) => a.strike - b.strike), leftOut };
}

/**
 * The volatility at a strike, on the line between its neighbours; `undefined` outside of them, as
 * nothing is made up where nothing is quoted.
 */
export function volatilityAt({ points }: Smile, strike: number): number | undefined {
  const above = points.findIndex((point) => point.strike >= strike);
  const high = points[above];
  if (!high) return undefined;
  if (high.strike === strike) return high.impliedVol;
  const low = points[above - 1];
  if (!low) return undefined;
  const share = (strike - low.strike) / (high.strike - low.strike);
  return low.impliedVol + share * (high.impliedVol - low.impliedVol);
}
