/**
 * Sessions of the US option exchanges and the moment a contract leaves the live chain, in New York
 * time. Regular hours only: quotes of Cboe's overnight and curb sessions are taken when they come,
 * but the market is called open only in the regular session.
 */
import type { LastKnownContract } from "./chain.ts";
import { type Contract, type IsoDate, type OccSymbol, parseOcc } from "./contract.ts";
import { addDays, isClosed, isHalfDay } from "./holidays.ts";
import { type OptionClass, optionClassOf } from "./option_class.ts";

const MINUTE_MS = 60_000;
const OPEN_MINUTE = 9 * 60 + 30;
const CLOSE_MINUTE = 16 * 60;
const HALF_DAY_CLOSE_MINUTE = 13 * 60;
/** Index and most ETF options trade this much longer than equity options. */
const LATE_MS = 15 * MINUTE_MS;

/** One day's regular session, in epoch milliseconds. */
export interface Session {
  readonly date: IsoDate;
  readonly openMs: number;
  /** The close of equity options: 16:00, or 13:00 on a half day. */
  readonly closeMs: number;
  /** The close of index options and of most ETF options, 15 minutes later. */
  readonly lateCloseMs: number;
  readonly half: boolean;
}

/**
 * The session of a day; null on weekends and holidays.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { sessionOn } from "./calendar.ts";
 * import { parseIsoDate } from "./contract.ts";
 * const day = parseIsoDate("2026-11-27"); // the day after Thanksgiving
 * assert(day && sessionOn(day)?.closeMs === Date.UTC(2026, 10, 27, 18));
 * ```
 */
export function sessionOn(date: IsoDate): Session | null {
  if (isClosed(date)) return null;
  const half = isHalfDay(date);
  const closeMs = newYorkMs(date, half ? HALF_DAY_CLOSE_MINUTE : CLOSE_MINUTE);
  return {
    date,
    openMs: newYorkMs(date, OPEN_MINUTE),
    closeMs,
    lateCloseMs: closeMs + LATE_MS,
    half,
  };
}

/** The day it is in New York. */
export function newYorkDate(nowMs: number): IsoDate {
  // en-CA writes YYYY-MM-DD, which is what the brand stands for.
  return DAY.format(nowMs) as IsoDate;
}

const CLOCKS_CHANGE_MINUTE = 120;

/** Epoch milliseconds of a New York wall-clock time, in minutes after midnight. */
export function newYorkMs(date: IsoDate, minuteOfDay: number): number {
  // Clocks change at 02:00: before it the day's offset is still that of the day before.
  const offset = offsetMs(minuteOfDay < CLOCKS_CHANGE_MINUTE ? addDays(date, -1) : date);
  return Date.parse(`${date}T00:00:00Z`) + minuteOfDay * MINUTE_MS - offset;
}

/** Whether the options of a ticker or root trade now, in the regular session. */
export function isMarketOpen(nowMs: number, tickerOrRoot: string): boolean {
  const session = sessionOn(newYorkDate(nowMs));
  return session !== null && nowMs >= session.openMs && nowMs < closeOf(session, tickerOrRoot);
}

/** When the next regular session opens, after now. */
export function nextOpenMs(nowMs: number): number {
  let date = newYorkDate(nowMs);
  for (;;) {
    const session = sessionOn(date);
    if (session && session.openMs > nowMs) return session.openMs;
    date = addDays(date, 1);
  }
}

/** When the last session that is over closed for a ticker or root. */
export function lastCloseMs(nowMs: number, tickerOrRoot: string): number {
  let session = sessionOnOrBefore(newYorkDate(nowMs));
  while (closeOf(session, tickerOrRoot) > nowMs) session = sessionBefore(session.date);
  return closeOf(session, tickerOrRoot);
}

/**
 * When a contract leaves the live chain: equity options at 16:00 on their last day, index and most
 * ETF options at 16:15, PM-settled index options that expire at 16:00, AM-settled ones at the close
 * of the session before. Half days close three hours earlier. An expiry that is no session (a
 * Saturday, as all were before 2015, or Good Friday) means the session before it.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { expiresAtMs } from "./calendar.ts";
 * import { type OccSymbol, parseOcc } from "./contract.ts";
 * const spx = parseOcc("SPX260717C07500000"); // settles on Friday's open
 * assert(spx && expiresAtMs(spx) === Date.UTC(2026, 6, 16, 20, 15));
 * ```
 */
export function expiresAtMs(contract: Pick<Contract, "root" | "expiry">): number {
  const last = sessionOnOrBefore(contract.expiry);
  const kind: OptionClass = optionClassOf(contract.root);
  switch (kind) {
    case "equity":
    case "pm-index":
      return last.closeMs;
    case "late":
      return last.lateCloseMs;
    case "am-index":
      return sessionBefore(last.date).lateCloseMs;
  }
}

/** The contracts of a chain that have not left it yet. */
export function liveContracts(
  { contracts }: {
    readonly contracts: Pick<ReadonlyMap<OccSymbol, LastKnownContract>, "get" | "keys">;
  },
  nowMs: number,
): LastKnownContract[] {
  const ends = new Map<string, number>();
  return [...contracts.keys()].flatMap((occ) => {
    // The symbol up to the strike names root, expiry and right: few of them a chain.
    const series = occ.slice(0, -8);
    let endMs = ends.get(series);
    if (endMs === undefined) {
      const contract = parseOcc(occ);
      endMs = contract ? expiresAtMs(contract) : Number.POSITIVE_INFINITY;
      ends.set(series, endMs);
    }
    return nowMs < endMs ? contracts.get(occ) ?? [] : [];
  });
}

function closeOf(session: Session, tickerOrRoot: string): number {
  return optionClassOf(tickerOrRoot) === "equity" ? session.closeMs : session.lateCloseMs;
}

function sessionOnOrBefore(date: IsoDate): Session {
  return sessionOn(date) ?? sessionBefore(date);
}

/** The last session before a day. */
export function sessionBefore(date: IsoDate): Session {
  return sessionOnOrBefore(addDays(date, -1));
}

const DAY = new Intl.DateTimeFormat("en-CA", {
  timeZone: "America/New_York",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
});

const OFFSET = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/New_York",
  timeZoneName: "longOffset",
});

const offsets = new Map<IsoDate, number>();

/** New York's offset from UTC on a day, as it is from 02:00 on (clocks change on Sundays at 02:00). */
function offsetMs(date: IsoDate): number {
  let offset = offsets.get(date);
  if (offset === undefined) {
    const name = OFFSET.formatToParts(Date.parse(`${date}T17:00:00Z`))
      .find((part) => part.type === "timeZoneName")?.value ?? "";
    const match = /^GMT([+-])(\d{2}):(\d{2})$/.exec(name);
    if (!match) throw new Error(`Intl names New York's offset on ${date} "${name}".`);
    const minutes = Number(match[2]) * 60 + Number(match[3]);
    offset = (match[1] === "-" ? -minutes : minutes) * MINUTE_MS;
    offsets.set(date, offset);
  }
  return offset;
}
