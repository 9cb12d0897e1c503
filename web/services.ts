/**
 * What every handler gets besides the request: clocks, logs, the database and the live chains.
 * Pages and API routes are given the same services, so that both always say the same.
 */
import type { Context } from "hono";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../telemetry/log.ts";
import type { Ticker } from "../options/contract.ts";
import type { LastKnownChain } from "../options/chain.ts";

/** The terms of a cash deal on a ticker. */
export interface Deal {
  readonly id: string;
  readonly ticker: Ticker;
  /** Cash per share, in dollars. */
  readonly cash: number | null;
  /** The expected close, `YYYY-MM-DD`. */
  readonly close: string | null;
}

/** What is known of one ticker that is a deal or watched. */
export interface KnownTicker {
  readonly ticker: Ticker;
  readonly name: string | null;
  readonly deal: Deal | null;
  readonly chain: LastKnownChain;
}

/** The chains in memory, equal on every server: readers never wait for a fold that is done. */
export interface Chains {
  /** The chain of a ticker; `undefined` where it is neither a deal nor watched. */
  get(ticker: Ticker): Promise<KnownTicker | undefined>;
  /** Every ticker that is a deal or watched, in order of its name. */
  all(): Promise<readonly KnownTicker[]>;
}

/** Everything a handler may use. */
export interface Services {
  /** Domain time is the installation's (design, "Time"). */
  readonly clock: Clock;
  readonly log: Log;
  /** The version of this server, as `/health` says it. */
  readonly version: string;
  readonly chains: Chains;
}

/**
 * Answers one request. A handler that cannot reach the database lets `DatabaseAway` (from
 * `db/`) rise: the app answers 503, as a page or as problem details.
 */
export type Handler = (c: Context, services: Services) => Response | Promise<Response>;
