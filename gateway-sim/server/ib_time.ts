/** Times, durations and bar sizes as the TWS API writes them. */

/** The zone that TWS assumes where a time names none. */
export const DEFAULT_ZONE = "US/Eastern";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-CA", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    formats.set(zone, format);
  }
  return format;
}

/** The wall clock of a zone: `date` as `20260715`, `time` as `09:30:00`. */
export function wallClock(
  ms: number,
  zone: string,
): { readonly date: string; readonly time: string } {
  const parts = new Map(formatOf(zone).formatToParts(ms).map((part) => [part.type, part.value]));
  const get = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
  return {
    date: get("year") + get("month") + get("day"),
    time: `${get("hour")}:${get("minute")}:${get("second")}`,
  };
}

/**
 * A time as TWS writes it.
 *
 * @example
 * ```ts
 * import { ibTime } from "./ib_time.ts";
 * const opening = Date.UTC(2026, 6, 15, 13, 30);
 * console.assert(ibTime(opening, "US/Eastern") === "20260715 09:30:00 US/Eastern");
 * ```
 */
export function ibTime(ms: number, zone: string): string {
  const { date, time } = wallClock(ms, zone);
  return `${date} ${time} ${zone}`;
}

/** The moment at which a zone's wall clock shows the given UTC-like milliseconds. */
function fromWallClock(wallMs: number, zone: string): number {
  const shownAt = (ms: number): number => {
    const { date, time } = wallClock(ms, zone);
    return Date.parse(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T${time}Z`);
  };
  const guess = wallMs - (shownAt(wallMs) - wallMs);
  // A second look, for the hours in which the zone's offset changes in between.
  return guess - (shownAt(guess) - wallMs);
}

/**
 * The end of a historical request: empty is now; `20260715 16:00:00 US/Eastern`,
 * `20260715 16:00:00` (US/Eastern), `20260715-20:00:00` (UTC) or `20260715` (the day's end).
 * `undefined` for any other text.
 */
export function parseEndDateTime(text: string, nowMs: number): number | undefined {
  if (text === "") return nowMs;
  const match = /^(\d{4})(\d{2})(\d{2})(?:(-| +)(\d{2}):(\d{2})(?::(\d{2}))?(?: +(\S+))?)?$/.exec(
    text,
  );
  if (!match) return undefined;
  const [, year, month, day, separator, hour = "23", minute = "59", second, named] = match;
  const seconds = second ?? (separator === undefined ? "59" : "00");
  const wallMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${seconds}Z`);
  if (Number.isNaN(wallMs)) return undefined;
  if (separator === "-") return wallMs;
  try {
    return fromWallClock(wallMs, named ?? DEFAULT_ZONE);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // no such zone
    throw error;
  }
}

const DURATION_MS: ReadonlyMap<string, number> = new Map([
  ["S", SECOND_MS],
  ["D", DAY_MS],
  ["W", 7 * DAY_MS],
  ["M", 30 * DAY_MS],
  ["Y", 365 * DAY_MS],
]);

/** The milliseconds of `1 D`, `3600 S`, `2 W`, `1 M`, `1 Y`; `undefined` for any other text. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,6}) ([SDWMY])$/.exec(text.trim().toUpperCase());
  const unitMs = DURATION_MS.get(match?.[2] ?? "");
  const count = Number(match?.[1]);
  return unitMs !== undefined && count > 0 ? count * unitMs : undefined;
}

/** All bar sizes that TWS knows, as it writes them. */
const BAR_SIZE_MS: ReadonlyMap<string, number> = new Map([
  ...[1, 5, 10, 15, 30].map((n) => [`${n} secs`, n * SECOND_MS] as const),
  ["1 min", MINUTE_MS],
  ...[2, 3, 5, 10, 15, 20, 30].map((n) => [`${n} mins`, n * MINUTE_MS] as const),
  ["1 hour", HOUR_MS],
  ...[2, 3, 4, 8].map((n) => [`${n} hours`, n * HOUR_MS] as const),
  ["1 day", DAY_MS],
  ["1 week", 7 * DAY_MS],
  ["1 month", 30 * DAY_MS],
]);

/** The bar sizes that {@link parseBarSize} takes. */
export const BAR_SIZES: readonly string[] = [...BAR_SIZE_MS.keys()];

/** The milliseconds of a bar size; `undefined` where TWS knows none of that name. */
export function parseBarSize(text: string): number | undefined {
  const normal = text.trim().toLowerCase().replace(/^1 secs?$/, "1 secs")
    .replace(/^1 mins$/, "1 min").replace(/^1w$/, "1 week").replace(/^1m$/, "1 month");
  return BAR_SIZE_MS.get(normal);
}

/** Whether bars of this size are dated by their day alone. */
export function isDaily(barMs: number): boolean {
  return barMs >= DAY_MS;
}
