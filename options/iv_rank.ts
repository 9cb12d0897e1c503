/**
 * Where today's volatility stands among that of the days before: how far up between the lowest and
 * the highest (rank), and on how many of the days it was lower (percentile).
 */

/** At-the-money volatility at the end of a day, or by now. */
export interface DayIv {
  /** The day in New York, `YYYY-MM-DD`. */
  readonly day: string;
  /** A fraction: 0.25 is 25 %. */
  readonly atmIv: number;
}

/** A rank among so many days. */
export interface IvRank {
  /** 0 at the lowest of the days, 100 at the highest. */
  readonly rank: number;
  /** Percent of the earlier days that were lower. */
  readonly percentile: number;
  /** Days it goes by, the newest among them. */
  readonly days: number;
  readonly firstDay: string;
  readonly lowest: number;
  readonly highest: number;
}

/** With fewer days there is nothing to stand among. */
export const LEAST_DAYS = 2;

/**
 * The rank of the newest of some days, which are in their order; `undefined` where there are under
 * {@link LEAST_DAYS}, or all are alike.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { ivRank } from "./iv_rank.ts";
 * const days = [0.2, 0.4, 0.25, 0.3].map((atmIv, at) => ({ day: `2026-07-1${at}`, atmIv }));
 * const { rank, percentile } = ivRank(days) ?? {};
 * assert(rank === 50 && percentile === 67);
 * ```
 */
export function ivRank(days: readonly DayIv[]): IvRank | undefined {
  const newest = days.at(-1);
  const [first] = days;
  if (!newest || !first || days.length < LEAST_DAYS) return undefined;
  const all = days.map(({ atmIv }) => atmIv);
  const lowest = Math.min(...all);
  const highest = Math.max(...all);
  if (lowest === highest) return undefined;
  const lower = all.slice(0, -1).filter((one) => one < newest.atmIv).length;
  return {
    rank: Math.round(100 * (newest.atmIv - lowest) / (highest - lowest)),
    percentile: Math.round(100 * lower / (days.length - 1)),
    days: days.length,
    firstDay: first.day,
    lowest,
    highest,
  };
}
