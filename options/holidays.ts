/**
 * The days on which the US option exchanges are closed or close early, by NYSE's rules (Rule 7.2;
 * Cboe's calendar is the same), from 2010 to 2035 and beyond while the rules stand.
 */
import type { IsoDate } from "./contract.ts";

const DAY_MS = 86_400_000;

/** Closures that no rule gives. */
const SPECIAL_CLOSURES: ReadonlySet<string> = new Set([
  "2012-10-29", // hurricane Sandy
  "2012-10-30",
  "2018-12-05", // mourning for George H. W. Bush
  "2025-01-09", // mourning for Jimmy Carter
]);

/** Whether the exchanges are closed on a day, weekends included. */
export function isClosed(date: IsoDate): boolean {
  const weekday = weekdayOf(date);
  return weekday === 0 || weekday === 6 || SPECIAL_CLOSURES.has(date) ||
    yearOf(date).closed.has(date);
}

/** Whether the exchanges close three hours early on a day on which they open. */
export function isHalfDay(date: IsoDate): boolean {
  return yearOf(date).half.has(date) && !isClosed(date);
}

/** The day `days` after (or before) another. */
export function addDays(date: IsoDate, days: number): IsoDate {
  return isoOf(Date.parse(date) + days * DAY_MS);
}

interface Year {
  readonly closed: ReadonlySet<string>;
  readonly half: ReadonlySet<string>;
}

const years = new Map<number, Year>();

function yearOf(date: IsoDate): Year {
  const year = Number(date.slice(0, 4));
  let days = years.get(year);
  if (!days) years.set(year, days = { closed: closedDays(year), half: halfDays(year) });
  return days;
}

function closedDays(year: number): Set<string> {
  const days = [
    nthWeekday(year, 1, 1, 3), // Martin Luther King Jr. Day
    nthWeekday(year, 2, 1, 3), // Washington's Birthday
    addDays(easter(year), -2), // Good Friday
    lastMonday(year, 5), // Memorial Day
    observed(day(year, 7, 4)), // Independence Day
    nthWeekday(year, 9, 1, 1), // Labor Day
    nthWeekday(year, 11, 4, 4), // Thanksgiving
    observed(day(year, 12, 25)), // Christmas
  ];
  if (year >= 2022) days.push(observed(day(year, 6, 19))); // Juneteenth
  // A New Year's Day on a Saturday is not observed: the Friday before ends an accounting year.
  const newYear = day(year, 1, 1);
  if (weekdayOf(newYear) !== 6) days.push(observed(newYear));
  return new Set(days);
}

function halfDays(year: number): Set<string> {
  const days = [addDays(nthWeekday(year, 11, 4, 4), 1)]; // the day after Thanksgiving
  // 3 July before an Independence Day from Tuesday to Friday, and Christmas Eve from Monday to
  // Thursday; a Friday there is the observed holiday itself or an ordinary day.
  for (const eve of [day(year, 7, 3), day(year, 12, 24)]) {
    const weekday = weekdayOf(eve);
    if (weekday >= 1 && weekday <= 4) days.push(eve);
  }
  return new Set(days);
}

/** A holiday on a Saturday is kept on Friday, one on a Sunday on Monday. */
function observed(date: IsoDate): IsoDate {
  const weekday = weekdayOf(date);
  if (weekday === 6) return addDays(date, -1);
  return weekday === 0 ? addDays(date, 1) : date;
}

function nthWeekday(year: number, month: number, weekday: number, nth: number): IsoDate {
  const first = day(year, month, 1);
  return addDays(first, (weekday - weekdayOf(first) + 7) % 7 + 7 * (nth - 1));
}

function lastMonday(year: number, month: number): IsoDate {
  const last = addDays(day(year, month + 1, 1), -1);
  return addDays(last, -((weekdayOf(last) + 6) % 7));
}

/** Easter Sunday by the Gregorian computus (Meeus, Jones, Butcher). */
function easter(year: number): IsoDate {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = Math.floor((8 * b + 13) / 25);
  const e = (19 * a + b - Math.floor(b / 4) - d + 15) % 30;
  const f = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - e - c % 4) % 7;
  const g = Math.floor((a + 11 * e + 22 * f) / 451);
  const n = e + f - 7 * g + 114;
  return day(year, Math.floor(n / 31), n % 31 + 1);
}

function weekdayOf(date: IsoDate): number {
  return new Date(date).getUTCDay();
}

function day(year: number, month: number, dayOfMonth: number): IsoDate {
  return isoOf(Date.UTC(year, month - 1, dayOfMonth));
}

function isoOf(ms: number): IsoDate {
  // The date part of an ISO string is what the brand stands for.
  return new Date(ms).toISOString().slice(0, 10) as IsoDate;
}
