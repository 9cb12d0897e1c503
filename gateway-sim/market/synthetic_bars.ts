/**
 * Historical bars of the made-up market: its own walk, looked at in the trading hours of its
 * sessions. The same request gives the same bars, in every run with the seed.
 */
import { newYorkDate, type Session, sessionOn } from "../../options/calendar.ts";
import { addDays } from "../../options/holidays.ts";
import type { Bar, BarRequest } from "./market.ts";

/** What an instrument is worth at a time, and what is made of it in bars. */
export interface BarSource {
  /** The price at which it trades, on its price steps. */
  price(atMs: number): number;
  /** Half of what is between bid and ask at a price. */
  halfSpread(price: number): number;
  /** What is traded in the session that opens at a time. */
  dayVolume(opensAtMs: number): number;
  /** Shares also trade from 4:00 to 20:00, options do not. */
  readonly extendedHours: boolean;
}

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
const MONTH_MS = 28 * DAY_MS;
const MINUTE_MS = 60_000;
/** Extended hours begin and end so many minutes before and after the regular ones. */
const BEFORE_OPEN_MS = 330 * MINUTE_MS;
const AFTER_CLOSE_MS = 240 * MINUTE_MS;
/** The finest look at the walk, and how many looks a request may cost. */
const FINEST_MS = 1_000;
const MOST_LOOKS = 200_000;
/** What the extended hours trade, as a share of the regular ones. */
const EXTENDED_SHARE = 0.03;
const SHARES_PER_TRADE = 120;

/** A time in which an instrument trades. */
interface Window {
  readonly session: Session;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The bars of an instrument, oldest first. */
export function syntheticBars(source: BarSource, request: BarRequest): readonly Bar[] {
  const windows = tradingWindows(source, request);
  const totalMs = windows.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const stepMs = FINEST_MS * Math.max(1, Math.ceil(totalMs / FINEST_MS / MOST_LOOKS));
  const bars = new Map<number, { bar: Bar; looks: number }>();
  for (const window of windows) {
    for (let atMs = window.fromMs; atMs < window.toMs; atMs = nextEdge(atMs, window, request)) {
      const piece = pieceOf(source, request, window, atMs, stepMs);
      const key = barKey(atMs, window, request.barMs);
      const known = bars.get(key);
      bars.set(key, known ? joined(known, piece, request.what) : piece);
    }
  }
  return [...bars.values()].map(({ bar }) => bar);
}

/** The windows that a request covers: "1 D" on a Sunday is Friday's session. */
function tradingWindows(source: BarSource, request: BarRequest): readonly Window[] {
  const { endMs, durationMs } = request;
  const extended = source.extendedHours && !request.regularHoursOnly;
  const windows: Window[] = [];
  let leftMs = durationMs < DAY_MS ? durationMs : Number.POSITIVE_INFINITY;
  let daysLeft = Math.round(durationMs / DAY_MS);
  let date = newYorkDate(endMs);
  const oldest = newYorkDate(endMs - durationMs - WEEK_MS);
  for (; date >= oldest; date = addDays(date, -1)) {
    const session = sessionOn(date);
    if (!session) continue;
    const opensMs = session.openMs - (extended ? BEFORE_OPEN_MS : 0);
    const toMs = Math.min(endMs, session.closeMs + (extended ? AFTER_CLOSE_MS : 0));
    if (toMs <= opensMs) continue;
    if (durationMs >= WEEK_MS && session.openMs < endMs - durationMs) break;
    const fromMs = Math.max(opensMs, toMs - leftMs);
    windows.unshift({ session, fromMs, toMs });
    leftMs -= toMs - fromMs;
    daysLeft -= 1;
    if (leftMs <= 0 || (durationMs < WEEK_MS && durationMs >= DAY_MS && daysLeft <= 0)) break;
  }
  return windows;
}

/** Where the bar that contains a time ends: on the clock, or with its window. */
function nextEdge(atMs: number, window: Window, { barMs }: BarRequest): number {
  if (barMs >= DAY_MS) return window.toMs;
  return Math.min(window.toMs, (Math.floor(atMs / barMs) + 1) * barMs);
}

/** What the pieces of one bar have in common. */
function barKey(atMs: number, window: Window, barMs: number): number {
  const { date, openMs } = window.session;
  if (barMs >= MONTH_MS) return Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7));
  // Weeks from Monday on: the Unix epoch began on a Thursday.
  if (barMs >= WEEK_MS) return Math.floor((Date.parse(date) + 3 * DAY_MS) / WEEK_MS);
  return barMs >= DAY_MS ? openMs : atMs;
}

function pieceOf(
  source: BarSource,
  request: BarRequest,
  window: Window,
  atMs: number,
  stepMs: number,
): { readonly bar: Bar; readonly looks: number } {
  const endsMs = nextEdge(atMs, window, request);
  const first = source.price(atMs);
  let [high, low, sum, looks, close] = [first, first, first, 1, first];
  for (let lookMs = atMs + stepMs; lookMs < endsMs; lookMs += stepMs) {
    close = source.price(lookMs);
    high = Math.max(high, close);
    low = Math.min(low, close);
    sum += close;
    looks++;
  }
  const average = sum / looks;
  if (request.what === "BID_ASK") {
    const half = source.halfSpread(average);
    const bar = {
      startMs: atMs,
      open: round4(average - half),
      close: round4(average + half),
      high: round4(high + half),
      low: round4(Math.max(0, low - half)),
      volume: 0,
      average: round4(average),
      count: 0,
    };
    return { bar, looks };
  }
  const volume = request.what === "TRADES" ? volumeOf(source, window, atMs, endsMs) : 0;
  const bar = {
    startMs: atMs,
    open: round4(first),
    close: round4(close),
    high: round4(high),
    low: round4(low),
    volume,
    average: round4(average),
    // Each price that the bar shows was traded.
    count: Math.min(
      volume,
      Math.max(Math.ceil(volume / SHARES_PER_TRADE), new Set([first, high, low, close]).size),
    ),
  };
  return { bar, looks };
}

/** A bar and the piece that follows it. */
function joined(
  known: { readonly bar: Bar; readonly looks: number },
  piece: { readonly bar: Bar; readonly looks: number },
  what: BarRequest["what"],
): { readonly bar: Bar; readonly looks: number } {
  const [a, b] = [known.bar, piece.bar];
  const looks = known.looks + piece.looks;
  const mean = (x: number, y: number): number =>
    round4((x * known.looks + y * piece.looks) / looks);
  const bidAsk = what === "BID_ASK";
  const bar = {
    startMs: a.startMs,
    open: bidAsk ? mean(a.open, b.open) : a.open,
    close: bidAsk ? mean(a.close, b.close) : b.close,
    high: Math.max(a.high, b.high),
    low: Math.min(a.low, b.low),
    volume: a.volume + b.volume,
    average: mean(a.average, b.average),
    count: a.count + b.count,
  };
  return { bar, looks };
}

/** The volume between two times: busy at the opening and the close, thin outside. */
function volumeOf(source: BarSource, { session }: Window, fromMs: number, toMs: number): number {
  const { openMs, closeMs } = session;
  const day = source.dayVolume(openMs);
  const traded = (atMs: number): number => {
    const part = Math.min(1, Math.max(0, (atMs - openMs) / (closeMs - openMs)));
    const regular = part / 2 + ((2 * part - 1) ** 3 + 1) / 4;
    const outside = Math.min(BEFORE_OPEN_MS, Math.max(0, atMs - openMs + BEFORE_OPEN_MS)) +
      Math.min(AFTER_CLOSE_MS, Math.max(0, atMs - closeMs));
    return day * (regular + EXTENDED_SHARE * outside / (BEFORE_OPEN_MS + AFTER_CLOSE_MS));
  };
  return Math.round(traded(toMs)) - Math.round(traded(fromMs));
}

function round4(price: number): number {
  return Math.round(price * 10_000) / 10_000;
}
