/**
 * Historical bars, as IB's `reqHistoricalData` gives them: of which instrument, of what prices, how
 * long each, and over what time.
 */
import { newYorkDate, newYorkMs, sessionBefore, sessionOn } from "./calendar.ts";
import { addDays } from "./holidays.ts";
import type { OccSymbol, Ticker } from "./contract.ts";

/**
 * What the bars are of. `BID_ASK`: open is the average bid and close the average ask of a bar, low
 * its lowest bid and high its highest ask; IB counts such a request twice.
 */
export const BAR_KINDS = ["MIDPOINT", "BID_ASK", "TRADES"] as const;

/** One of {@link BAR_KINDS}. */
export type BarKind = typeof BAR_KINDS[number];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long a bar may be, shortest first. */
export const BAR_LENGTHS = [
  "30s",
  "1m",
  "2m",
  "3m",
  "5m",
  "10m",
  "15m",
  "20m",
  "30m",
  "1h",
  "2h",
  "3h",
  "4h",
  "8h",
  "1d",
] as const;

/** One of {@link BAR_LENGTHS}. */
export type BarLength = typeof BAR_LENGTHS[number];

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
};

/** The milliseconds of a bar. */
export function barLengthMs(length: BarLength): number {
  return Number.parseInt(length) * (UNIT_MS[length.slice(-1)] ?? NaN);
}

/** Which bars: those of one series can be laid one after the other. */
export interface BarSeries {
  /** A contract, or an underlying. */
  readonly instrument: OccSymbol | Ticker;
  readonly what: BarKind;
  readonly bar: BarLength;
  /** Whether only regular trading hours count. */
  readonly rth: boolean;
}

/** One bar. Volume, the volume-weighted price and the number of trades are there for trades only. */
export interface Bar {
  readonly startMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number | null;
  readonly wap: number | null;
  readonly count: number | null;
}

/** From the first moment on, and before the second. */
export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

const DURATION = /^([1-9]\d{0,3})([SDWMY])$/;

/** The longest duration: twenty years, which is more than IB has. */
const MAX_DURATION_DAYS = 20 * 366;

/**
 * When a duration begins that ends at `toMs`, as IB counts: `10D` are ten trading days, the last that
 * has opened by then among them; weeks, months and years are of the calendar.
 * `undefined` where the text is no duration, or one of more than twenty years.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { durationBeginMs } from "./bars.ts";
 * const wednesdayNoon = Date.UTC(2026, 6, 15, 16);
 * assert.equal(durationBeginMs("2D", wednesdayNoon), Date.UTC(2026, 6, 14, 4));
 * assert.equal(durationBeginMs("3600S", wednesdayNoon), Date.UTC(2026, 6, 15, 15));
 * assert.equal(durationBeginMs("ten days", wednesdayNoon), undefined);
 * ```
 */
export function durationBeginMs(text: string, toMs: number): number | undefined {
  const match = DURATION.exec(text);
  const count = Number(match?.[1]);
  switch (match?.[2]) {
    case "S":
      return toMs - count * 1_000;
    case "D":
      return tradingDaysBegin(count, toMs);
    case "W":
      return wholeDaysBegin(7 * count, toMs);
    case "M":
      return monthsBegin(count, toMs);
    case "Y":
      return monthsBegin(12 * count, toMs);
    default:
      return undefined;
  }
}

function tradingDaysBegin(days: number, toMs: number): number | undefined {
  if (days > MAX_DURATION_DAYS) return undefined;
  const today = newYorkDate(toMs - 1);
  // A day counts from its opening on; sessionBefore() gives one before a day.
  const hasOpened = (sessionOn(today)?.openMs ?? toMs) < toMs;
  let date = hasOpened ? addDays(today, 1) : today;
  for (let day = 0; day < days; day++) date = sessionBefore(date).date;
  return newYorkMs(date, 0);
}

function wholeDaysBegin(days: number, toMs: number): number | undefined {
  if (days > MAX_DURATION_DAYS) return undefined;
  return newYorkMs(addDays(newYorkDate(toMs - 1), 1 - days), 0);
}

function monthsBegin(months: number, toMs: number): number | undefined {
  if (months > MAX_DURATION_DAYS / 30) return undefined;
  const end = new Date(`${newYorkDate(toMs - 1)}T00:00:00Z`);
  const month = end.getUTCMonth() - months;
  // The 31st of a shorter month is its last day.
  const last = new Date(Date.UTC(end.getUTCFullYear(), month + 1, 0)).getUTCDate();
  const day = Math.min(end.getUTCDate(), last);
  const days = Math.round((end.getTime() - Date.UTC(end.getUTCFullYear(), month, day)) / DAY_MS);
  return wholeDaysBegin(days, toMs);
}

/** The most bars that one answer of the gateway, and of the API, may bring. */
export const MAX_BARS = 20_000;

/** About how many bars a span has at most: an equity trades at most 16 of 24 hours, five days of seven. */
export function mostBarsOf({ fromMs, toMs }: TimeSpan, { bar, rth }: BarSeries): number {
  const share = (rth ? 6.5 : 16) / 24 * 5 / 7;
  const length = barLengthMs(bar);
  return Math.ceil((toMs - fromMs) / length * (length < DAY_MS ? share : 1));
}
