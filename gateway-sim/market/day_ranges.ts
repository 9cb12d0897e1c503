/** The highest and lowest prices of the market day so far. */
import { marketDayAt } from "../../options/synthetic/market_day.ts";
import { spotAt } from "../../options/synthetic/spot.ts";
import type { Range } from "../../options/synthetic/trades.ts";
import type { Underlying } from "../../options/synthetic/underlyings.ts";

/** The made-up price moves once a second. */
const STEP_MS = 1_000;

interface Known extends Range {
  readonly opensAtMs: number;
  readonly untilMs: number;
}

/** The ranges of a market's underlyings; each price of a day is looked at once. */
export class DayRanges {
  readonly #known = new Map<Underlying, Known>();
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The range from the opening to a time. Times must not go back within a day. */
  at(underlying: Underlying, atMs: number): Range {
    const { opensAtMs } = marketDayAt(atMs);
    const known = this.#known.get(underlying);
    const open = spotAt(this.#seed, underlying, opensAtMs);
    let { low, high, untilMs } = known?.opensAtMs === opensAtMs
      ? known
      : { low: open, high: open, untilMs: opensAtMs };
    while (untilMs + STEP_MS <= atMs) {
      untilMs += STEP_MS;
      const spot = spotAt(this.#seed, underlying, untilMs);
      low = Math.min(low, spot);
      high = Math.max(high, spot);
    }
    this.#known.set(underlying, { low, high, opensAtMs, untilMs });
    return { low, high };
  }
}
