/** The trades of an option in a market day. */
import type { ListedContract } from "./listing.ts";
import { type MarketDay, partOfDay } from "./market_day.ts";
import { chance } from "./random.ts";
import { worthAt, worthAtSpot } from "./theory.ts";
import { ceilToTick, floorToTick } from "./ticks.ts";
import { halfSpread, twoSided } from "./two_sided.ts";

/** The lowest and highest price of the underlying in the session so far. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

const DAY_MS = 86_400_000;

/** What was traded in a market day; prices are `null` where nothing was. */
export interface Trades {
  readonly last: number | null;
  readonly lastSize: number | null;
  readonly lastTimeMs: number | null;
  readonly volume: number;
  readonly open: number | null;
  readonly high: number | null;
  readonly low: number | null;
  readonly close: number | null;
}

/**
 * The trades of a market day so far: evenly over it, each at the bid or the ask of then. `key` is
 * the contract's chance, `activity` how lively it is, `range` the underlying's prices of the day.
 */
export function tradesOf(
  seed: number,
  key: number,
  listed: ListedContract,
  activity: number,
  day: MarketDay,
  range: Range,
  atMs: number,
): Trades {
  const { trades } = listed.underlying;
  const lively = trades * activity;
  const neverTraded = lively < 0.05 && chance(key, 21) < 0.7;
  if (neverTraded) {
    return {
      last: null,
      lastSize: null,
      lastTimeMs: null,
      volume: 0,
      open: null,
      high: null,
      low: null,
      close: null,
    };
  }
  const count = Math.floor(lively * (0.3 + 1.4 * chance(key, 22, day.opensAtMs)));
  const done = count === 0 ? 0 : Math.max(1, Math.floor(count * partOfDay(day, atMs)));
  const perTrade = 1 + 6 * chance(key, 23);
  const close = tradePrice(seed, key, listed, day.previousCloseMs);
  if (done === 0) {
    const daysAgo = 1 + Math.floor(12 * chance(key, 24, day.opensAtMs));
    const lastTimeMs = day.previousCloseMs - daysAgo * DAY_MS;
    return {
      last: tradePrice(seed, key, listed, lastTimeMs),
      lastSize: Math.floor(perTrade),
      lastTimeMs,
      volume: 0,
      open: null,
      high: null,
      low: null,
      close,
    };
  }
  const lengthMs = day.endsAtMs - day.opensAtMs;
  const lastTimeMs = day.opensAtMs + Math.floor(lengthMs * (done - 1) / count);
  const last = tradePrice(seed, key, listed, lastTimeMs);
  const open = tradePrice(seed, key, listed, day.opensAtMs);
  const volume = Math.floor(done * perTrade);
  return {
    last,
    lastSize: Math.max(1, volume - Math.floor((done - 1) * perTrade)),
    lastTimeMs,
    volume,
    open,
    close,
    ...dayRange(listed, range, day, atMs, [open, last]),
  };
}

/** The price of a trade at a time: the bid or the ask of then, the ask where there is no bid. */
function tradePrice(seed: number, key: number, listed: ListedContract, atMs: number): number {
  const worth = worthAt(seed, listed, atMs);
  const { ticks } = listed.underlying;
  const { bid, ask } = twoSided(key, listed, worth, 0, atMs);
  const price = chance(key, 31, atMs) < 0.5 ? bid : ask;
  return price ?? ask ?? ticks.small;
}

/**
 * The day's high and low: the option's worth, with its spread, at the underlying's. The high has
 * the time value of the opening and the low that of now, so neither is ever taken back.
 */
function dayRange(
  listed: ListedContract,
  range: Range,
  day: MarketDay,
  atMs: number,
  traded: readonly number[],
): { readonly high: number; readonly low: number } {
  const { ticks } = listed.underlying;
  const call = listed.contract.right === "C";
  const best = worthAtSpot(listed, call ? range.high : range.low, day.opensAtMs).price;
  const worst = worthAtSpot(listed, call ? range.low : range.high, atMs).price;
  const half = (price: number): number => 1.5 * halfSpread(listed.underlying, price);
  return {
    high: Math.max(...traded, ceilToTick(ticks, best + half(best))),
    low: Math.min(...traded, Math.max(ticks.small, floorToTick(ticks, worst - half(worst)))),
  };
}
