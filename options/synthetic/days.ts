/** The days of the New York exchanges, as the made-up market needs them. */
import { type IsoDate, parseIsoDate } from "../contract.ts";

const DAY_MS = 86_400_000;

const NEW_YORK = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/New_York",
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** What the wall clock in New York, read as if it were UTC, is ahead of UTC (negative). */
function offsetMs(atMs: number): number {
  const parts: Record<string, number> = {};
  for (const part of NEW_YORK.formatToParts(atMs)) parts[part.type] = Number(part.value);
  const wall = Date.UTC(
    parts["year"] ?? 0,
    (parts["month"] ?? 1) - 1,
    parts["day"] ?? 1,
    parts["hour"] ?? 0,
    parts["minute"] ?? 0,
    parts["second"] ?? 0,
  );
  return wall - Math.floor(atMs / 1000) * 1000;
}

export function isoDate(text: string): IsoDate {
  const date = parseIsoDate(text);
  if (!date) throw new RangeError(`Not a date: ${text}`);
  return date;
}

/** The date in New York. */
export function newYorkDate(atMs: number): IsoDate {
  return isoDate(new Date(atMs + offsetMs(atMs)).toISOString().slice(0, 10));
}

/** The time at which New York's clocks show `minutes` after midnight of `date`. */
export function newYorkTimeMs(date: IsoDate, minutes: number): number {
  const wall = Date.parse(`${date}T00:00:00Z`) + minutes * 60_000;
  return wall - offsetMs(wall + 5 * 3_600_000);
}

export function addDays(date: IsoDate, days: number): IsoDate {
  return isoDate(
    new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10),
  );
}

export function weekday(date: IsoDate): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay();
}

export function isTradingDay(date: IsoDate): boolean {
  const day = weekday(date);
  return day !== 0 && day !== 6;
}

/** The last trading day before `date`. */
export function tradingDayBefore(date: IsoDate): IsoDate {
  let day = addDays(date, -1);
  while (!isTradingDay(day)) day = addDays(day, -1);
  return day;
}
