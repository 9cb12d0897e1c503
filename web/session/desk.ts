/**
 * Between the servers and the agents: asks an agent from whatever server, over the line that another
 * one may have; deals out leases; knows how every agent is. A table says what is so, NOTIFY that
 * something changed; and as a NOTIFY can be lost, one looks every second besides.
 */
import type { Clock, Timer } from "../../base/clock.ts";
import {
  AGENT_CHANNEL,
  askAgent,
  type NewRequest,
  type RequestState,
  requestStates,
  sweepRequests,
  takeRequests,
  tellServers,
} from "../../db/agent_requests.ts";
import { type SeenAgent, seenAgents } from "../../db/agent_sessions.ts";
import type { Sql } from "../../db/connect.ts";
import { leasesOf, renewLeases } from "../../db/leases.ts";
import { type AgentState, sentenceOfState } from "../../options/agent_state.ts";
import { parseTicker } from "../../options/contract.ts";
import {
  requestMessage,
  type RequestResult,
  type SessionServerMessage,
} from "../../options/wire/session.ts";
import type { Log } from "../../telemetry/log.ts";
import { type Database, inTime, saysDatabaseAway } from "../database.ts";

/** How often the table is looked at, whatever was heard. */
const LOOK_EVERY_MS = 1_000;
/** How often leases are dealt anew, whatever changed. */
const DEAL_EVERY_MS = 5_000;
/** A request outlives those who wait for it by so much. */
const GRACE_MS = 3_000;
/** What the table says of agents is taken for true so long. */
const SEEN_FOR_MS = 1_000;

/** An agent's line with this server. */
export interface AgentLine {
  readonly holder: string;
  readonly auto: boolean;
  say(message: SessionServerMessage): void;
}

/** How a question to an agent ended. */
export type AskOutcome =
  /** The first contracts are stored. */
  | { readonly kind: "first" }
  | { readonly kind: "done"; readonly result: Extract<RequestResult, { kind: "done" }> }
  | { readonly kind: "failed"; readonly result: Extract<RequestResult, { kind: "failed" }> }
  | { readonly kind: "no_agent" }
  /** Nothing came in time; how the agent that was asked is. */
  | { readonly kind: "timeout"; readonly state: AgentState | null; readonly sentence: string };

/** What is asked, and how long one waits. */
export interface Asking extends NewRequest {
  /** Whether the first contracts are enough. */
  readonly until: "first" | "ended";
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

interface Waiter {
  readonly hear: (state: RequestState) => void;
}

/** What a desk works with. */
export interface AgentDeskParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly database: Database;
  /** The database without a pooler between. */
  readonly direct: Sql;
  readonly conflictWindowMs: number;
}

/** The desk of one server. */
export class AgentDesk {
  readonly #parts: AgentDeskParts;
  readonly #lines = new Map<string, AgentLine>();
  readonly #waiting = new Map<string, Set<Waiter>>();
  /** The leases that each line was told, as text. */
  readonly #told = new Map<string, string>();
  #timer: Timer | undefined;
  #unlisten: (() => Promise<void>) | undefined;
  #busy: Promise<void> = Promise.resolve();
  #isBusy = false;
  #again = false;
  #dealtMs = Number.NEGATIVE_INFINITY;
  #isDealDue = true;
  #seen: { readonly atMs: number; readonly agents: readonly SeenAgent[] } | undefined;
  #isAway = false;

  constructor(parts: AgentDeskParts) {
    this.#parts = parts;
  }

  /** Begins to listen; rejects where the database is away. */
  async start(): Promise<void> {
    const { direct, clock } = this.#parts;
    const { unlisten } = await direct.listen(AGENT_CHANNEL, (message) => {
      if (message === "sessions") this.#isDealDue = true;
      this.look();
    });
    this.#unlisten = unlisten;
    this.#timer = clock.every(LOOK_EVERY_MS, () => this.look());
  }

  /** Stops, after what is under way. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#busy;
    await this.#unlisten?.();
  }

  /** A line is there: it gets what waits for its agent, and its leases. */
  joined(line: AgentLine): void {
    this.#lines.set(line.holder, line);
    this.#told.delete(line.holder);
    this.#isDealDue = true;
    this.look();
  }

  /** A line is gone, unless another took its place. */
  left(line: AgentLine): void {
    if (this.#lines.get(line.holder) === line) this.#lines.delete(line.holder);
    this.#isDealDue = true;
  }

  /** How all agents of the last day are. Rejects where the database is away. */
  async agents(): Promise<readonly SeenAgent[]> {
    const { clock, database } = this.#parts;
    const nowMs = clock.monotonicMs();
    if (this.#seen && nowMs - this.#seen.atMs < SEEN_FOR_MS) return this.#seen.agents;
    const agents = await inTime(clock, seenAgents(database.quick));
    this.#seen = { atMs: nowMs, agents };
    return agents;
  }

  /** Asks an agent, or joins who asks for the same. Rejects where the database is away. */
  async ask(asking: Asking): Promise<AskOutcome> {
    const { clock, database } = this.#parts;
    // Who waits here hears first that time is over, and says how the agent is.
    const deadlineMs = asking.deadlineMs + GRACE_MS;
    const id = await inTime(clock, askAgent(database.quick, { ...asking, deadlineMs }));
    if (id === undefined) return { kind: "no_agent" };
    const { promise, resolve } = Promise.withResolvers<AskOutcome | "late">();
    let holder: string | null = null;
    const waiter: Waiter = {
      hear(state) {
        holder = state.holder;
        if (state.total > 0) asking.onProgress?.(state);
        if (state.outcome?.kind === "done") resolve({ kind: "done", result: state.outcome });
        else if (state.outcome) resolve({ kind: "failed", result: state.outcome });
        else if (state.state === "first" && asking.until === "first") resolve({ kind: "first" });
      },
    };
    const waiters = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiters.add(waiter));
    const timer = clock.after(asking.deadlineMs, () => resolve("late"));
    this.look();
    const found = await promise;
    timer.cancel();
    waiters.delete(waiter);
    if (waiters.size === 0) this.#waiting.delete(id);
    return found === "late" ? await this.#timeout(holder) : found;
  }

  /** Looks at the table now, or right after the look that is under way. */
  look(): void {
    this.#again = true;
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#busy = this.#lookOn().finally(() => this.#isBusy = false);
  }

  async #lookOn(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      try {
        await inTime(this.#parts.clock, this.#lookOnce(), 5_000);
        if (this.#isAway) {
          this.#parts.log.info("agents.database_back", "The database answers again");
        }
        this.#isAway = false;
      } catch (error) {
        this.#complain(error);
      }
    }
  }

  async #lookOnce(): Promise<void> {
    const { clock, database, conflictWindowMs } = this.#parts;
    const sql = database.quick;
    const nowMs = clock.monotonicMs();
    if (this.#waiting.size > 0 || this.#lines.size > 0) await sweepRequests(sql);
    if (this.#lines.size > 0) await this.#send(sql);
    if (this.#waiting.size > 0) await this.#tellWaiters(sql);
    if (this.#isDealDue || nowMs - this.#dealtMs >= DEAL_EVERY_MS) {
      this.#isDealDue = false;
      this.#dealtMs = nowMs;
      if (await renewLeases(sql, conflictWindowMs)) await tellServers(sql, "leases");
    }
    if (this.#lines.size > 0) await this.#tellLeases(sql);
  }

  async #send(sql: Sql): Promise<void> {
    for (const { id, holder, request } of await takeRequests(sql, [...this.#lines.keys()])) {
      const read = requestMessage.safeParse({ type: "request", requestId: id, request });
      if (read.success) this.#lines.get(holder)?.say(read.data);
      else this.#parts.log.error("agents.bad_request", `A request cannot be read: ${id}`);
    }
  }

  async #tellWaiters(sql: Sql): Promise<void> {
    const states = await requestStates(sql, [...this.#waiting.keys()]);
    for (const [id, state] of states) {
      for (const waiter of [...this.#waiting.get(id) ?? []]) waiter.hear(state);
    }
  }

  async #tellLeases(sql: Sql): Promise<void> {
    const lines = [...this.#lines.values()].filter(({ auto }) => auto);
    if (lines.length === 0) return;
    const leases = Map.groupBy(
      await leasesOf(sql, lines.map(({ holder }) => holder)),
      ({ holder }) => holder,
    );
    for (const line of lines) {
      const tickers = (leases.get(line.holder) ?? []).flatMap(({ symbol, deal }) => {
        const ticker = parseTicker(symbol);
        return ticker ? [{ ticker, deal }] : [];
      });
      const text = JSON.stringify(tickers);
      if (this.#told.get(line.holder) === text) continue;
      this.#told.set(line.holder, text);
      line.say({ type: "leases", tickers });
    }
  }

  async #timeout(holder: string | null): Promise<AskOutcome> {
    const agents = await this.agents().catch(() => []);
    const asked = agents.find((agent) => agent.holder === holder && agent.isThere) ??
      agents.find(({ isThere }) => isThere);
    const state = asked?.status?.gateway.state ?? null;
    const sentence = state === null || state === "ok"
      ? "The agent was asked and did not answer in time."
      : sentenceOfState(state);
    return { kind: "timeout", state, sentence };
  }

  /** One line when the database goes away, not one a second. */
  #complain(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (!saysDatabaseAway(error)) this.#parts.log.error("agents.failed", message);
    else if (!this.#isAway) {
      this.#isAway = true;
      this.#parts.log.warn("agents.database_away", `The database is away: ${message}`);
    }
  }
}
