/** The trading day a price belongs to. */
import { lastCloseMs, newYorkDate, sessionOn } from "../../options/calendar.ts";
import type { Ticker } from "../../options/contract.ts";
import { addDays } from "../../options/holidays.ts";

/**
 * The close that a day's change is measured from: that of the session before the newest one that
 * has begun. So Tuesday's change is shown until Wednesday opens.
 *
 * @example
 * ```ts
 * import { referenceCloseMs } from "./day.ts";
 * import { parseTicker } from "../../options/contract.ts";
 * const ticker = parseTicker("EA");
 * const tuesdayNight = Date.UTC(2026, 6, 15, 1);
 * const mondayClose = Date.UTC(2026, 6, 13, 20);
 * console.assert(ticker && referenceCloseMs(tuesdayNight, ticker) === mondayClose);
 * ```
 */
export function referenceCloseMs(nowMs: number, ticker: Ticker): number {
  return lastCloseMs(newestOpenMs(nowMs), ticker);
}

/** When the newest session opened that has begun. */
export function newestOpenMs(nowMs: number): number {
  let date = newYorkDate(nowMs);
  for (;;) {
    const session = sessionOn(date);
    if (session && session.openMs <= nowMs) return session.openMs;
    date = addDays(date, -1);
  }
}
