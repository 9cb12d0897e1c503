/**
 * When an instrument trades, as IB's contract details say it: a text of days and spans in the time
 * zone of the exchange, `20261127:0930-20261127:1300;20261128:CLOSED` (before 2018 the end had no
 * date: `20180115:0930-1600,1800-2000`). Half days and holidays are in it, for about a week ahead.
 */
import type { TimeSpan } from "./bars.ts";
import { isMarketOpen } from "./calendar.ts";
import { type IsoDate, parseIsoDate } from "./contract.ts";
import { addDays } from "./holidays.ts";

/** The hours that a text tells. */
export interface LiquidHours {
  /** In order, none touching another. */
  readonly spans: readonly TimeSpan[];
  /** The days that the text tells of: on others it says nothing. */
  readonly told: TimeSpan;
}

/** IB's names of zones that Intl has not, or (EST, MST) takes for ones without daylight time. */
const ZONES: Readonly<Record<string, string>> = {
  EST: "America/New_York",
  EST5EDT: "America/New_York",
  CST: "America/Chicago",
  CTT: "America/Chicago",
  MST: "America/Denver",
  PST: "America/Los_Angeles",
  JST: "Asia/Tokyo",
  BST: "Europe/London",
};

/** A day of the text, or a span of one: `20261127:0930-20261127:1300`. */
const SPAN = /^(\d{8}):(\d{4})-(?:(\d{8}):)?(\d{4})$/;
const CLOSED = /^(\d{8}):CLOSED$/i;

/**
 * Reads hours; `undefined` where the text or the zone is not understood: half of a text could call
 * an open market closed.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { parseLiquidHours } from "./liquid_hours.ts";
 * const hours = parseLiquidHours("20261127:0930-20261127:1300;20261128:CLOSED", "US/Eastern");
 * assert.deepEqual(hours?.spans, [
 *   { fromMs: Date.UTC(2026, 10, 27, 14, 30), toMs: Date.UTC(2026, 10, 27, 18) },
 * ]);
 * ```
 */
export function parseLiquidHours(text: string, timeZoneId: string): LiquidHours | undefined {
  const zone = zoneOf(timeZoneId);
  if (zone === undefined) return undefined;
  const spans: TimeSpan[] = [];
  const days: IsoDate[] = [];
  for (const day of text.split(";").filter((part) => part !== "")) {
    const closed = CLOSED.exec(day);
    const date = parseIsoDate(day.slice(0, 8));
    if (date === undefined) return undefined;
    days.push(date);
    if (closed) continue;
    for (const part of day.split(",")) {
      // Later spans of an old text's day do not repeat the date.
      const span = spanOf(part.includes(":") ? part : `${day.slice(0, 8)}:${part}`, zone);
      if (span === undefined) return undefined;
      days.push(span.lastDay);
      spans.push(span);
    }
  }
  const [first] = days.sort();
  const last = days.at(-1);
  if (first === undefined || last === undefined) return undefined;
  return {
    spans: joined(spans),
    told: { fromMs: zonedMs(zone, first, 0), toMs: zonedMs(zone, addDays(last, 1), 0) },
  };
}

/** Whether it trades at a time; `undefined` where the hours do not tell of that day. */
export function isWithinHours(hours: LiquidHours, atMs: number): boolean | undefined {
  const within = ({ fromMs, toMs }: TimeSpan): boolean => atMs >= fromMs && atMs < toMs;
  return within(hours.told) ? hours.spans.some(within) : undefined;
}

/**
 * Whether the market of a ticker's options is open: by what the gateway says where it says
 * something of that day, else by the calendar of the US option exchanges.
 */
export function isOpenBy(hours: LiquidHours | undefined, ticker: string, atMs: number): boolean {
  return (hours && isWithinHours(hours, atMs)) ?? isMarketOpen(atMs, ticker);
}

function spanOf(
  text: string,
  zone: string,
): (TimeSpan & { readonly lastDay: IsoDate }) | undefined {
  const [, begin, from, end = begin, to] = SPAN.exec(text) ?? [];
  const firstDay = parseIsoDate(begin ?? "");
  const lastDay = parseIsoDate(end ?? "");
  const fromMinute = minuteOf(from);
  const toMinute = minuteOf(to);
  if (!firstDay || !lastDay || fromMinute === undefined || toMinute === undefined) return undefined;
  const fromMs = zonedMs(zone, firstDay, fromMinute);
  const toMs = zonedMs(zone, lastDay, toMinute);
  return toMs > fromMs ? { fromMs, toMs, lastDay } : undefined;
}

function minuteOf(text: string | undefined): number | undefined {
  const hour = Number(text?.slice(0, 2));
  const minute = Number(text?.slice(2));
  return hour <= 24 && minute < 60 && hour * 60 + minute <= 24 * 60
    ? hour * 60 + minute
    : undefined;
}

/** Spans in order; those that touch or overlap are one. */
function joined(spans: readonly TimeSpan[]): readonly TimeSpan[] {
  const whole: { fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of spans.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = whole.at(-1);
    if (last && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else whole.push({ fromMs, toMs });
  }
  return whole;
}

/** The zone as Intl knows it: `EST (Eastern Standard Time)` is written with its name behind. */
function zoneOf(timeZoneId: string): string | undefined {
  const id = timeZoneId.replace(/\s*\(.*\)$/, "").trim();
  const zone = ZONES[id] ?? id;
  try {
    return formatOf(zone) && zone;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    });
    formats.set(zone, format);
  }
  return format;
}

const MINUTE_MS = 60_000;

/** Epoch milliseconds of a wall-clock time; one that the clocks skip is as late after the change. */
function zonedMs(zone: string, date: IsoDate, minuteOfDay: number): number {
  const wallMs = Date.parse(`${date}T00:00:00Z`) + minuteOfDay * MINUTE_MS;
  const offsetAt = (atMs: number): number => {
    const parts = formatOf(zone).formatToParts(atMs);
    const part = (type: Intl.DateTimeFormatPartTypes): number =>
      Number(parts.find((each) => each.type === type)?.value);
    const wall = Date.UTC(
      part("year"),
      part("month") - 1,
      part("day"),
      part("hour"),
      part("minute"),
    );
    return wall - Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
  };
  const first = wallMs - offsetAt(wallMs);
  return wallMs - offsetAt(first);
}
