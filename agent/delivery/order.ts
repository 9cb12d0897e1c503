/** In which order what waits in the spool is sent. */
import type { Ticker } from "../../options/contract.ts";

/** A snapshot that waits, without its body. */
export interface Waiting {
  /** Rising in the order of writing. */
  readonly id: number;
  readonly ticker: Ticker;
}

/** What is known of earlier attempts, on the monotonic clock. */
export interface Attempts {
  /** The newest snapshot of a ticker that left the spool. */
  readonly newestDone: ReadonlyMap<string, number>;
  /** Until when a ticker is parked. */
  readonly parkedUntilMs: ReadonlyMap<Ticker, number>;
  /** Until when a snapshot waits after a failure of its own. */
  readonly notBeforeMs: ReadonlyMap<number, number>;
}

/**
 * The snapshot to send now: the newest of each ticker first, where it is newer than all that was
 * sent, then what waited, in order; `undefined` where all have to wait.
 *
 * @example
 * ```ts
 * import { nextToSend } from "./order.ts";
 * import { parseTicker } from "../../options/contract.ts";
 * const ticker = parseTicker("EA");
 * const none = { newestDone: new Map(), parkedUntilMs: new Map(), notBeforeMs: new Map() };
 * if (ticker) {
 *   const waiting = [{ id: 1, ticker }, { id: 2, ticker }, { id: 3, ticker }];
 *   console.assert(nextToSend(waiting, none, 0)?.id === 3);
 *   const sent = { ...none, newestDone: new Map([[ticker, 3]]) };
 *   console.assert(nextToSend(waiting.slice(0, 2), sent, 0)?.id === 1);
 * }
 * ```
 */
export function nextToSend(
  waiting: readonly Waiting[],
  attempts: Attempts,
  nowMs: number,
): Waiting | undefined {
  const newest = new Map<Ticker, Waiting>();
  for (const each of waiting) {
    if (each.id > (newest.get(each.ticker)?.id ?? -1)) newest.set(each.ticker, each);
  }
  const mayGo = (each: Waiting): boolean =>
    (attempts.parkedUntilMs.get(each.ticker) ?? nowMs) <= nowMs &&
    (attempts.notBeforeMs.get(each.id) ?? nowMs) <= nowMs;
  const isNews = (each: Waiting): boolean => each.id > (attempts.newestDone.get(each.ticker) ?? -1);
  const first = [...newest.values()].filter((each) => isNews(each) && mayGo(each));
  const rest = waiting.filter(mayGo);
  const oldest = (of: readonly Waiting[]): Waiting | undefined =>
    of.reduce<Waiting | undefined>((a, b) => a && a.id < b.id ? a : b, undefined);
  return oldest(first) ?? oldest(rest);
}

/** When the first of those that have to wait may go; `undefined` where none waits. */
export function nextDueMs(waiting: readonly Waiting[], attempts: Attempts): number | undefined {
  const dues = waiting.map((each) =>
    Math.max(
      attempts.parkedUntilMs.get(each.ticker) ?? 0,
      attempts.notBeforeMs.get(each.id) ?? 0,
    )
  );
  return dues.length === 0 ? undefined : Math.min(...dues);
}
