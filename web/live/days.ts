/**
 * What the list of tickers tells besides the newest price: the day's course, the volatility and
 * where it stands among the days that are kept. Read at most once a minute for each ticker, since
 * nobody reads a curve faster.
 */
import type { Clock } from "../../base/clock.ts";
import { conditionsByDay, spotsOf } from "../../db/day_facts.ts";
import { newYorkDate } from "../../options/calendar.ts";
import type { Ticker } from "../../options/contract.ts";
import type { TickerDay } from "../../options/wire/tickers.ts";
import { type DayIv, ivRank } from "../../options/iv_rank.ts";
import { newestOpenMs } from "./day.ts";
import { type Database, inTime, saysDatabaseAway } from "../database.ts";

/** Nothing is told. */
export const NO_DAY: TickerDay = { course: [], atmIv: null, ivRank: null };

const KEEP_MS = 60_000;
const STEP_MS = 15 * 60_000;
const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

interface Kept {
  readonly readAtMs: number;
  readonly facts: Promise<TickerDay>;
}

interface KeptDays {
  /** The day that they end before. */
  readonly today: string;
  readonly days: readonly DayIv[];
}

/** The days of one server's tickers. */
export class Days {
  readonly #parts: { readonly clock: Clock; readonly database: Database };
  readonly #kept = new Map<Ticker, Kept>();
  readonly #earlier = new Map<Ticker, KeptDays>();

  constructor(parts: { readonly clock: Clock; readonly database: Database }) {
    this.#parts = parts;
  }

  /** What is told of a ticker; nothing where it cannot be read in time. */
  async of(ticker: Ticker): Promise<TickerDay> {
    const { clock } = this.#parts;
    const nowMs = clock.nowMs();
    let kept = this.#kept.get(ticker);
    if (!kept || nowMs - kept.readAtMs >= KEEP_MS) {
      const facts = this.#read(ticker, nowMs);
      kept = { readAtMs: nowMs, facts };
      this.#kept.set(ticker, kept);
      const now = kept;
      // What failed is read again by who asks next.
      facts.catch(() => {
        if (this.#kept.get(ticker) === now) this.#kept.delete(ticker);
      });
    }
    try {
      return await inTime(clock, kept.facts);
    } catch (error) {
      if (!saysDatabaseAway(error)) throw error;
      return NO_DAY;
    }
  }

  async #read(ticker: Ticker, nowMs: number): Promise<TickerDay> {
    const { quick } = this.#parts.database;
    const openMs = newestOpenMs(nowMs);
    const [points, days] = await Promise.all([
      spotsOf(quick, ticker, { fromMs: openMs, toMs: nowMs, stepMs: STEP_MS }),
      this.#days(ticker, nowMs),
    ]);
    return {
      course: points.map(({ atMs, spot }) => [Math.round((atMs - openMs) / 60_000), spot]),
      atmIv: days.at(-1)?.atmIv ?? null,
      ivRank: ivRank(days) ?? null,
    };
  }

  /** The days before today do not change but by late reads; they are read once a day. */
  async #days(ticker: Ticker, nowMs: number): Promise<readonly DayIv[]> {
    const { quick } = this.#parts.database;
    const today = newYorkDate(nowMs);
    const kept = this.#earlier.get(ticker);
    if (kept?.today === today) {
      const since = await conditionsByDay(quick, ticker, { fromMs: nowMs - DAY_MS, toMs: nowMs });
      return [...kept.days, ...since.filter(({ day }) => day === today)];
    }
    const days = await conditionsByDay(quick, ticker, { fromMs: nowMs - YEAR_MS, toMs: nowMs });
    this.#earlier.set(ticker, { today, days: days.filter(({ day }) => day < today) });
    return days;
  }
}
