/** The made-up quote of an option: a pure function of the seed, the contract and the time. */
import { activityOf, openInterestOf } from "./activity.ts";
import type { ListedContract } from "./listing.ts";
import { type MarketDay, marketDayAt } from "./market_day.ts";
import { hashText, mix } from "./random.ts";
import { type Worth, worthAt } from "./theory.ts";
import { type Range, type Trades, tradesOf } from "./trades.ts";
import { type TwoSided, twoSided } from "./two_sided.ts";

/** An option's market at a time; prices `null` where there is none. */
export interface OptionQuote extends TwoSided, Trades {
  /** Since when it is so. */
  readonly sinceMs: number;
  readonly worth: Worth;
  readonly openInterest: number;
}

/** How often an option's quote may change, where much and where little trades. */
const LIVELY_MS = 1_500;
const QUIET_MS = 4_000;

/** Contracts that nobody makes a market in: they are listed, and never get a tick. */
export function isNeverQuoted(listed: ListedContract): boolean {
  return listed.contract.root === "CSGS" && listed.contract.right === "C" &&
    listed.contract.strike === 95;
}

/** Since when an option's quote is what it is at a time; each contract changes at its own moments. */
export function quotedSinceMs(seed: number, listed: ListedContract, atMs: number): number {
  const periodMs = listed.underlying.trades >= 100 ? LIVELY_MS : QUIET_MS;
  const shift = keyOf(seed, listed) % periodMs;
  return Math.floor((atMs - shift) / periodMs) * periodMs + shift;
}

function keyOf(seed: number, listed: ListedContract): number {
  return mix(seed, hashText(listed.contract.occ));
}

/** An option's quote at a time, `null` for one that is never quoted. */
export function optionQuote(
  seed: number,
  listed: ListedContract,
  range: Range,
  atMs: number,
): OptionQuote | null {
  if (isNeverQuoted(listed)) return null;
  const key = keyOf(seed, listed);
  const sinceMs = quotedSinceMs(seed, listed, atMs);
  const worth = worthAt(seed, listed, sinceMs);
  const day = marketDayAt(sinceMs);
  // How much trades in a day, and what is open, is settled at its beginning.
  const atOpening = worthAt(seed, listed, day.opensAtMs);
  const activity = activityOf(listed, atOpening);
  return {
    sinceMs,
    worth,
    ...twoSided(key, listed, worth, activity, sinceMs),
    ...tradesOf(seed, key, listed, activity, day, range, sinceMs),
    openInterest: openInterestOf(key, listed, atOpening),
  };
}

/** What the options on an underlying come to together in a market day, by right. */
export interface OptionTotals {
  readonly callVolume: number;
  readonly putVolume: number;
  readonly callOpenInterest: number;
  readonly putOpenInterest: number;
}

/** The open interest and the whole day's volume of an underlying's options. */
export function optionTotals(
  seed: number,
  contracts: Iterable<ListedContract>,
  day: MarketDay,
): OptionTotals {
  const totals = { callVolume: 0, putVolume: 0, callOpenInterest: 0, putOpenInterest: 0 };
  for (const listed of contracts) {
    const spot = listed.underlying.reference;
    const quote = optionQuote(seed, listed, { low: spot, high: spot }, day.endsAtMs - 1);
    if (!quote) continue;
    if (listed.contract.right === "C") {
      totals.callVolume += quote.volume;
      totals.callOpenInterest += quote.openInterest;
    } else {
      totals.putVolume += quote.volume;
      totals.putOpenInterest += quote.openInterest;
    }
  }
  return totals;
}
