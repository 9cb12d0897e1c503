/** From values to places on a chart: a line of each, with round ticks. */
import { ticks } from "d3-array";

/** An axis: from where to where, and its ticks. */
export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  /** The place of a value between 0 and 1. */
  readonly share: (value: number) => number;
}

/**
 * An axis over some values with some `count` round ticks; a single value has room on both sides.
 *
 * @example
 * ```ts
 * import { axisOf } from "./scale.ts";
 * const axis = axisOf([0, 40], 4);
 * console.assert(axis.ticks.join() === "0,10,20,30,40" && axis.share(10) === 0.25);
 * ```
 */
export function axisOf(values: Iterable<number>, count: number): Axis {
  let from = Infinity;
  let to = -Infinity;
  for (const value of values) {
    if (value < from) from = value;
    if (value > to) to = value;
  }
  if (from > to) [from, to] = [0, 1];
  if (from === to) [from, to] = [from - (Math.abs(from) || 1) / 10, to + (Math.abs(to) || 1) / 10];
  const width = to - from;
  return { from, to, ticks: ticks(from, to, count), share: (value) => (value - from) / width };
}
