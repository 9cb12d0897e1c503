/**
 * The market day of the made-up market. It trades round the clock, so that it can be used at any
 * hour; its day begins when New York's exchanges open and ends when they open again.
 */
import { addDays, isTradingDay, newYorkDate, newYorkTimeMs, tradingDayBefore } from "./days.ts";
import type { IsoDate } from "../contract.ts";

const OPEN = 9 * 60 + 30;
const CLOSE = 16 * 60;

/** A market day: from one opening to the next. */
export interface Session {
  readonly date: IsoDate;
  readonly opensAtMs: number;
  readonly endsAtMs: number;
  /** When the session before closed: its prices are the "close" of this one. */
  readonly previousCloseMs: number;
}

let latest: Session | undefined;

/** The market day at a time. */
export function sessionAt(atMs: number): Session {
  // Nearly all questions are about the same day, and calendars are slow.
  if (!latest || atMs < latest.opensAtMs || atMs >= latest.endsAtMs) latest = findSession(atMs);
  return latest;
}

function findSession(atMs: number): Session {
  let date = newYorkDate(atMs);
  if (!isTradingDay(date) || newYorkTimeMs(date, OPEN) > atMs) date = tradingDayBefore(date);
  let next = addDays(date, 1);
  while (!isTradingDay(next)) next = addDays(next, 1);
  return {
    date,
    opensAtMs: newYorkTimeMs(date, OPEN),
    endsAtMs: newYorkTimeMs(next, OPEN),
    previousCloseMs: newYorkTimeMs(tradingDayBefore(date), CLOSE),
  };
}

/** How much of the session is over, from 0 to 1. */
export function sessionPart(session: Session, atMs: number): number {
  const part = (atMs - session.opensAtMs) / (session.endsAtMs - session.opensAtMs);
  return Math.min(1, Math.max(0, part));
}
