/**
 * The made-up market, moving in real time. It is open at every hour; what it shows at a moment
 * depends on the seed and the moment alone.
 */
import type { Clock, Timer } from "../../base/clock.ts";
import { listContracts, type ListedContract } from "../../options/synthetic/listing.ts";
import { optionQuote, type Range } from "../../options/synthetic/quotes.ts";
import { marketDayAt } from "../../options/synthetic/market_day.ts";
import { shareQuote } from "../../options/synthetic/share.ts";
import { dealCloseDate, spotAt } from "../../options/synthetic/spot.ts";
import { type Underlying, UNDERLYINGS } from "../../options/synthetic/underlyings.ts";
import { InstrumentBook } from "./book.ts";
import { computationsOf } from "./computations.ts";
import { hoursFrom } from "./hours.ts";
import { ConIds, optionInstrument, underlyingInstrument } from "./instruments.ts";
import {
  type Instrument,
  type Market,
  type MarketQuote,
  type MarketSymbol,
  NO_QUOTE,
} from "./market.ts";

export type { MarketSymbol } from "./market.ts";
import { Subscriptions } from "./subscriptions.ts";

/** The made-up market's choices. */
export interface SyntheticOptions {
  readonly seed: number;
  readonly clock: Clock;
  /** Tickers to serve; all where absent. */
  readonly only?: readonly string[];
}

/** How often subscribed instruments are looked at. */
const LOOK_MS = 500;
/** How finely an underlying's high and low are looked for. */
const RANGE_STEP_MS = 5_000;
const HOUR_MS = 3_600_000;

/** Opens the made-up market. */
export function syntheticMarket(
  options: SyntheticOptions,
): Market & { symbols(): readonly MarketSymbol[] } {
  const { seed, clock } = options;
  const underlyings = UNDERLYINGS.filter((one) => options.only?.includes(one.ticker) ?? true);
  const subscriptions = new Subscriptions();
  const ranges = new Map<Underlying, { range: Range; opensAtMs: number; untilMs: number }>();
  const quotes = new Map<number, MarketQuote>();
  const told = new Map<number, string>();
  const conIds = new ConIds();
  let listing = listAt(underlyings, conIds, clock.nowMs());
  let quotedAtMs = Number.NaN;
  let timer: Timer | undefined;

  const current = (): Listing => {
    if (clock.nowMs() >= listing.validUntilMs) listing = listAt(underlyings, conIds, clock.nowMs());
    return listing;
  };

  /** The underlying's range in the session so far; it looks only at what was not looked at yet. */
  const rangeAt = (underlying: Underlying, atMs: number): Range => {
    const { opensAtMs } = marketDayAt(atMs);
    let known = ranges.get(underlying);
    if (known?.opensAtMs !== opensAtMs) {
      const open = spotAt(seed, underlying, opensAtMs);
      known = { range: { low: open, high: open }, opensAtMs, untilMs: opensAtMs };
    }
    let { low, high } = known.range;
    let untilMs = known.untilMs;
    for (; untilMs + RANGE_STEP_MS <= atMs; untilMs += RANGE_STEP_MS) {
      const spot = spotAt(seed, underlying, untilMs + RANGE_STEP_MS);
      low = Math.min(low, spot);
      high = Math.max(high, spot);
    }
    const now = spotAt(seed, underlying, atMs);
    const range = { low: Math.min(low, now), high: Math.max(high, now) };
    ranges.set(underlying, { range, opensAtMs, untilMs });
    return range;
  };

  const compute = (conId: number, atMs: number): MarketQuote | undefined => {
    const listed = current().contracts.get(conId);
    if (listed) return quoteOfOption(seed, listed, rangeAt(listed.underlying, atMs), atMs);
    const underlying = current().underlyings.get(conId);
    if (!underlying) return undefined;
    return quoteOfShare(seed, underlying, rangeAt(underlying, atMs), atMs);
  };

  const quote = (conId: number): MarketQuote | undefined => {
    const atMs = clock.nowMs();
    if (atMs !== quotedAtMs) quotes.clear();
    quotedAtMs = atMs;
    const known = quotes.get(conId) ?? compute(conId, atMs);
    if (known) quotes.set(conId, known);
    return known;
  };

  const look = (): void => {
    for (const conId of subscriptions.conIds()) {
      const shown = JSON.stringify(quote(conId));
      if (told.get(conId) === shown) continue;
      told.set(conId, shown);
      subscriptions.notify(conId);
    }
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
    bars: () => [],
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

/** The instruments at a time, with what each is made of. */
interface Listing {
  readonly book: InstrumentBook;
  readonly contracts: ReadonlyMap<number, ListedContract>;
  readonly underlyings: ReadonlyMap<number, Underlying>;
  readonly validUntilMs: number;
}

function listAt(underlyings: readonly Underlying[], conIds: ConIds, atMs: number): Listing {
  const instruments: Instrument[] = [];
  const contracts = new Map<number, ListedContract>();
  const shares = new Map<number, Underlying>();
  const shareHours = hoursFrom(atMs, "share");
  const optionHours = hoursFrom(atMs, "option");
  // Hours are told from today on, so a listing does not outlive the day by much.
  let validUntilMs = atMs + HOUR_MS;
  for (const underlying of underlyings) {
    const share = underlyingInstrument(underlying, conIds, shareHours);
    instruments.push(share);
    shares.set(share.conId, underlying);
    for (const listed of listContracts(underlying, atMs)) {
      const { contract, lastTradeDate } = listed;
      const description = { contract, lastTradeDate, minTick: underlying.ticks.small };
      const option = optionInstrument(share, description, conIds, optionHours);
      instruments.push(option);
      contracts.set(option.conId, listed);
      validUntilMs = Math.min(validUntilMs, listed.leavesAtMs);
    }
  }
  return { book: new InstrumentBook(instruments), contracts, underlyings: shares, validUntilMs };
}

function quoteOfOption(
  seed: number,
  listed: ListedContract,
  range: Range,
  atMs: number,
): MarketQuote {
  const quote = optionQuote(seed, listed, range, atMs);
  if (!quote) {
    return { ...NO_QUOTE, computations: { bid: null, ask: null, last: null, model: null } };
  }
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

function quoteOfShare(
  seed: number,
  underlying: Underlying,
  range: Range,
  atMs: number,
): MarketQuote {
  const quote = shareQuote(seed, underlying, atMs);
  return { ...NO_QUOTE, ...quote, high: range.high, low: range.low };
}
