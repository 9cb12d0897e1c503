/**
 * The clock of an open page: domain time as the server said it, carried on by the browser's
 * monotonic clock, whose wall clock may be hours off.
 */
import { type Clock, systemClock, type Timer } from "../../base/clock.ts";
import type { PageClock } from "../components/clock.ts";

const TICK_MS = 1_000;

/** A page's clock that moves, and that the server can set. */
export interface TickingClock extends PageClock {
  /** Takes the server's time for now's. */
  set(serverNowMs: number): void;
}

/**
 * A clock that shows `startMs` until its first tick. It runs one timer, and that only while
 * something listens, so that on a server, where nothing does, it stands still.
 */
export function tickingClock(startMs: number, clock: Clock = systemClock()): TickingClock {
  const listeners = new Set<() => void>();
  let anchor = { serverMs: startMs, monotonicMs: clock.monotonicMs() };
  let shownMs = startMs;
  let timer: Timer | undefined;
  const tick = (): void => {
    shownMs = anchor.serverMs + clock.monotonicMs() - anchor.monotonicMs;
    for (const listener of [...listeners]) listener();
  };
  return {
    nowMs: () => shownMs,
    onTick(listener) {
      listeners.add(listener);
      timer ??= clock.every(TICK_MS, tick);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        timer?.cancel();
        timer = undefined;
      };
    },
    set(serverNowMs) {
      anchor = { serverMs: serverNowMs, monotonicMs: clock.monotonicMs() };
    },
  };
}
