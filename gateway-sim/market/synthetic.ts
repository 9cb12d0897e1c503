/**
 * The made-up market, moving in real time. It is open at every hour; what it shows at a moment
 * depends on the seed and the moment alone.
 */
import type { Clock, Timer } from "../../base/clock.ts";
import { marketDayAt } from "../../options/synthetic/market_day.ts";
import { isNeverQuoted, optionTotals, quotedSinceMs } from "../../options/synthetic/quotes.ts";
import type { OptionTotals } from "../../options/synthetic/quotes.ts";
import { dealCloseDate, spotAt } from "../../options/synthetic/spot.ts";
import { type Underlying, UNDERLYINGS } from "../../options/synthetic/underlyings.ts";
import { DayRanges } from "./day_ranges.ts";
import { ConIds } from "./instruments.ts";
import type { Bar, BarRequest, Market, MarketQuote, MarketSymbol } from "./market.ts";
import { Subscriptions } from "./subscriptions.ts";
import { syntheticBars } from "./synthetic_bars.ts";
import { type Listing, listingAt } from "./synthetic_listing.ts";
import { barsOfOption, barsOfShare, quoteOfOption, quoteOfShare } from "./synthetic_quotes.ts";

/** The made-up market's choices. */
export interface SyntheticOptions {
  readonly seed: number;
  readonly clock: Clock;
  /** Tickers to serve; all where absent. */
  readonly only?: readonly string[];
}

/** How often subscribed instruments are looked at. */
const LOOK_MS = 500;
const SECOND_MS = 1_000;

/** Opens the made-up market. */
export function syntheticMarket(
  options: SyntheticOptions,
): Market & { symbols(): readonly MarketSymbol[] } {
  const { seed, clock } = options;
  const underlyings = UNDERLYINGS.filter((one) => options.only?.includes(one.ticker) ?? true);
  const conIds = new ConIds();
  const ranges = new DayRanges(seed);
  const subscriptions = new Subscriptions();
  const quotes = new Map<number, { readonly sinceMs: number; readonly quote: MarketQuote }>();
  const told = new Map<number, number | undefined>();
  const totals = new Map<Underlying, { readonly opensAtMs: number; readonly sum: OptionTotals }>();
  let listing = listingAt(underlyings, conIds, clock.nowMs());
  let timer: Timer | undefined;

  const current = (): Listing => {
    if (clock.nowMs() >= listing.validUntilMs) {
      listing = listingAt(underlyings, conIds, clock.nowMs());
    }
    return listing;
  };

  /** Since when an instrument's quote is what it is; `undefined` where there is none. */
  const sinceMs = (conId: number, atMs: number): number | undefined => {
    const listed = current().contracts.get(conId);
    if (listed) return isNeverQuoted(listed) ? undefined : quotedSinceMs(seed, listed, atMs);
    return current().underlyings.has(conId) ? Math.floor(atMs / SECOND_MS) * SECOND_MS : undefined;
  };

  const totalsOf = (underlying: Underlying, atMs: number): OptionTotals => {
    const day = marketDayAt(atMs);
    const known = totals.get(underlying);
    if (known?.opensAtMs === day.opensAtMs) return known.sum;
    const contracts = current().contracts.values().filter((one) => one.underlying === underlying);
    const sum = optionTotals(seed, contracts, day);
    totals.set(underlying, { opensAtMs: day.opensAtMs, sum });
    return sum;
  };

  const compute = (conId: number, atMs: number): MarketQuote | undefined => {
    const listed = current().contracts.get(conId);
    if (listed) return quoteOfOption(seed, listed, ranges.at(listed.underlying, atMs), atMs);
    const underlying = current().underlyings.get(conId);
    if (!underlying) return undefined;
    const range = ranges.at(underlying, atMs);
    return quoteOfShare(seed, underlying, range, totalsOf(underlying, atMs), atMs);
  };

  const quote = (conId: number): MarketQuote | undefined => {
    const atMs = clock.nowMs();
    const since = sinceMs(conId, atMs);
    if (since === undefined) return undefined;
    const known = quotes.get(conId);
    if (known?.sinceMs === since) return known.quote;
    const computed = compute(conId, atMs);
    if (computed) quotes.set(conId, { sinceMs: since, quote: computed });
    return computed;
  };

  const look = (): void => {
    for (const conId of subscriptions.conIds()) {
      const since = sinceMs(conId, clock.nowMs());
      // Both are undefined for one that is never quoted; an expired one changes to undefined.
      if (told.get(conId) === since) continue;
      told.set(conId, since);
      subscriptions.notify(conId);
    }
  };

  const bars = (request: BarRequest): readonly Bar[] => {
    const listed = current().contracts.get(request.conId);
    const underlying = current().underlyings.get(request.conId);
    if (listed && !isNeverQuoted(listed)) return syntheticBars(barsOfOption(seed, listed), request);
    return underlying ? syntheticBars(barsOfShare(seed, underlying), request) : [];
  };

  return {
    nowMs: () => clock.nowMs(),
    find: (query) => current().book.find(query),
    instrument: (conId) => current().book.get(conId),
    optionParameters: (underConId) => current().book.optionParameters(underConId),
    quote,
    isOpen: () => true,
    subscribe(conId, onChange) {
      timer ??= clock.every(LOOK_MS, look);
      return subscriptions.add(conId, onChange);
    },
    bars,
    symbols: () =>
      underlyings.map((one) => ({
        ticker: one.ticker,
        name: one.name,
        spot: spotAt(seed, one, clock.nowMs()),
        deal: one.deal ? { cash: one.deal.cash, close: dealCloseDate(clock.nowMs()) } : null,
      })),
    close() {
      timer?.cancel();
      subscriptions.clear();
    },
  };
}
