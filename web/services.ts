/**
 * What every handler gets besides the request: clocks, logs, the database and the live chains.
 * Pages and API routes are given the same services, so that both always say the same.
 */
import type { Context } from "hono";
import type { Clock } from "../base/clock.ts";
import type { ValidKey } from "../db/keys.ts";
import type { StoredSets } from "../db/stored_sets.ts";
import type { Deal } from "../db/tickers.ts";
import type { LastKnownChain, StoredBatch } from "../options/chain.ts";
import type { Ticker } from "../options/contract.ts";
import type { ReasonCode } from "../options/reasons.ts";
import type { IngestReader } from "../options/wire/ingest_reader.ts";
import type { Log } from "../telemetry/log.ts";
import type { BarsDesk } from "./bars/desk.ts";
import type { KeyCache } from "./auth/key_cache.ts";
import type { LastUsed } from "./auth/last_used.ts";
import type { Database } from "./database.ts";
import type { DatabaseWatch } from "./database_watch.ts";
import type { Limits } from "./limits/limits.ts";
import type { TrackedChain } from "./live/tracked.ts";
import type { AgentDesk } from "./session/desk.ts";
import type { AgentSessions } from "./session/sessions.ts";

/** What is known of one ticker that is followed: a deal, or watched. */
export interface KnownTicker {
  readonly ticker: Ticker;
  readonly name: string | null;
  readonly deal: Deal | null;
  readonly chain: LastKnownChain;
  /** Whether the agent that reads it was heard of lately; `null` where that is not known. */
  readonly agentOnline: boolean | null;
  /** Why that agent brings nothing newer, as it says itself. */
  readonly agentReason: ReasonCode | null;
  /** The last spot of the session before, or the first of the day; `null` where neither is known. */
  readonly referencePrice: number | null;
}

/** A ticker with the memory of its changes. */
export interface TrackedTicker extends KnownTicker {
  readonly tracked: TrackedChain;
}

/** The chains in memory, equal on every server. What was loaded once is given while the database is away. */
export interface Chains {
  /** The chain of a ticker; `undefined` where it is neither a deal nor watched. */
  get(ticker: Ticker): Promise<TrackedTicker | undefined>;
  /** Every ticker that is followed, in order of its symbol. */
  all(): Promise<readonly TrackedTicker[]>;
}

/** Everything a handler may use. */
export interface Services {
  /** Domain time is the installation's (design, "Time"). */
  readonly clock: Clock;
  readonly log: Log;
  /** The version of this server, as `/health` says it. */
  readonly version: string;
  readonly database: Database;
  readonly watch: Pick<DatabaseWatch, "run">;
  readonly keys: Pick<KeyCache, "check" | "recheck">;
  readonly lastUsed: Pick<LastUsed, "used">;
  readonly limits: Limits;
  readonly chains: Chains;
  /** Reads the bodies of ingest calls. */
  readonly reader: IngestReader;
  /** The contract sets that the database has, as far as this server knows. */
  readonly storedSets: StoredSets;
  /** Tells this and the other servers of a commit; never waits. */
  readonly committed: (ticker: Ticker, batch: StoredBatch) => void;
  /** Takes an upgraded connection of `/api/live`. */
  readonly openLive: (socket: WebSocket) => void;
  /** Historical bars. */
  readonly bars: Pick<BarsDesk, "find">;
  /** Asks agents, and knows how they are. */
  readonly agents: Pick<AgentDesk, "agents" | "ask">;
  /** The sessions of agents. */
  readonly sessions: Pick<AgentSessions, "isFull" | "open">;
  /** How long a ticker belongs to the agent that wrote it last. */
  readonly conflictWindowMs: number;
}

/** What Hono carries with each request. */
export interface AppEnv {
  readonly Bindings: {
    /** The address of the peer, as the socket has it. */
    readonly peer: string;
  };
  readonly Variables: {
    readonly requestId: string;
    /** What is told of a key's limit, on whatever is answered. */
    readonly rateHeaders?: Readonly<Record<string, string>>;
  };
}

/** A request, as handlers get it. */
export type RequestContext = Context<AppEnv>;

/**
 * Answers one request. A handler that cannot reach the database lets the error rise: the app
 * answers 503, as a page or as problem details.
 */
export type Handler = (c: RequestContext, services: Services) => Response | Promise<Response>;

/** Answers a request that came with an agent's key. */
export type AgentHandler = (
  c: RequestContext,
  services: Services,
  key: ValidKey,
) => Response | Promise<Response>;

/** What went wrong, for the page that says so. */
export interface Failure {
  readonly status: 403 | 404 | 405 | 500 | 503;
  /** In a few words: the heading. */
  readonly title: string;
  /** What is so and what to do, in whole sentences. */
  readonly detail: string;
}

/** Draws the page of a failure; it must not need the database. */
export type ErrorPage = (
  c: RequestContext,
  services: Services,
  failure: Failure,
) => Response | Promise<Response>;
