/**
 * How long ticks take to arrive after a subscription: on a real gateway prices come first, then
 * computations, then open interest, all within about two seconds.
 */
import { chance } from "../../options/synthetic/random.ts";

/** Draws delays in milliseconds, for one subscription at a time, in rising order. */
export interface TickDelay {
  /** `true` when everything comes at once. */
  readonly none: boolean;
  draw(): {
    readonly pricesMs: number;
    readonly computationsMs: number;
    readonly genericsMs: number;
  };
}

/** Delays between the two bounds, equal for equal seeds. */
export function tickDelay(leastMs: number, mostMs: number, seed: number): TickDelay {
  let drawn = 0;
  const between = (lowMs: number): number => lowMs + chance(seed, drawn++) * (mostMs - lowMs);
  return {
    none: mostMs === 0,
    draw() {
      const pricesMs = between(leastMs);
      const computationsMs = between(pricesMs);
      return { pricesMs, computationsMs, genericsMs: between(computationsMs) };
    },
  };
}
