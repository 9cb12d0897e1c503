/**
 * The market day of the made-up market. It trades round the clock, so that it can be used at any
 * hour; its day begins when New York's exchanges open and ends when they open again.
 */
import { lastCloseMs, newYorkDate, nextOpenMs, sessionBefore, sessionOn } from "../calendar.ts";
import type { IsoDate } from "../contract.ts";

/** A market day: from one opening to the next. */
export interface MarketDay {
  readonly date: IsoDate;
  readonly opensAtMs: number;
  readonly endsAtMs: number;
  /** When the session before closed: its prices are the "close" of this day. */
  readonly previousCloseMs: number;
}

/** The days asked for last: nearly all questions are about few of them, and calendars are slow. */
const recent: MarketDay[] = [];
const RECENT_DAYS = 8;

/** The market day at a time. */
export function marketDayAt(atMs: number): MarketDay {
  const known = recent.find((day) => atMs >= day.opensAtMs && atMs < day.endsAtMs);
  if (known) return known;
  const day = findDay(atMs);
  if (recent.unshift(day) > RECENT_DAYS) recent.pop();
  return day;
}

/** How much of the market day is over, from 0 to 1. */
export function partOfDay(day: MarketDay, atMs: number): number {
  const part = (atMs - day.opensAtMs) / (day.endsAtMs - day.opensAtMs);
  return Math.min(1, Math.max(0, part));
}

function findDay(atMs: number): MarketDay {
  const today = newYorkDate(atMs);
  const now = sessionOn(today);
  const session = now && now.openMs <= atMs ? now : sessionBefore(today);
  return {
    date: session.date,
    opensAtMs: session.openMs,
    endsAtMs: nextOpenMs(session.openMs),
    previousCloseMs: lastCloseMs(session.openMs, "equity"),
  };
}
