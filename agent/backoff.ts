/** Delays between attempts: doubling, capped, and jittered so that many agents do not come at once. */

/** The first and the longest delay, in milliseconds. */
export interface BackoffLimits {
  readonly firstMs: number;
  readonly mostMs: number;
}

/**
 * The delay before the next attempt after `failures` failed ones (1 or more): between half of and
 * the whole of `firstMs × 2^(failures − 1)`, at most `mostMs`.
 *
 * @example
 * ```ts
 * import { backoffMs } from "./backoff.ts";
 * const limits = { firstMs: 1_000, mostMs: 30_000 };
 * console.assert(backoffMs(1, limits, () => 1) === 1_000);
 * console.assert(backoffMs(9, limits, () => 0) === 15_000);
 * ```
 */
export function backoffMs(
  failures: number,
  limits: BackoffLimits,
  random: () => number = Math.random,
): number {
  const doublings = Math.min(Math.max(failures, 1) - 1, 30);
  const wholeMs = Math.min(limits.mostMs, limits.firstMs * 2 ** doublings);
  return wholeMs / 2 + random() * wholeMs / 2;
}
