/**
 * How values are written on pages. Nothing is rounded away: where the text says less than the
 * value, the caller puts the exact value beside it (`exactly()`).
 */
import type { IsoDate } from "../../options/contract.ts";

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const DAY_MS = 86_400_000;

/** How numbers are written in one locale. */
interface Numbers {
  readonly grouped: Intl.NumberFormat;
  readonly price: Intl.NumberFormat;
  readonly signedPrice: Intl.NumberFormat;
  readonly upTo3: Intl.NumberFormat;
  readonly fixed: readonly Intl.NumberFormat[];
  readonly signed: readonly Intl.NumberFormat[];
}

/** The locale of pages before a reader's is known. */
export const DEFAULT_LOCALE = "en-US";

const known = new Map<string, Numbers>();

function numbersOf(locale: string): Numbers {
  const before = known.get(locale);
  if (before) return before;
  const of = (options: Intl.NumberFormatOptions): Intl.NumberFormat =>
    // Latin digits, so that columns of them stand alike with the symbols beside them.
    new Intl.NumberFormat(locale, { numberingSystem: "latn", ...options });
  const decimals = (digits: number, more: Intl.NumberFormatOptions = {}): Intl.NumberFormat =>
    of({ minimumFractionDigits: digits, maximumFractionDigits: digits, ...more });
  const price = { minimumFractionDigits: 2, maximumFractionDigits: 4 };
  const digits = [0, 1, 2, 3, 4, 5, 6];
  const made: Numbers = {
    grouped: of({ maximumFractionDigits: 0 }),
    price: of(price),
    signedPrice: of({ ...price, signDisplay: "exceptZero" }),
    upTo3: of({ maximumFractionDigits: 3 }),
    fixed: digits.map((count) => decimals(count, { useGrouping: false })),
    signed: digits.map((count) => decimals(count, { signDisplay: "exceptZero" })),
  };
  // Headers name any number of locales; the few that readers have fit.
  if (known.size >= 50) known.clear();
  known.set(locale, made);
  return made;
}

let locale = DEFAULT_LOCALE;
let numbers = numbersOf(DEFAULT_LOCALE);

/** The locale that is written in. */
export function currentLocale(): string {
  return locale;
}

/**
 * The locale that an `Accept-Language` asks for first (RFC 9110, section 12.5.4), where numbers of
 * it are known; else the usual one.
 *
 * @example
 * ```ts
 * import { localeOf } from "./format.ts";
 * console.assert(localeOf("de-CH,de;q=0.9") === "de-CH");
 * console.assert(localeOf("*") === "en-US" && localeOf(null) === "en-US");
 * ```
 */
export function localeOf(acceptLanguage: string | null): string {
  const first = acceptLanguage?.split(",")[0]?.split(";")[0]?.trim() ?? "";
  if (!/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/.test(first)) return DEFAULT_LOCALE;
  try {
    return Intl.NumberFormat.supportedLocalesOf([first])[0] ?? DEFAULT_LOCALE;
  } catch {
    return DEFAULT_LOCALE; // a tag that is well formed and none, like "en-a"
  }
}

/**
 * Has all that follows written in a locale. A page is drawn in one go, so the server sets it before
 * each, and the browser once.
 */
export function setLocale(asked: string): void {
  locale = asked;
  numbers = numbersOf(asked);
}

/** A number with so many decimals, and no more and no less. */
export function fixedText(value: number, digits: number): string {
  // Intl rounds halves away from zero where toFixed() goes by the binary value; one rule for all.
  return (numbers.fixed[digits] ?? numbers.fixed[6])?.format(Number(value.toFixed(digits))) ?? "";
}

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
  return numbers.price.format(value);
}

/** A strike, without the decimals it does not have: `260`, `262.5`, `7,500`. */
export function strikeText(value: number): string {
  return numbers.upTo3.format(value);
}

/** A whole number with thousands separators: `41,114`. */
export function countText(value: number): string {
  return numbers.grouped.format(value);
}

/** A number with its unit's name, in the singular where it is one: `1 contract`, `2,864 contracts`. */
export function countOf(value: number, one: string, many = `${one}s`): string {
  return `${countText(value)} ${value === 1 ? one : many}`;
}

/** A fraction in percent, without the sign: 0.29581 is `29.58`. */
export function percentText(fraction: number, digits = 2): string {
  return fixedText(fraction * 100, digits);
}

/** A delta with two decimals; with four where only they tell it from zero. */
export function deltaText(value: number): string {
  const digits = [2, 4].find((count) => Number(value.toFixed(count)) !== 0);
  return digits === undefined ? fixedText(0, 2) : fixedText(value, digits);
}

/** Another greek: with four decimals, with six where only they tell it from zero. */
export function greekText(value: number): string {
  const digits = [4, 6].find((count) => Number(value.toFixed(count)) !== 0);
  return digits === undefined ? fixedText(0, 4) : fixedText(value, digits);
}

/** A change with its sign always said: `+3.46`, `-0.81`, `0.00`. */
export function signedText(value: number, digits = 2): string {
  return (numbers.signed[digits] ?? numbers.signed[2])?.format(Number(value.toFixed(digits))) ?? "";
}

/** The change of a price with its sign: `+0.05`, `-0.0125`. */
export function signedPriceText(value: number): string {
  return numbers.signedPrice.format(value);
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

function wallClock(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
}

const newYork = wallClock("America/New_York");

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
  const wall = wallTimeBy(newYork, second * 1000);
  if (wallTimes.size >= WALL_TIMES_KEPT) wallTimes.clear();
  wallTimes.set(second, wall);
  return wall;
}

function wallTimeBy(clock: Intl.DateTimeFormat, ms: number): WallTime {
  const part: Record<string, string> = {};
  for (const { type, value } of clock.formatToParts(ms)) part[type] = value;
  const two = (text: string | undefined): string => (text ?? "").padStart(2, "0");
  return {
    date: `${part["year"]}-${two(part["month"])}-${two(part["day"])}`,
    time: `${two(part["hour"])}:${two(part["minute"])}:${two(part["second"])}`,
  };
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

/** The zone that pages are drawn in before the reader's is known. */
export const NEW_YORK = "America/New_York";

const zones = new Map<string, Intl.DateTimeFormat>();

/**
 * An instant with its date by the clock of a zone, which it names: `20 Nov 26 10:00:00 New York`,
 * `20 Nov 26 16:00:00 Berlin`.
 */
export function zonedText(ms: number, zone: string): string {
  const place = zone.slice(zone.lastIndexOf("/") + 1).replaceAll("_", " ");
  if (zone === NEW_YORK) return `${dateTimeText(ms)} ${place}`;
  let clock = zones.get(zone);
  if (!clock) zones.set(zone, clock = wallClock(zone));
  const { date, time } = wallTimeBy(clock, ms);
  return `${dateText(date as IsoDate)} ${time} ${place}`;
}

/** An instant by New York's clock as a form's `datetime-local` has it: `2026-11-20T10:00:00`. */
export function newYorkInput(ms: number): string {
  const { date, time } = wallTime(ms);
  return `${date}T${time}`;
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
