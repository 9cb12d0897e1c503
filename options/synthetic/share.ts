/** The made-up market of an underlying itself: a pure function of seed and time. */
import { chance, hashText, mix } from "./random.ts";
import { marketDayAt, partOfDay } from "./market_day.ts";
import { smoothNoise } from "./walk.ts";
import { atTheMoneyVariance } from "./surface.ts";
import { spotAt } from "./spot.ts";
import type { TwoSided } from "./two_sided.ts";
import type { Underlying } from "./underlyings.ts";

/** An underlying's market at a time. An index has neither bid nor ask nor volume. */
export interface ShareQuote extends TwoSided {
  readonly last: number;
  readonly lastSize: number | null;
  readonly lastTimeMs: number;
  readonly volume: number | null;
  readonly open: number;
  readonly close: number;
  /** Volatilities as fractions: realized over 30 days, implied 30 days ahead. */
  readonly historicalVol: number;
  readonly impliedVol: number;
}

const MONTH_YEARS = 30 / 365;
const WEEK_MS = 7 * 86_400_000;

/** An underlying's quote at a time. */
export function shareQuote(seed: number, underlying: Underlying, atMs: number): ShareQuote {
  const key = mix(seed, hashText(underlying.ticker), 1);
  const second = Math.floor(atMs / 1000) * 1000;
  const day = marketDayAt(second);
  const last = spotAt(seed, underlying, second);
  const implied = Math.sqrt(atTheMoneyVariance(underlying.surface, MONTH_YEARS) / MONTH_YEARS);
  const swing = 0.1 * smoothNoise(key, second / WEEK_MS);
  return {
    ...sharesOffered(key, underlying, last, second),
    last,
    lastSize: underlying.shareVolume > 0 ? 1 + Math.floor(400 * chance(key, second, 5) ** 3) : null,
    lastTimeMs: second,
    volume: underlying.shareVolume > 0
      ? Math.floor(dayVolume(seed, underlying, day.opensAtMs) * partOfDay(day, second))
      : null,
    open: spotAt(seed, underlying, day.opensAtMs),
    close: spotAt(seed, underlying, day.previousCloseMs),
    historicalVol: round4(underlying.walkVol * (1 + swing)),
    impliedVol: round4(implied * (1 - swing / 2)),
  };
}

/** The shares that change hands in the session that opens at a time. */
export function dayVolume(seed: number, underlying: Underlying, opensAtMs: number): number {
  const key = mix(seed, hashText(underlying.ticker), 2);
  return Math.floor(underlying.shareVolume * (0.6 + 0.8 * chance(key, opensAtMs)));
}

function sharesOffered(key: number, underlying: Underlying, last: number, atMs: number): TwoSided {
  if (underlying.kind === "index") {
    return { bid: null, ask: null, bidSize: null, askSize: null };
  }
  const cents = Math.max(
    1,
    Math.round(100 * underlying.shareSpread * (0.5 + chance(key, atMs, 1))),
  );
  const above = Math.ceil(cents / 2);
  const lot = Math.max(1, Math.floor(underlying.shareVolume / 200_000));
  return {
    bid: round4(last - (cents - above) / 100),
    ask: round4(last + above / 100),
    bidSize: 1 + Math.floor(lot * chance(key, atMs, 3)),
    askSize: 1 + Math.floor(lot * chance(key, atMs, 4)),
  };
}

function round4(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
