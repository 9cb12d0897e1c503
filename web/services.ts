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
import type { AgentCounts } from "../options/wire/live.ts";
import type { IngestReader } from "../options/wire/ingest_reader.ts";
import type { Log } from "../telemetry/log.ts";
import type { BarsDesk } from "./bars/desk.ts";
import type { KeyCache } from "./auth/key_cache.ts";
import type { LastUsed } from "./auth/last_used.ts";
import type { Oidc } from "./auth/oidc.ts";
import type { UserDoor, Visitor } from "./auth/door.ts";
import type { Transport } from "./auth/session_cookie.ts";
import type { SignInRate } from "./auth/sign_in_rate.ts";
import type { Database } from "./database.ts";
import type { DatabaseWatch } from "./database_watch.ts";
import type { Limits } from "./limits/limits.ts";
import type { Closes } from "./live/closes.ts";
import type { Days } from "./live/days.ts";
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
  /** How the agents are, as of the last look a second ago; null before the first. */
  agentCounts(): AgentCounts | null;
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
  /** The last trades by the close before, which changes are told against. */
  readonly closes: Pick<Closes, "before">;
  /** Who may come in; "open" lets in whoever sits at this machine. */
  readonly door: Door;
  /** What is told of each ticker's day. */
  readonly days: Pick<Days, "of">;
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

/** How people sign in. */
export interface SignIn {
  readonly kind: "sign_in";
  readonly users: UserDoor;
  readonly rate: SignInRate;
  /** How browsers reach the server, by `PUBLIC_URL`. */
  readonly transport: Transport;
  /** An OpenID provider at which one can sign in too; null where there is none. */
  readonly oidc: Oidc | null;
}

/** Who may come in. */
export type Door = { readonly kind: "open" } | SignIn;

/** What Hono carries with each request. */
export interface AppEnv {
  readonly Bindings: {
    /** The address of the peer, as the socket has it. */
    readonly peer: string;
  };
  readonly Variables: {
    readonly requestId: string;
    /** Who asks; absent on routes of everyone, and where the door is open. */
    readonly visitor?: Extract<Visitor, { kind: "user" }>;
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
  readonly status: 400 | 401 | 403 | 404 | 405 | 429 | 500 | 503;
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
