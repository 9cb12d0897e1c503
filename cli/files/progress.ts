/** Says on standard error how far a long command is, from time to time. */
import { systemClock } from "../../base/clock.ts";

const EVERY_MS = 5_000;

/** A teller that leaves out what comes within five seconds after what it told. */
export function progressTeller(): (text: () => string) => void {
  const clock = systemClock();
  let toldMs = clock.monotonicMs();
  return (text) => {
    const nowMs = clock.monotonicMs();
    if (nowMs - toldMs < EVERY_MS) return;
    toldMs = nowMs;
    console.error(text());
  };
}
