/**
 * How values are written on pages. Nothing is rounded away: where the text says less than the
 * value, the caller puts the exact value beside it (`exactly()`).
 */
import type { IsoDate } from "../../options/contract.ts";

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const DAY_MS = 86_400_000;

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const price2to4 = new Intl.NumberFormat("en-US", {
  minimumFractionDigits: 2,
  maximumFractionDigits: 4,
});
const upTo3 = new Intl.NumberFormat("en-US", { maximumFractionDigits: 3 });
const upTo6 = new Intl.NumberFormat("en-US", { maximumFractionDigits: 6, useGrouping: false });

/**
 * A price in its currency, with two decimals and up to four where it has them.
 *
 * @example
 * ```ts
 * import { priceText } from "./format.ts";
 * console.assert(priceText(12.5) === "12.50");
 * console.assert(priceText(0.0125) === "0.0125");
 * console.assert(priceText(7575.39) === "7,575.39");
 * ```
 */
export function priceText(value: number): string {
  return price2to4.format(value);
}

/** A strike, without the decimals it does not have: `260`, `262.5`, `7,500`. */
export function strikeText(value: number): string {
  return upTo3.format(value);
}

/** A whole number with thousands separators: `41,114`. */
export function countText(value: number): string {
  return grouped.format(value);
}

/** A number with its unit's name, in the singular where it is one: `1 contract`, `2,864 contracts`. */
export function countOf(value: number, one: string, many = `${one}s`): string {
  return `${countText(value)} ${value === 1 ? one : many}`;
}

/** A fraction in percent with two decimals, without the sign: 0.29581 is `29.58`. */
export function percentText(fraction: number): string {
  return (fraction * 100).toFixed(2);
}

/** A delta with two decimals; with four where only they tell it from zero. */
export function deltaText(value: number): string {
  for (const text of [value.toFixed(2), value.toFixed(4)]) {
    if (Number(text) !== 0) return text;
  }
  return "0.00";
}

/** A change with its sign always said: `+3.46`, `-0.81`, `0.00`. */
export function signedText(value: number, digits = 2): string {
  const text = value.toFixed(digits);
  return Number(text) > 0 ? `+${text}` : Number(text) === 0 ? text.replace("-", "") : text;
}

/** The value to its stored precision, for machines and for the hover title. */
export function exactly(value: number): string {
  return upTo6.format(value);
}

/** A date as tabs and sentences say it: `17 Jul 26`. */
export function dateText(date: IsoDate): string {
  const [year = "", month = "", day = ""] = date.split("-");
  return `${Number(day)} ${MONTHS[Number(month) - 1] ?? month} ${year.slice(2)}`;
}

const newYork = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/New_York",
  hourCycle: "h23",
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

interface WallTime {
  readonly date: string;
  readonly time: string;
}

// A page says the same few instants thousands of times, and Intl is slow to ask.
const wallTimes = new Map<number, WallTime>();
const WALL_TIMES_KEPT = 2_000;

function wallTime(ms: number): WallTime {
  const second = Math.floor(ms / 1000);
  const known = wallTimes.get(second);
  if (known) return known;
  const part: Record<string, string> = {};
  for (const { type, value } of newYork.formatToParts(second * 1000)) part[type] = value;
  const two = (text: string | undefined): string => (text ?? "").padStart(2, "0");
  const wall = {
    date: `${part["year"]}-${two(part["month"])}-${two(part["day"])}`,
    time: `${two(part["hour"])}:${two(part["minute"])}:${two(part["second"])}`,
  };
  if (wallTimes.size >= WALL_TIMES_KEPT) wallTimes.clear();
  wallTimes.set(second, wall);
  return wall;
}

/** The date in New York at an instant. */
export function newYorkDate(ms: number): IsoDate {
  // `wallTime` builds it in this form.
  return wallTime(ms).date as IsoDate;
}

/**
 * An instant by New York's clock, with the date where it is not today's: `15:48:03`,
 * `14 Jul 26 15:48:03`.
 */
export function timeText(ms: number, nowMs: number): string {
  const { date, time } = wallTime(ms);
  return date === newYorkDate(nowMs) ? time : `${dateText(date as IsoDate)} ${time}`;
}

/** An instant by New York's clock, always with its date. */
export function dateTimeText(ms: number): string {
  const { date, time } = wallTime(ms);
  return `${dateText(date as IsoDate)} ${time}`;
}

/** Whole days from today in New York to a date; 0 on the day itself. */
export function daysUntil(date: IsoDate, nowMs: number): number {
  return Math.round((Date.parse(date) - Date.parse(newYorkDate(nowMs))) / DAY_MS);
}

/** Days left as tabs say it: `today`, `1 d`, `36 d`. */
export function daysLeftText(date: IsoDate, nowMs: number): string {
  const days = daysUntil(date, nowMs);
  return days <= 0 ? "today" : `${days} d`;
}
