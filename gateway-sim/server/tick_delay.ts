/**
 * How long ticks take to arrive after a subscription: on a real gateway prices come first, then
 * computations, then open interest, all within about two seconds.
 */

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

/** Mulberry32: a small seeded generator of numbers in [0, 1); good enough for delays. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** Delays between the two bounds, equal for equal seeds. */
export function tickDelay(leastMs: number, mostMs: number, seed: number): TickDelay {
  const random = seededRandom(seed);
  const between = (lowMs: number): number => lowMs + random() * (mostMs - lowMs);
  return {
    none: mostMs === 0,
    draw() {
      const pricesMs = between(leastMs);
      const computationsMs = between(pricesMs);
      return { pricesMs, computationsMs, genericsMs: between(computationsMs) };
    },
  };
}
