/**
 * Which tickers this agent leaves to another one: after a 409 it stands down until the window of
 * the other is over, and keeps its lines free meanwhile. Just after that it reads again; where the
 * other agent is still there, the first update of the read gets the next 409.
 */
import type { Clock } from "../../base/clock.ts";
import type { Ticker } from "../../options/contract.ts";
import type { Log } from "../../telemetry/log.ts";

/** For a 409 that does not say when the window is over: the server's default window. */
const UNSAID_WINDOW_MS = 60_000;

/** Windows end by the server's clock, and this agent's timers may run a little early. */
const MARGIN_MS = 250;

/** Tickers that another agent reads. All times are of the monotonic clock. */
export interface Standby {
  /** A 409 came: leaves the ticker alone for so long, and has a read of it that is on break off. */
  conflict(ticker: Ticker, retryAfterMs: number | null): void;
  /** Leaves the ticker alone until then. */
  standDown(ticker: Ticker, untilMs: number): void;
  /** Until when the ticker is left alone; `null` where it may be read. */
  standing(ticker: Ticker, nowMs: number): number | null;
  /** When the first of the tickers that are left alone may be read again; `null` where none is. */
  nextEndMs(tickers: readonly Ticker[], nowMs: number): number | null;
  /** Aborts when the ticker is left alone, for a read that is on. */
  untilStandDown(ticker: Ticker): AbortSignal;
}

/** Why a read broke off: another agent has the ticker. */
export class StoodDown extends Error {
  constructor(ticker: Ticker) {
    super(`Another agent reads ${ticker}.`);
    this.name = "StoodDown";
  }
}

/**
 * Makes one that leaves nothing alone yet.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { manualClock } from "../../base/clock.ts";
 * import { parseTicker } from "../../options/contract.ts";
 * import { silentLog } from "../../telemetry/log.ts";
 * import { createStandby } from "./standby.ts";
 * const EA = parseTicker("EA") ?? assert.fail();
 * const standby = createStandby({ clock: manualClock(), log: silentLog });
 * standby.standDown(EA, 60_000);
 * assert.equal(standby.standing(EA, 59_999), 60_000);
 * assert.equal(standby.standing(EA, 60_000), null);
 * ```
 */
export function createStandby({ clock, log }: {
  readonly clock: Clock;
  readonly log: Log;
}): Standby {
  const untilMs = new Map<Ticker, number>();
  const reads = new Map<Ticker, AbortController>();
  const standing = (ticker: Ticker, nowMs: number): number | null => {
    const end = untilMs.get(ticker) ?? nowMs;
    return end > nowMs ? end : null;
  };
  const standDown = (ticker: Ticker, until: number): void => {
    untilMs.set(ticker, until);
    reads.get(ticker)?.abort(new StoodDown(ticker));
    reads.delete(ticker);
  };
  return {
    standDown,
    standing,
    conflict(ticker, retryAfterMs) {
      const waitMs = (retryAfterMs ?? UNSAID_WINDOW_MS) + MARGIN_MS;
      log.info("standby.began", `Another agent reads ${ticker}; this one stands by`, {
        ticker,
        waitMs,
      });
      standDown(ticker, clock.monotonicMs() + waitMs);
    },
    nextEndMs(tickers, nowMs) {
      const ends = tickers.flatMap((ticker) => standing(ticker, nowMs) ?? []);
      return ends.length === 0 ? null : Math.min(...ends);
    },
    untilStandDown(ticker) {
      const read = reads.get(ticker) ?? new AbortController();
      reads.set(ticker, read);
      return read.signal;
    },
  };
}
