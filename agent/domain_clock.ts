/**
 * The agent's clock. Domain time is real time plus the installation's offset, which is 0 but in a
 * replay. `start` gives it to its agent by the environment; any other agent learns it from the
 * server, when it asks what to read.
 */
import type { Clock } from "../base/clock.ts";

/** A clock whose offset may be learned later. */
export interface DomainClock extends Clock {
  /** Sets the offset that the server told, unless the environment fixed it. */
  learnOffset(offsetMs: number): void;
}

/**
 * A domain clock on `real`, a clock without an offset.
 *
 * @example
 * ```ts
 * import { manualClock } from "../base/clock.ts";
 * import { domainClock } from "./domain_clock.ts";
 * const clock = domainClock(manualClock(10_000));
 * clock.learnOffset(-3_000);
 * console.assert(clock.nowMs() === 7_000 && clock.realNowMs() === 10_000);
 * ```
 */
export function domainClock(real: Clock, fixedOffsetMs?: number): DomainClock {
  let offsetMs = fixedOffsetMs ?? 0;
  return {
    nowMs: () => real.realNowMs() + offsetMs,
    realNowMs: () => real.realNowMs(),
    monotonicMs: () => real.monotonicMs(),
    after: (delayMs, callback) => real.after(delayMs, callback),
    every: (periodMs, callback) => real.every(periodMs, callback),
    learnOffset(toldMs) {
      if (fixedOffsetMs === undefined) offsetMs = toldMs;
    },
  };
}
