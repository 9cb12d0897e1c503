/** The day for which contract details and open interest are good. */
import { newYorkDate, newYorkMs, sessionBefore, sessionOn } from "../../options/calendar.ts";
import type { IsoDate } from "../../options/contract.ts";

/**
 * An hour before the market opens: the exchanges have listed the day's new contracts and published
 * the open interest by then, and what is asked anew is there when it opens.
 */
const BEGINS_MINUTE = 8 * 60 + 30;

/**
 * The trading day of a moment: that of the last session that began, or begins within the hour. It
 * lasts over the night, the weekend and holidays.
 *
 * @example
 * ```ts
 * import { tradingDay } from "./trading_day.ts";
 * const saturday = Date.UTC(2026, 6, 18, 15);
 * console.assert(tradingDay(saturday) === "2026-07-17");
 * ```
 */
export function tradingDay(nowMs: number): IsoDate {
  const today = newYorkDate(nowMs);
  const begun = sessionOn(today) !== null && nowMs >= newYorkMs(today, BEGINS_MINUTE);
  return begun ? today : sessionBefore(today).date;
}
