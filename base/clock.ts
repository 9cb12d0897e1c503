/**
 * Time as the product sees it (design, "Time"): *domain* time is real time plus one fixed offset
 * and drives ages, expiries and market hours; *real* time drives sessions, keys and telemetry;
 * the *monotonic* clock drives deadlines and backoff. All three, and the timers, are injected.
 */

/** A pending timer; `cancel()` may be called any number of times. */
export interface Timer {
  cancel(): void;
}

/** The farthest domain time may be from real time: a replay may be of any day that was recorded. */
export const MOST_OFFSET_MS = 100 * 366 * 86_400_000;

/** The clocks and timers of one program. Times are milliseconds; wall clocks count from the Unix epoch. */
export interface Clock {
  /** Domain time: real time plus the installation's offset. */
  nowMs(): number;
  /** Real wall-clock time. */
  realNowMs(): number;
  /** A clock that never goes back, for deadlines and backoff. */
  monotonicMs(): number;
  /** Calls `callback` once after `delayMs`. */
  after(delayMs: number, callback: () => void): Timer;
  /** Calls `callback` every `periodMs` until cancelled. */
  every(periodMs: number, callback: () => void): Timer;
}

/**
 * The clock of a running program.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { systemClock } from "./clock.ts";
 * const clock = systemClock({ offsetMs: -3_600_000 });
 * assert(clock.realNowMs() - clock.nowMs() >= 3_599_000);
 * ```
 */
export function systemClock(options: { readonly offsetMs?: number } = {}): Clock {
  const offsetMs = options.offsetMs ?? 0;
  return {
    nowMs: () => Date.now() + offsetMs,
    realNowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    after(delayMs, callback) {
      const id = setTimeout(callback, delayMs);
      return { cancel: () => clearTimeout(id) };
    },
    every(periodMs, callback) {
      const id = setInterval(callback, periodMs);
      return { cancel: () => clearInterval(id) };
    },
  };
}

/**
 * Waits `delayMs` on the given clock; rejects with the signal's reason when it is aborted first.
 *
 * @example
 * ```ts
 * import { sleep, systemClock } from "./clock.ts";
 * await sleep(systemClock(), 1);
 * ```
 */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** A clock that moves only when told to, for tests. */
export interface ManualClock extends Clock {
  /** Moves all three clocks and runs the timers that fall due, in order of their time. */
  advance(byMs: number): void;
  /** How many timers are pending. */
  readonly pending: number;
}

/**
 * A clock for tests: time stands still until `advance()`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { manualClock } from "./clock.ts";
 * const clock = manualClock(Date.UTC(2026, 6, 15));
 * let rang = 0;
 * clock.every(1_000, () => rang++);
 * clock.advance(3_500);
 * assert(rang === 3);
 * ```
 */
export function manualClock(startMs = 0, offsetMs = 0): ManualClock {
  let elapsedMs = 0;
  let nextId = 0;
  const timers = new Map<number, { dueMs: number; periodMs: number; callback: () => void }>();
  const add = (delayMs: number, periodMs: number, callback: () => void): Timer => {
    const id = nextId++;
    timers.set(id, { dueMs: elapsedMs + Math.max(0, delayMs), periodMs, callback });
    return { cancel: () => timers.delete(id) };
  };
  return {
    nowMs: () => startMs + offsetMs + elapsedMs,
    realNowMs: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    after: (delayMs, callback) => add(delayMs, 0, callback),
    every: (periodMs, callback) => add(periodMs, periodMs, callback),
    get pending() {
      return timers.size;
    },
    advance(byMs) {
      const untilMs = elapsedMs + byMs;
      for (;;) {
        let next: [number, { dueMs: number; periodMs: number; callback: () => void }] | undefined;
        for (const entry of timers) {
          if (entry[1].dueMs <= untilMs && (!next || entry[1].dueMs < next[1].dueMs)) next = entry;
        }
        if (!next) break;
        const [id, timer] = next;
        elapsedMs = Math.max(elapsedMs, timer.dueMs);
        if (timer.periodMs > 0) timer.dueMs += timer.periodMs;
        else timers.delete(id);
        timer.callback();
      }
      elapsedMs = untilMs;
    },
  };
}
