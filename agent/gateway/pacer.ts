/**
 * The one pacer of a connection: every message to the gateway, requests, cancels and liveness
 * checks alike, takes its turn here. TWS closes the connection of a client that sends more than
 * 50 messages in a second, of all kinds together; the library's own limiter sends bursts of four
 * and keeps its queue over a disconnect, so it is switched off.
 */
import type { Clock, Timer } from "../../base/clock.ts";

/** The slowest and the fastest rate that may be set, besides 0. */
export const RATE_LIMITS = { least: 20, most: 48 } as const;

/** Gives turns, first come first served. */
export interface Pacer {
  /** Messages in a second; 0 is unlimited. */
  readonly ratePerSecond: number;
  /** Turns given so far. */
  readonly given: number;
  /** Resolves when the caller may send one message, which it does at once. */
  turn(): Promise<void>;
  /** Messages in the last second. */
  readonly inLastSecond: number;
  /**
   * The gateway says that it gets too many, or soon will: from now on the messages are so many times
   * as far apart, and come closer again by and by.
   */
  slowDown(times: number): void;
  /** Rejects all who wait, and all who come later, with `reason`. */
  stop(reason: Error): void;
}

/** In unlimited mode the event loop gets its turn, too, after this many messages. */
const UNLIMITED_BATCH = 256;

/** Slowed down, a pacer gets back to its rate within so long, in even steps. */
const SLOW_MS = 60_000;

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/**
 * A pacer of `ratePerSecond` messages. In any second at most so many turns are given; two turns
 * are at least half an interval apart, and on average a whole one, so that a timer that rings late
 * costs no throughput and nothing is ever sent in a burst.
 */
export function createPacer(options: {
  readonly ratePerSecond: number;
  readonly clock: Clock;
}): Pacer {
  const { ratePerSecond, clock } = options;
  return ratePerSecond === 0 ? unlimited(clock) : smooth(ratePerSecond, clock);
}

function smooth(ratePerSecond: number, clock: Clock): Pacer {
  const intervalMs = 1_000 / ratePerSecond;
  /** When the gateway last complained, and how much slower it is since. */
  let slowed = { atMs: Number.NEGATIVE_INFINITY, times: 1 };
  const waiting: Waiter[] = [];
  /** When the last `ratePerSecond` turns were given, oldest first. */
  const recentMs: number[] = [];
  let slotMs = Number.NEGATIVE_INFINITY;
  let given = 0;
  let timer: Timer | undefined;
  let stopped: Error | undefined;

  const slowness = (nowMs: number): number => {
    const left = Math.max(0, 1 - (nowMs - slowed.atMs) / SLOW_MS);
    return 1 + (slowed.times - 1) * left;
  };
  const dueMs = (): number => {
    const oldestMs = recentMs.length < ratePerSecond ? undefined : recentMs[0];
    const windowMs = oldestMs === undefined ? slotMs : oldestMs + 1_000;
    const lastMs = recentMs.at(-1) ?? Number.NEGATIVE_INFINITY;
    return Math.max(slotMs, windowMs, lastMs + intervalMs / 2);
  };
  const give = (nowMs: number): void => {
    recentMs.push(nowMs);
    if (recentMs.length > ratePerSecond) recentMs.shift();
    // The next slot keeps to the grid; a turn that came late lets the next come early, by one.
    slotMs = Math.max(slotMs + intervalMs * slowness(nowMs), nowMs);
    given++;
    waiting.shift()?.resolve();
  };
  const pump = (): void => {
    timer = undefined;
    while (waiting.length > 0) {
      const nowMs = clock.monotonicMs();
      const waitMs = dueMs() - nowMs;
      if (waitMs > 0) {
        timer = clock.after(Math.ceil(waitMs), pump);
        return;
      }
      give(nowMs);
    }
  };
  return {
    ratePerSecond,
    get given() {
      return given;
    },
    get inLastSecond() {
      const sinceMs = clock.monotonicMs() - 1_000;
      return recentMs.filter((atMs) => atMs > sinceMs).length;
    },
    slowDown(times) {
      const nowMs = clock.monotonicMs();
      slowed = { atMs: nowMs, times: Math.max(times, slowness(nowMs)) };
    },
    turn: () =>
      new Promise((resolve, reject) => {
        if (stopped) return reject(stopped);
        waiting.push({ resolve, reject });
        if (!timer) pump();
      }),
    stop(reason) {
      stopped = reason;
      timer?.cancel();
      for (const waiter of waiting.splice(0)) waiter.reject(reason);
    },
  };
}

function unlimited(clock: Clock): Pacer {
  let given = 0;
  let stopped: Error | undefined;
  const seconds = { now: 0, count: 0, before: 0 };
  /** Counted by whole seconds: there is no list of what may be any number. */
  const count = (messages: number): number => {
    const second = Math.floor(clock.monotonicMs() / 1_000);
    if (second !== seconds.now) {
      seconds.before = second === seconds.now + 1 ? seconds.count : 0;
      seconds.now = second;
      seconds.count = 0;
    }
    seconds.count += messages;
    return seconds.before;
  };
  return {
    ratePerSecond: 0,
    get given() {
      return given;
    },
    get inLastSecond() {
      return count(0);
    },
    slowDown() {},
    turn: () =>
      new Promise((resolve, reject) => {
        if (stopped) return reject(stopped);
        given++;
        count(1);
        if (given % UNLIMITED_BATCH !== 0) return resolve();
        clock.after(0, () => stopped ? reject(stopped) : resolve());
      }),
    stop(reason) {
      stopped = reason;
    },
  };
}
