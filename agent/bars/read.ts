/** Reads historical bars from the gateway, by as many requests as IB's limits on each ask for. */
import { BarSizeSetting, type Contract as IbContract, SecType, WhatToShow } from "@stoqey/ib";
import { type Clock, sleep } from "../../base/clock.ts";
import {
  type Bar,
  type BarKind,
  type BarLength,
  barLengthMs,
  type BarSeries,
  type TimeSpan,
} from "../../options/bars.ts";
import { newYorkDate, newYorkMs, sessionOn } from "../../options/calendar.ts";
import { parseIsoDate, parseOcc, parseTicker } from "../../options/contract.ts";
import { addDays } from "../../options/holidays.ts";
import { askOnce } from "../chain/ask.ts";
import { resolveUnderlying } from "../chain/discovery.ts";
import { unknownChain } from "../chain/known_chain.ts";
import { tradingDay } from "../chain/trading_day.ts";
import type { Connection } from "../gateway/connection.ts";
import type { GatewayBar, GatewayEvent } from "../gateway/events.ts";
import type { BarPacing } from "./pacing.ts";

/** How reading bars ended, when the connection lasted. */
export type BarsOutcome =
  | { readonly kind: "read"; readonly bars: readonly Bar[] }
  | { readonly kind: "refused"; readonly code: number | null; readonly message: string };

/** What a read of bars needs. */
export interface ReadBarsOptions {
  readonly series: BarSeries;
  readonly span: TimeSpan;
  /** Domain time for "until now", monotonic time for deadlines. */
  readonly clock: Clock;
  /** Of the login: kept from read to read. */
  readonly pacing: BarPacing;
  readonly signal?: AbortSignal;
  /** Called after each request with the bars so far and the part of the span that is read. */
  readonly onProgress?: (progress: { readonly bars: number; readonly share: number }) => void;
}

/** IB answers a month of hours within seconds, and a contract nobody asked for in a while slowly. */
const DEADLINE_MS = 60_000;

/** A gateway that says "pacing violation" although the rules were kept: others use the login too. */
const PACING_TRIES = 3;
const PACING_WAIT_MS = 15_000;

const HISTORICAL_ERROR = 162;

const SIZES: Readonly<Record<BarLength, BarSizeSetting>> = {
  "30s": BarSizeSetting.SECONDS_THIRTY,
  "1m": BarSizeSetting.MINUTES_ONE,
  "2m": BarSizeSetting.MINUTES_TWO,
  "3m": BarSizeSetting.MINUTES_THREE,
  "5m": BarSizeSetting.MINUTES_FIVE,
  "10m": BarSizeSetting.MINUTES_TEN,
  "15m": BarSizeSetting.MINUTES_FIFTEEN,
  "20m": BarSizeSetting.MINUTES_TWENTY,
  "30m": BarSizeSetting.MINUTES_THIRTY,
  "1h": BarSizeSetting.HOURS_ONE,
  "2h": BarSizeSetting.HOURS_TWO,
  "3h": BarSizeSetting.HOURS_THREE,
  "4h": BarSizeSetting.HOURS_FOUR,
  "8h": BarSizeSetting.HOURS_EIGHT,
  "1d": BarSizeSetting.DAYS_ONE,
};

const KINDS: Readonly<Record<BarKind, WhatToShow>> = {
  MIDPOINT: WhatToShow.MIDPOINT,
  BID_ASK: WhatToShow.BID_ASK,
  TRADES: WhatToShow.TRADES,
};

const DAY_MS = 86_400_000;

/**
 * The most days of one request, by the longest bar it holds for ("Valid Duration String Units" and
 * "step sizes" of the TWS API's documentation).
 */
const STEPS: readonly { readonly upToMs: number; readonly days: number }[] = [
  { upToMs: 60_000, days: 1 },
  { upToMs: 120_000, days: 2 },
  { upToMs: 1_200_000, days: 7 },
  { upToMs: 28_800_000, days: 30 },
  { upToMs: DAY_MS, days: 365 },
];

/** Bars of less than a minute come for so long at once. */
const SHORT_BARS_MS = 28_800_000;

/**
 * Reads the bars of a span, oldest first. Rejects with `GatewayLost` when the connection is lost, or
 * with the signal's reason.
 */
export async function readBars(
  connection: Connection,
  options: ReadBarsOptions,
): Promise<BarsOutcome> {
  const { series, span, clock } = options;
  const contract = await contractOf(connection, clock, series);
  if ("refusal" in contract) return { kind: "refused", code: null, message: contract.refusal };
  const bars: Bar[] = [];
  const parts = partsOf(series, span);
  for (const [index, part] of parts.entries()) {
    options.signal?.throwIfAborted();
    const outcome = await readPart(connection, contract, part, options);
    if (outcome.kind === "refused") return outcome;
    bars.push(...outcome.bars);
    options.onProgress?.({ bars: bars.length, share: (index + 1) / parts.length });
  }
  return { kind: "read", bars };
}

/** What one request asks for. */
export interface Part extends TimeSpan {
  /** As IB writes it. */
  readonly duration: string;
}

/**
 * The single requests, oldest first. IB counts days as trading days, of which one is whole however
 * late it is asked for; so they are cut at midnight in New York, and days without a session left out.
 */
export function partsOf({ bar }: BarSeries, { fromMs, toMs }: TimeSpan): Part[] {
  const lengthMs = barLengthMs(bar);
  const step = STEPS.find(({ upToMs }) => lengthMs <= upToMs)?.days ?? 1;
  const parts: Part[] = [];
  for (let end = toMs; end > fromMs;) {
    const last = newYorkDate(end - 1);
    const days = Array.from({ length: step }, (_, back) => addDays(last, -back))
      .filter((day) => newYorkMs(addDays(day, 1), 0) > fromMs);
    const begin = Math.max(fromMs, newYorkMs(days.at(-1) ?? last, 0));
    const sessions = days.filter((day) => sessionOn(day) !== null).length;
    if (sessions > 0) {
      const span = { fromMs: begin, toMs: end };
      parts.unshift(
        ...lengthMs < 60_000 ? shortParts(span) : [{
          ...span,
          duration: `${sessions} D`,
        }],
      );
    }
    end = begin;
  }
  return parts;
}

function shortParts({ fromMs, toMs }: TimeSpan): Part[] {
  const parts: Part[] = [];
  for (let end = toMs; end > fromMs; end -= SHORT_BARS_MS) {
    const begin = Math.max(fromMs, end - SHORT_BARS_MS);
    parts.unshift({ fromMs: begin, toMs: end, duration: `${SHORT_BARS_MS / 1_000} S` });
  }
  return parts;
}

async function readPart(
  connection: Connection,
  contract: IbContract,
  part: Part,
  { series, clock, pacing, signal }: ReadBarsOptions,
): Promise<BarsOutcome> {
  const { what, bar, rth } = series;
  // Empty is now; a time with a dash is UTC.
  const end = part.toMs >= clock.nowMs() ? "" : utcText(part.toMs);
  const { duration } = part;
  const request = { series, span: `${end} ${duration}` };
  for (let tries = 1;; tries++) {
    const waitMs = pacing.waitMs(request, clock.monotonicMs());
    if (waitMs > 0) await sleep(clock, waitMs, signal);
    signal?.throwIfAborted();
    pacing.note(request, clock.monotonicMs());
    let sentId: number | undefined;
    const answer = await askOnce(connection, clock, {
      deadlineMs: DEADLINE_MS,
      send: (api, id) => {
        sentId = id;
        api.reqHistoricalData(
          id,
          contract,
          end,
          duration,
          SIZES[bar],
          KINDS[what],
          rth,
          IN_SECONDS,
          KEEP_UP_TO_DATE,
        );
      },
    });
    if (answer.kind === "answered") {
      return { kind: "read", bars: barsOf(answer.events, part, what) };
    }
    if (answer.kind === "silent") {
      if (sentId !== undefined) {
        const id = sentId;
        await connection.send((api) => api.cancelHistoricalData(id));
      }
      const message = `no bars came within ${DEADLINE_MS / 1_000} s`;
      return { kind: "refused", code: null, message };
    }
    if (isNothing(answer)) return { kind: "read", bars: [] };
    const isPacing = answer.code === HISTORICAL_ERROR && /pacing/i.test(answer.message);
    if (!isPacing || tries === PACING_TRIES) {
      return { kind: "refused", code: answer.code, message: answer.message };
    }
    await sleep(clock, PACING_WAIT_MS, signal);
  }
}

/** `formatDate` 2: bars of less than a day say seconds since 1970, those of a day their date. */
const IN_SECONDS = 2;

/** Only what is past is asked for. */
const KEEP_UP_TO_DATE = false;

/** IB's word for a span without a bar, which is no fault. */
function isNothing({ code, message }: { readonly code: number; readonly message: string }) {
  return code === HISTORICAL_ERROR && /returned no data/i.test(message);
}

function barsOf(events: readonly GatewayEvent[], span: TimeSpan, what: BarKind): Bar[] {
  return events.flatMap((event) => event.type === "bar" ? barOf(event.bar, what) ?? [] : [])
    .filter(({ startMs }) => startMs >= span.fromMs && startMs < span.toMs);
}

/** `undefined` where it is none: a time that is no time, a price that is no number. */
function barOf(bar: GatewayBar, what: BarKind): Bar | undefined {
  const startMs = startOf(bar.time);
  const { open, high, low, close } = bar;
  if (startMs === undefined || ![open, high, low, close].every(Number.isFinite)) return undefined;
  const ofTrades = (value: number): number | null =>
    what === "TRADES" && Number.isFinite(value) && value >= 0 ? value : null;
  return {
    startMs,
    open,
    high,
    low,
    close,
    volume: ofTrades(bar.volume),
    wap: ofTrades(bar.wap),
    count: ofTrades(bar.count),
  };
}

function startOf(time: string): number | undefined {
  const day = /^(\d{4})(\d{2})(\d{2})$/.exec(time);
  if (!day) return /^\d{9,11}$/.test(time) ? Number(time) * 1_000 : undefined;
  const date = parseIsoDate(`${day[1]}-${day[2]}-${day[3]}`);
  return date && newYorkMs(date, 0);
}

/** `20260715-20:00:00`. */
function utcText(ms: number): string {
  const iso = new Date(ms).toISOString();
  return `${iso.slice(0, 10).replaceAll("-", "")}-${iso.slice(11, 19)}`;
}

/** How the gateway is asked for an instrument. */
async function contractOf(
  connection: Connection,
  clock: Clock,
  { instrument }: BarSeries,
): Promise<IbContract | { readonly refusal: string }> {
  const option = parseOcc(instrument);
  if (option) {
    // IB writes the root six wide.
    const localSymbol = option.root.padEnd(6) + option.occ.slice(option.root.length);
    return { localSymbol, secType: SecType.OPT, exchange: "SMART", currency: "USD" };
  }
  const ticker = parseTicker(instrument);
  const known = unknownChain(tradingDay(clock.nowMs()));
  const found = ticker && await resolveUnderlying({ connection, clock, ticker, known });
  if (!found) return { refusal: `${instrument} names no contract and no ticker` };
  if ("refusal" in found) return found;
  const { contract, conId, secType } = found;
  const exchange = secType === SecType.STK ? "SMART" : contract.exchange;
  return { conId, secType, currency: "USD", ...(exchange === undefined ? {} : { exchange }) };
}
