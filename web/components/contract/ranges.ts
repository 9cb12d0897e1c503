/** Ranges of a contract's charts, and how fine a history is shown in them. */

const DAY_MS = 86_400_000;

/** What the charts show. */
export interface ChartRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The ranges that have a button. */
export const RANGES = [
  { name: "day", words: "Day", days: 1 },
  { name: "week", words: "Week", days: 7 },
  { name: "month", words: "Month", days: 31 },
  { name: "all", words: "All", days: 3_660 },
] as const;

/** A range that has a button. */
export type RangeName = typeof RANGES[number]["name"];

/** The range of a button, which ends with now. */
export function rangeOf(name: RangeName, nowMs: number): ChartRange {
  const days = RANGES.find((one) => one.name === name)?.days ?? 7;
  return { fromMs: nowMs - days * DAY_MS, toMs: nowMs };
}

/** A range moved by a share of its length. */
export function shifted({ fromMs, toMs }: ChartRange, share: number): ChartRange {
  const by = (toMs - fromMs) * share;
  return { fromMs: fromMs + by, toMs: toMs + by };
}

/** The middle half of a range. */
export function nearer({ fromMs, toMs }: ChartRange): ChartRange {
  const quarter = (toMs - fromMs) / 4;
  return { fromMs: fromMs + quarter, toMs: toMs - quarter };
}

/** Twice the range around its middle. */
export function longer({ fromMs, toMs }: ChartRange): ChartRange {
  const half = (toMs - fromMs) / 2;
  return { fromMs: fromMs - half, toMs: toMs + half };
}

/**
 * How fine the history of a range is shown: every read of up to two days, then the last of each
 * step, so that a chart has at most some thousand points.
 *
 * @example
 * ```ts
 * import { rangeOf, stepOf } from "./ranges.ts";
 * console.assert(stepOf(rangeOf("day", 0)) === null && stepOf(rangeOf("month", 0)) === "1h");
 * ```
 */
export function stepOf({ fromMs, toMs }: ChartRange): string | null {
  const days = (toMs - fromMs) / DAY_MS;
  return days <= 2 ? null : days <= 14 ? "5m" : days <= 100 ? "1h" : "1d";
}
