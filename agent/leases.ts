/** The tickers that the server leased to this agent, as the session says them. */
import type { Ticker } from "../options/contract.ts";
import type { LeasedTicker } from "./delivery/session.ts";

/** Why a read broke off: the ticker is another agent's now. */
export class LeaseLost extends Error {
  constructor(ticker: Ticker) {
    super(`The server leased ${ticker} to another agent.`);
    this.name = "LeaseLost";
  }
}

/** What is leased. */
export interface Leases {
  /** `null` while no session says it. */
  readonly now: readonly LeasedTicker[] | null;
  /** Takes what the session says; without one the leases stay in doubt, and reads go on. */
  take(tickers: readonly LeasedTicker[] | null): void;
  /** Aborts when the ticker is leased to this agent no more. */
  untilLost(ticker: Ticker): AbortSignal;
  /** Resolves when other tickers are leased than now. */
  changed(): Promise<void>;
}

/**
 * Leases, of which nothing is known yet.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { parseTicker } from "../options/contract.ts";
 * import { createLeases } from "./leases.ts";
 * const EA = parseTicker("EA") ?? assert.fail();
 * const leases = createLeases();
 * leases.take([{ ticker: EA, deal: true }]);
 * const lost = leases.untilLost(EA);
 * leases.take([]);
 * assert(lost.aborted);
 * ```
 */
export function createLeases(): Leases {
  let now: readonly LeasedTicker[] | null = null;
  let change = Promise.withResolvers<void>();
  const reads = new Map<Ticker, AbortController>();
  const name = (tickers: readonly LeasedTicker[] | null): string =>
    tickers === null ? "unknown" : tickers.map(({ ticker, deal }) => `${ticker}:${deal}`).join();
  return {
    get now() {
      return now;
    },
    take(tickers) {
      if (name(tickers) === name(now)) return;
      now = tickers;
      const leased = new Set(tickers?.map(({ ticker }) => ticker));
      for (const [ticker, read] of tickers === null ? [] : [...reads]) {
        if (leased.has(ticker)) continue;
        reads.delete(ticker);
        read.abort(new LeaseLost(ticker));
      }
      change.resolve();
      change = Promise.withResolvers();
    },
    untilLost(ticker) {
      const read = reads.get(ticker) ?? new AbortController();
      reads.set(ticker, read);
      return read.signal;
    },
    changed: () => change.promise,
  };
}
