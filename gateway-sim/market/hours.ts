/** IB's strings for the hours of the coming days. */
import { newYorkDate, sessionOn } from "../../options/calendar.ts";
import { addDays } from "../../options/holidays.ts";
import { optionClassOf } from "../../options/option_class.ts";

/** The hours in which an instrument trades, and those that IB calls liquid. */
export interface Hours {
  readonly trading: string;
  readonly liquid: string;
}

/** Opening, closing, and closing on half days, as `HHMM` in New York. */
type DailyHours = readonly [open: string, close: string, halfDayClose: string];

const REGULAR: DailyHours = ["0930", "1600", "1300"];
/** Options on indexes and on most ETFs. */
const LATE: DailyHours = ["0930", "1615", "1315"];
const EXTENDED: DailyHours = ["0400", "2000", "1700"];
const DAYS_TOLD = 6;

/** A share's hours from a time on: `20260715:0930-20260715:1600;…;20260718:CLOSED`. */
export function shareHours(atMs: number): Hours {
  return { trading: days(atMs, EXTENDED), liquid: days(atMs, REGULAR) };
}

/** The hours of the options on a ticker from a time on. */
export function optionHours(atMs: number, ticker: string): Hours {
  const hours = days(atMs, optionClassOf(ticker) === "equity" ? REGULAR : LATE);
  return { trading: hours, liquid: hours };
}

function days(atMs: number, [open, close, halfDayClose]: DailyHours): string {
  const today = newYorkDate(atMs);
  return Array.from({ length: DAYS_TOLD }, (_, ahead) => {
    const date = addDays(today, ahead);
    const day = date.replaceAll("-", "");
    const session = sessionOn(date);
    if (!session) return `${day}:CLOSED`;
    return `${day}:${open}-${day}:${session.half ? halfDayClose : close}`;
  }).join(";");
}
