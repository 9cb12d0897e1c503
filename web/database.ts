/**
 * The server's two pools: one for the work, and a small one for the first question of each request
 * (whose key is this?), which says within its deadline that the database is away and never queues
 * behind big writes.
 */
import type { Clock, Timer } from "../base/clock.ts";
import { isDatabaseAway, type Sql } from "../db/connect.ts";

/** The pools. */
export interface Database {
  readonly work: Sql;
  readonly quick: Sql;
}

/**
 * How long a quick question may take before the database counts as away: half of the second in
 * which a call is answered 503, as the timer of a busy process rings late.
 */
export const QUICK_DEADLINE_MS = 500;

/** How long a caller should wait before it tries again while the database is away. */
export const DATABASE_RETRY_AFTER_S = 5;

/** A timer that rings so much too late was held up by other work. */
const LATE_MS = 100;

/** The database did not answer in time. */
export class DatabaseAway extends Error {
  override readonly name = "DatabaseAway";
}

/** Whether an error says that the database is away, by its own words or by its silence. */
export function saysDatabaseAway(error: unknown): boolean {
  return error instanceof DatabaseAway || isDatabaseAway(error);
}

/**
 * Waits for an answer of the database, by default at most {@link QUICK_DEADLINE_MS}; then rejects
 * with {@link DatabaseAway}. What was asked may still be done after the deadline: a write must be
 * one that can be repeated.
 *
 * @example
 * ```ts
 * import { systemClock } from "../base/clock.ts";
 * import { inTime } from "./database.ts";
 * console.assert(await inTime(systemClock(), Promise.resolve(7)) === 7);
 * ```
 */
export async function inTime<T>(
  clock: Clock,
  answer: PromiseLike<T>,
  deadlineMs = QUICK_DEADLINE_MS,
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  let timer = arm(deadlineMs);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    timer.cancel();
  }

  function arm(delayMs: number): Timer {
    const dueMs = clock.monotonicMs() + delayMs;
    return clock.after(delayMs, () => {
      // A timer that rings late says that this process was busy, and the answer may lie unread.
      if (clock.monotonicMs() - dueMs > LATE_MS) timer = arm(LATE_MS);
      else reject(new DatabaseAway(`The database did not answer within ${deadlineMs} ms.`));
    });
  }
}
