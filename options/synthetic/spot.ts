/** The made-up price of an underlying, at any time. */
import { type Session, sessionBefore } from "../calendar.ts";
import { hashText, mix } from "./random.ts";
import { marketDayAt } from "./market_day.ts";
import { walkAt } from "./walk.ts";
import type { IsoDate } from "../contract.ts";
import { addDays } from "../holidays.ts";
import type { Underlying } from "./underlyings.ts";

/** A takeover closes at least this long from now. */
const NEAREST_CLOSE_DAYS = 45;

/** The price at a time, in cents; it moves once a second. */
export function spotAt(seed: number, underlying: Underlying, atMs: number): number {
  const walk = walkAt(mix(seed, hashText(underlying.ticker)), Math.floor(atMs / 1000) * 1000);
  const { deal, reference, walkVol } = underlying;
  // Under a bid the discount moves, so that the price stays below the cash.
  const price = deal
    ? deal.cash - (deal.cash - reference) * Math.exp(walk)
    : reference * Math.exp(walkVol * walk);
  return Math.round(price * 100) / 100;
}

/**
 * The day on which a made-up takeover closes, seen from a time: the last trading day of a quarter,
 * not sooner than 45 days ahead.
 */
export function dealCloseDate(atMs: number): IsoDate {
  return closingSession(marketDayAt(atMs).date).date;
}

/** The session in which a takeover closes, seen from a date. */
function closingSession(date: IsoDate): Session {
  let after = addDays(date, NEAREST_CLOSE_DAYS);
  // Forward to the first day of the next quarter.
  do after = addDays(after, 1); while (!/-(01|04|07|10)-01$/.test(after));
  return sessionBefore(after);
}

const closes = new Map<IsoDate, number>();

/** When a made-up takeover is over, seen from a time. */
export function dealCloseMs(atMs: number): number {
  const { date } = marketDayAt(atMs);
  let closeMs = closes.get(date);
  if (closeMs === undefined) {
    closeMs = closingSession(date).closeMs;
    closes.set(date, closeMs);
  }
  return closeMs;
}
