/** Open interest and volume by strike, their put/call ratios, and max pain. */
import { parseOcc } from "../contract.ts";
import { BARRED } from "../quality_flags.ts";
import type { JudgedContract } from "./smile.ts";

/** What is held and traded at a strike; 0 where nothing is known. */
export interface StrikePositions {
  readonly strike: number;
  readonly callOpenInterest: number;
  readonly putOpenInterest: number;
  readonly callVolume: number;
  readonly putVolume: number;
}

/** The positions of contracts by strike, in order; adjusted and pre-split ones are left out. */
export function positionsOf(contracts: Iterable<JudgedContract>): StrikePositions[] {
  const strikes = new Map<number, { -readonly [K in keyof StrikePositions]: StrikePositions[K] }>();
  for (const { occ, fields, quality } of contracts) {
    const contract = parseOcc(occ);
    if (!contract || (quality & BARRED.count) !== 0) continue;
    const { strike, right } = contract;
    const at = strikes.get(strike) ??
      { strike, callOpenInterest: 0, putOpenInterest: 0, callVolume: 0, putVolume: 0 };
    strikes.set(strike, at);
    const openInterest = fields.openInterest?.value ?? 0;
    const volume = fields.volume?.value ?? 0;
    if (right === "C") {
      at.callOpenInterest += openInterest;
      at.callVolume += volume;
    } else {
      at.putOpenInterest += openInterest;
      at.putVolume += volume;
    }
  }
  return [...strikes.values()].sort((a, b) => a.strike - b.strike);
}

/** Totals, and puts by calls; null where there is no call to divide by. */
export interface PutCall {
  readonly callVolume: number;
  readonly putVolume: number;
  readonly volumeRatio: number | null;
  readonly callOpenInterest: number;
  readonly putOpenInterest: number;
  readonly openInterestRatio: number | null;
}

/** The totals of positions. */
export function putCallOf(positions: readonly StrikePositions[]): PutCall {
  const sum = (of: (at: StrikePositions) => number): number =>
    positions.reduce((total, at) => total + of(at), 0);
  const ratio = (puts: number, calls: number): number | null => calls === 0 ? null : puts / calls;
  const callVolume = sum((at) => at.callVolume);
  const putVolume = sum((at) => at.putVolume);
  const callOpenInterest = sum((at) => at.callOpenInterest);
  const putOpenInterest = sum((at) => at.putOpenInterest);
  return {
    callVolume,
    putVolume,
    volumeRatio: ratio(putVolume, callVolume),
    callOpenInterest,
    putOpenInterest,
    openInterestRatio: ratio(putOpenInterest, callOpenInterest),
  };
}

/**
 * The strike at which all that is open would pay its holders least at expiry; the lowest of several.
 * `undefined` where nothing is open.
 *
 * @example
 * ```ts
 * import { maxPain } from "./positions.ts";
 * const none = { callVolume: 0, putVolume: 0 };
 * console.assert(maxPain([
 *   { strike: 90, callOpenInterest: 10, putOpenInterest: 0, ...none },
 *   { strike: 100, callOpenInterest: 0, putOpenInterest: 5, ...none },
 * ]) === 90);
 * ```
 */
export function maxPain(positions: readonly StrikePositions[]): number | undefined {
  let least: { strike: number; paid: number } | undefined;
  const isOpen = positions.some((at) => at.callOpenInterest > 0 || at.putOpenInterest > 0);
  if (!isOpen) return undefined;
  for (const { strike } of positions) {
    const paid = positions.reduce(
      (sum, at) =>
        sum + at.callOpenInterest * Math.max(0, strike - at.strike) +
        at.putOpenInterest * Math.max(0, at.strike - strike),
      0,
    );
    if (!least || paid < least.paid) least = { strike, paid };
  }
  return least?.strike;
}
