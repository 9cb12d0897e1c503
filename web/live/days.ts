/**
 * What the list of tickers tells besides the newest price: the day's course, the volatility and
 * where it stands among the days that are kept. Read at most once a minute for each ticker, since
 * nobody reads a curve faster.
 */
import type { Clock } from "../../base/clock.ts";
import { conditionsByDay, spotsOf } from "../../db/day_facts.ts";
import { newYorkDate, sessionOn } from "../../options/calendar.ts";
import type { Ticker } from "../../options/contract.ts";
import { addDays } from "../../options/holidays.ts";
import { type DayIv, type IvRank, ivRank } from "../../options/iv_rank.ts";
import { type Database, inTime, saysDatabaseAway } from "../database.ts";

/** A point of the day's course: minutes after the session's open, and the spot. */
export type CoursePoint = readonly [minute: number, spot: number];

/** What is told of a ticker's day. */
export interface DayFacts {
  readonly course: readonly CoursePoint[];
  /** The newest at-the-money volatility for 30 days, a fraction; null where none was ever known. */
  readonly atmIv: number | null;
  readonly ivRank: IvRank | null;
}

/** Nothing is told. */
export const NO_DAY: DayFacts = { course: [], atmIv: null, ivRank: null };

const KEEP_MS = 60_000;
const STEP_MS = 15 * 60_000;
const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

interface Kept {
  readonly readAtMs: number;
  readonly facts: Promise<DayFacts>;
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
  async of(ticker: Ticker): Promise<DayFacts> {
    const { clock } = this.#parts;
    const nowMs = clock.nowMs();
    let kept = this.#kept.get(ticker);
    if (!kept || nowMs - kept.readAtMs >= KEEP_MS) {
      const facts = this.#read(ticker, nowMs);
      kept = { readAtMs: nowMs, facts };
      this.#kept.set(ticker, kept);
      facts.catch(() => this.#kept.delete(ticker));
    }
    try {
      return await inTime(clock, kept.facts);
    } catch (error) {
      if (!saysDatabaseAway(error)) throw error;
      return NO_DAY;
    }
  }

  async #read(ticker: Ticker, nowMs: number): Promise<DayFacts> {
    const { quick } = this.#parts.database;
    const openMs = lastOpenMs(nowMs);
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

/** When the session opened that is on or was last. */
function lastOpenMs(nowMs: number): number {
  let date = newYorkDate(nowMs);
  for (;;) {
    const session = sessionOn(date);
    if (session && session.openMs <= nowMs) return session.openMs;
    date = addDays(date, -1);
  }
}
