/**
 * Answers for historical bars: what is stored, and what is not stored from an agent. Nobody is
 * asked for what was read already, nor twice for the same.
 */
import type { Clock } from "../../base/clock.ts";
import { storedBars } from "../../db/bars.ts";
import { type Bar, barLengthMs, type BarSeries, type TimeSpan } from "../../options/bars.ts";
import type { Database } from "../database.ts";

/** What an agent is asked for. */
export interface BarsWish {
  readonly series: BarSeries;
  readonly spans: readonly TimeSpan[];
}

/** How asking an agent ended. */
export type BarsAsked =
  /** What it read is stored. */
  | { readonly kind: "done" }
  /** The agent or its gateway could not; its sentence. */
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "no_agent" }
  /** No answer in time; how the agent was. */
  | { readonly kind: "timeout"; readonly message: string };

/** Asks an agent; never rejects but for a database that is away. */
export type AskForBars = (wish: BarsWish) => Promise<BarsAsked>;

/** What is found. */
export interface FoundBars {
  readonly bars: readonly Bar[];
  readonly gaps: readonly TimeSpan[];
  readonly source: "agent" | "stored";
  /** Why there are gaps; `null` where there are none, or only the bar that is not over. */
  readonly asked: BarsAsked | null;
}

/** A bar that is not over is not asked for again before so long. */
const UNFINISHED_AGAIN_MS = 60_000;

/** Gives bars from the database, and has agents fill the gaps. */
export class BarsDesk {
  readonly #clock: Clock;
  readonly #database: Database;
  readonly #ask: AskForBars;
  readonly #asking = new Map<string, Promise<BarsAsked>>();

  constructor(parts: {
    readonly clock: Clock;
    readonly database: Database;
    readonly ask: AskForBars;
  }) {
    this.#clock = parts.clock;
    this.#database = parts.database;
    this.#ask = parts.ask;
  }

  /** The bars of a span. Rejects where the database is away. */
  async find(series: BarSeries, span: TimeSpan): Promise<FoundBars> {
    const stored = await storedBars(this.#database.work, series, span);
    const spans = gapsToFill(stored, barLengthMs(series.bar), {
      nowMs: this.#clock.nowMs(),
      realNowMs: this.#clock.realNowMs(),
    });
    if (spans.length === 0) return { ...stored, source: "stored", asked: null };
    const asked = await this.#askOnce({ series, spans });
    if (asked.kind !== "done") return { ...stored, source: "stored", asked };
    const filled = await storedBars(this.#database.work, series, span);
    return { ...filled, source: "agent", asked };
  }

  /** Who wants the same at the same time waits for the same answer. */
  #askOnce(wish: BarsWish): Promise<BarsAsked> {
    const name = JSON.stringify(wish);
    const known = this.#asking.get(name);
    if (known) return known;
    const asking = this.#ask(wish).finally(() => this.#asking.delete(name));
    this.#asking.set(name, asking);
    return asking;
  }
}

/**
 * The gaps for which an agent is to be asked: none that is not over yet, and not the bar that is
 * being made where it was read a moment ago.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { gapsToFill } from "./desk.ts";
 * const gaps = [{ fromMs: 0, toMs: 10 }, { fromMs: 90, toMs: 100 }];
 * const times = { nowMs: 100, realNowMs: 100 };
 * assert.deepEqual(gapsToFill({ gaps, lastRead: null }, 20, times), gaps);
 * assert.deepEqual(gapsToFill({ gaps, lastRead: { atMs: 95, toMs: 95 } }, 20, times), [gaps[0]]);
 * ```
 */
export function gapsToFill(
  { gaps, lastRead }: {
    readonly gaps: readonly TimeSpan[];
    readonly lastRead: { readonly atMs: number; readonly toMs: number } | null;
  },
  lengthMs: number,
  { nowMs, realNowMs }: { readonly nowMs: number; readonly realNowMs: number },
): readonly TimeSpan[] {
  const isFresh = lastRead !== null && realNowMs - lastRead.atMs < UNFINISHED_AGAIN_MS;
  return gaps
    .map(({ fromMs, toMs }) => ({ fromMs, toMs: Math.min(toMs, nowMs) }))
    .filter(({ fromMs, toMs }) => fromMs < toMs)
    .filter(({ fromMs, toMs }) =>
      !(isFresh && toMs > nowMs - lengthMs && toMs - fromMs <= 2 * lengthMs)
    );
}
