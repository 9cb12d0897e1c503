/** The made-up price of an underlying, at any time. */
import { addDays, isoDate, newYorkTimeMs, tradingDayBefore } from "./days.ts";
import { hashText, mix } from "./random.ts";
import { sessionAt } from "./session.ts";
import { walkAt } from "./walk.ts";
import type { IsoDate } from "../contract.ts";
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
  const soonest = addDays(sessionAt(atMs).date, NEAREST_CLOSE_DAYS);
  const month = Number(soonest.slice(5, 7));
  const nextQuarter = month + 3 - (month - 1) % 3;
  const firstAfter = new Date(Date.UTC(Number(soonest.slice(0, 4)), nextQuarter - 1, 1));
  return tradingDayBefore(isoDate(firstAfter.toISOString().slice(0, 10)));
}

const closes = new Map<IsoDate, number>();

/** When a made-up takeover is over, seen from a time. */
export function dealCloseMs(atMs: number): number {
  const { date } = sessionAt(atMs);
  let closeMs = closes.get(date);
  if (closeMs === undefined) {
    closeMs = newYorkTimeMs(dealCloseDate(atMs), 16 * 60);
    closes.set(date, closeMs);
  }
  return closeMs;
}
