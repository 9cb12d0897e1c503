/**
 * Says soon that the database is away, however long the statement that waits for it may take: a
 * statement that is silent may queue behind another one for its ticker, so the database itself is
 * asked something small beside it. While that gets no answer, no more work is sent.
 */
import type { Clock } from "../base/clock.ts";
import { inTime, saysDatabaseAway } from "./database.ts";

/**
 * After so much silence the database is asked whether it is there, and has so long to answer:
 * together well below the second in which a call is answered 503, as timers of a busy process ring
 * late.
 */
const SILENCE_MS = 200;
const ANSWER_MS = 400;

/** Watches one database for everything that waits for it. */
export class DatabaseWatch {
  readonly #clock: Clock;
  readonly #ask: () => PromiseLike<unknown>;
  #asked: Promise<void> | undefined;
  #away = false;

  /** `ask` asks something small, on connections that big statements do not occupy. */
  constructor(clock: Clock, ask: () => PromiseLike<unknown>) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /**
   * Does work on the database: at most `deadlineMs`, and not while the database is silent. Rejects
   * with `DatabaseAway` within a second of its going away, besides with what the work throws.
   * Work that was given up may still be done: it must be such as can be repeated.
   */
  async run<T>(work: () => PromiseLike<T>, deadlineMs: number): Promise<T> {
    if (this.#away) await this.#answers();
    const { promise: lost, reject } = Promise.withResolvers<never>();
    const timer = this.#clock.every(SILENCE_MS, () => {
      this.#answers().catch(reject);
    });
    try {
      return await Promise.race([inTime(this.#clock, work(), deadlineMs), lost]);
    } finally {
      timer.cancel();
    }
  }

  /** Asks, once for all who want to know. */
  #answers(): Promise<void> {
    this.#asked ??= this.#question().finally(() => {
      this.#asked = undefined;
    });
    return this.#asked;
  }

  async #question(): Promise<void> {
    try {
      await inTime(this.#clock, this.#ask(), ANSWER_MS);
      this.#away = false;
    } catch (error) {
      if (saysDatabaseAway(error)) this.#away = true;
      throw error;
    }
  }
}
