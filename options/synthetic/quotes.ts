/**
 * The made-up quote of an option at a time: a pure function of the seed, the contract and the
 * time. Bid and ask stand around its worth on the exchange's price steps; a bid below the first
 * step is no bid.
 */
import { chance, hashText, mix } from "./random.ts";
import { type MarketDay, marketDayAt, partOfDay } from "./market_day.ts";
import { type Worth, worthAt, worthAtSpot } from "./theory.ts";
import { atTheMoneyVariance } from "./surface.ts";
import type { ListedContract } from "./listing.ts";
import type { TickRule } from "./underlyings.ts";

/** A bid and an ask with their sizes; `null` is none. */
export interface TwoSided {
  readonly bid: number | null;
  readonly ask: number | null;
  readonly bidSize: number | null;
  readonly askSize: number | null;
}

/** An option's market at a time; prices `null` where there is none. */
export interface OptionQuote extends TwoSided {
  /** Since when it is so. */
  readonly sinceMs: number;
  readonly worth: Worth;
  readonly last: number | null;
  readonly lastSize: number | null;
  readonly lastTimeMs: number | null;
  readonly volume: number;
  readonly openInterest: number;
  readonly open: number | null;
  readonly high: number | null;
  readonly low: number | null;
  readonly close: number | null;
}

/** The lowest and highest price of the underlying in the session so far. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

const DAY_MS = 86_400_000;
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

/** The price steps of an option at a price. */
export function tickOf(rule: TickRule, price: number): number {
  return price < 3 ? rule.small : rule.large;
}

function floorToTick(rule: TickRule, price: number): number {
  const tick = tickOf(rule, price);
  return round4(Math.floor(price / tick + 1e-9) * tick);
}

function ceilToTick(rule: TickRule, price: number): number {
  const tick = tickOf(rule, price);
  return round4(Math.ceil(price / tick - 1e-9) * tick);
}

function round4(price: number): number {
  return Math.round(price * 10_000) / 10_000;
}

function twoSided(
  key: number,
  listed: ListedContract,
  worth: Worth,
  activity: number,
  atMs: number,
): TwoSided {
  const { ticks, spread } = listed.underlying;
  const half = Math.max(tickOf(ticks, worth.price), spread * worth.price ** 0.8) / 2;
  const below = half * (0.5 + chance(key, atMs, 1));
  const above = half * (0.5 + chance(key, atMs, 2));
  const bid = floorToTick(ticks, worth.price - below);
  const ask = Math.max(ticks.small, ceilToTick(ticks, worth.price + above));
  const size = (salt: number): number =>
    1 + Math.floor((4 + 60 * Math.sqrt(activity)) * chance(key, atMs, salt) ** 2);
  return {
    bid: bid > 0 ? bid : null,
    ask,
    bidSize: bid > 0 ? size(3) : null,
    askSize: size(4),
  };
}

/** How lively a contract is, from 0 to 1: near, at and above the money, and soon. */
function activityOf(listed: ListedContract, worth: Worth): number {
  const { terms } = worth;
  const distance = distanceOf(listed, worth);
  const inside = terms.right === "C" ? terms.strike < terms.spot : terms.strike > terms.spot;
  const round = isRound(terms.strike) ? 1 : 0.5;
  return Math.exp(-0.5 * (distance / 1.3) ** 2) * (inside ? 0.4 : 1) * round /
    (1 + 4 * terms.years);
}

/** How many standard deviations the strike is away. */
function distanceOf(listed: ListedContract, { terms }: Worth): number {
  const { surface, deal } = listed.underlying;
  const deviation = deal
    ? 0.04 + 0.06 * Math.sqrt(terms.years)
    : Math.sqrt(atTheMoneyVariance(surface, terms.years + 5 / 365));
  return Math.log(terms.strike / terms.spot) / deviation;
}

function isRound(strike: number): boolean {
  const unit = 10 ** Math.floor(Math.log10(strike)) / 2;
  return strike % unit === 0 || strike % 10 === 0;
}

function openInterestOf(key: number, listed: ListedContract, worth: Worth): number {
  const distance = distanceOf(listed, worth) / 2.2;
  const monthly = Number(listed.contract.expiry.slice(8)) >= 15 &&
    Number(listed.contract.expiry.slice(8)) <= 21;
  const scale = listed.underlying.trades * (monthly ? 12 : 3) *
    (isRound(worth.terms.strike) ? 3 : 1);
  return Math.floor(scale * Math.exp(-0.5 * distance * distance) * 2 * chance(key, 11) ** 2);
}

interface Trades {
  readonly last: number | null;
  readonly lastSize: number | null;
  readonly lastTimeMs: number | null;
  readonly volume: number;
  readonly open: number | null;
  readonly high: number | null;
  readonly low: number | null;
  readonly close: number | null;
}

/** The trades of a session: `count` of them, evenly over it, each at the bid or the ask of then. */
function tradesOf(
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
  const { ticks, spread } = listed.underlying;
  const call = listed.contract.right === "C";
  const best = worthAtSpot(listed, call ? range.high : range.low, day.opensAtMs).price;
  const worst = worthAtSpot(listed, call ? range.low : range.high, atMs).price;
  const half = (price: number): number =>
    0.75 * Math.max(tickOf(ticks, price), spread * price ** 0.8);
  return {
    high: Math.max(...traded, ceilToTick(ticks, best + half(best))),
    low: Math.min(...traded, Math.max(ticks.small, floorToTick(ticks, worst - half(worst)))),
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
