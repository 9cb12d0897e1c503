/** IB's strings for the hours of the coming days. */
import { newYorkDate, sessionOn } from "../../options/calendar.ts";
import { addDays } from "../../options/holidays.ts";
import type { Hours } from "./instruments.ts";

const DAYS_TOLD = 6;

/**
 * The hours from a time on: `20260715:0930-20260715:1600;…;20260718:CLOSED`, in New York's time.
 * Shares also trade before and after the regular hours.
 */
export function hoursFrom(atMs: number, kind: "share" | "option"): Hours {
  const liquid = days(atMs, ["0930", "1600", "1300"]);
  const trading = kind === "share" ? days(atMs, ["0400", "2000", "1700"]) : liquid;
  return { liquid, trading };
}

function days(atMs: number, [from, to, toOnHalfDays]: readonly [string, string, string]): string {
  const today = newYorkDate(atMs);
  return Array.from({ length: DAYS_TOLD }, (_, ahead) => {
    const date = addDays(today, ahead);
    const day = date.replaceAll("-", "");
    const session = sessionOn(date);
    if (!session) return `${day}:CLOSED`;
    return `${day}:${from}-${day}:${session.half ? toOnHalfDays : to}`;
  }).join(";");
}
