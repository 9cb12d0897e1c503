/**
 * Is the gateway still there? A gateway can keep its socket open and say nothing for ever
 * (a half-open socket, a hung TWS), which no TCP event tells. So it is asked for its time, and
 * whatever it says counts as life.
 */
import type { Clock } from "../../base/clock.ts";

/** How often the gateway is asked. */
export const LIVENESS_PERIOD_MS = 5_000;

/** After so many periods in a row without a word, it is deaf. */
export const MISSES_TO_DEAF = 2;

/** A running watch. */
export interface Liveness {
  /** To be called for everything that is received. */
  heard(): void;
  stop(): void;
}

/** Asks every {@link LIVENESS_PERIOD_MS} and calls `onDeaf` once when nothing comes. */
export function watchLiveness(options: {
  readonly clock: Clock;
  readonly ask: () => void;
  readonly onDeaf: () => void;
  /** Called after each period in which nothing came though it was asked. */
  readonly onMiss?: () => void;
}): Liveness {
  let asked = false;
  let heard = false;
  let misses = 0;
  const timer = options.clock.every(LIVENESS_PERIOD_MS, () => {
    misses = asked && !heard ? misses + 1 : 0;
    if (misses > 0) options.onMiss?.();
    if (misses >= MISSES_TO_DEAF) {
      timer.cancel();
      options.onDeaf();
      return;
    }
    heard = false;
    asked = true;
    options.ask();
  });
  return {
    heard() {
      heard = true;
    },
    stop: () => timer.cancel(),
  };
}
