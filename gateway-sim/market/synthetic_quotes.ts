/** Made-up quotes in the market's terms, and what their bars are made of. */
import type { ListedContract } from "../../options/synthetic/listing.ts";
import { marketDayAt, partOfDay } from "../../options/synthetic/market_day.ts";
import { optionQuote, type OptionTotals } from "../../options/synthetic/quotes.ts";
import { dayVolume, shareQuote } from "../../options/synthetic/share.ts";
import { spotAt } from "../../options/synthetic/spot.ts";
import { worthAt } from "../../options/synthetic/theory.ts";
import { tickOf } from "../../options/synthetic/ticks.ts";
import type { Range } from "../../options/synthetic/trades.ts";
import { halfSpread } from "../../options/synthetic/two_sided.ts";
import type { Underlying } from "../../options/synthetic/underlyings.ts";
import { computationsOf } from "./computations.ts";
import { type MarketQuote, NO_QUOTE } from "./market.ts";
import type { BarSource } from "./synthetic_bars.ts";

/** The quote of an option; `undefined` for one that is never quoted. */
export function quoteOfOption(
  seed: number,
  listed: ListedContract,
  range: Range,
  atMs: number,
): MarketQuote | undefined {
  const quote = optionQuote(seed, listed, range, atMs);
  if (!quote) return undefined;
  const { sinceMs: _, worth: __, openInterest, ...shown } = quote;
  const call = listed.contract.right === "C";
  return {
    ...NO_QUOTE,
    ...shown,
    callOpenInterest: call ? openInterest : 0,
    putOpenInterest: call ? 0 : openInterest,
    computations: computationsOf(quote),
  };
}

/** The quote of an underlying, with what its options come to so far. */
export function quoteOfShare(
  seed: number,
  underlying: Underlying,
  range: Range,
  totals: OptionTotals,
  atMs: number,
): MarketQuote {
  const part = partOfDay(marketDayAt(atMs), atMs);
  return {
    ...NO_QUOTE,
    ...shareQuote(seed, underlying, atMs),
    high: range.high,
    low: range.low,
    callOpenInterest: totals.callOpenInterest,
    putOpenInterest: totals.putOpenInterest,
    callVolume: Math.floor(totals.callVolume * part),
    putVolume: Math.floor(totals.putVolume * part),
  };
}

/** What an underlying's bars are made of. */
export function barsOfShare(seed: number, underlying: Underlying): BarSource {
  return {
    price: (atMs) => spotAt(seed, underlying, atMs),
    halfSpread: () => underlying.shareSpread / 2,
    dayVolume: (opensAtMs) =>
      underlying.shareVolume > 0 ? dayVolume(seed, underlying, opensAtMs) : 0,
    extendedHours: underlying.kind !== "index",
  };
}

/** What an option's bars are made of. */
export function barsOfOption(seed: number, listed: ListedContract): BarSource {
  const { ticks } = listed.underlying;
  return {
    price(atMs) {
      const { price } = worthAt(seed, listed, atMs);
      const tick = tickOf(ticks, price);
      return Math.max(ticks.small, Math.round(Math.round(price / tick) * tick * 100) / 100);
    },
    halfSpread: (price) => halfSpread(listed.underlying, price),
    dayVolume(opensAtMs) {
      const { endsAtMs } = marketDayAt(opensAtMs);
      const spot = spotAt(seed, listed.underlying, opensAtMs);
      const quote = optionQuote(seed, listed, { low: spot, high: spot }, endsAtMs - 1);
      return quote?.volume ?? 0;
    },
    extendedHours: false,
  };
}
