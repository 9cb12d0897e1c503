/**
 * The sessions of agents on this server. A heartbeat keeps the windows of the tickers that are the
 * agent's own (`docs/specs/conflict.md`); a key that is revoked ends its sessions within seconds.
 */
import type { Clock, Timer } from "../../base/clock.ts";
import { keyCovers, type ValidKey } from "../../db/keys.ts";
import {
  endRequest,
  noteFirst,
  noteProgress,
  resendRequests,
  tellServers,
} from "../../db/agent_requests.ts";
import { beatSession, loseSession, noteStatus, openSession } from "../../db/agent_sessions.ts";
import type { Sql } from "../../db/connect.ts";
import { renewWindows } from "../../db/windows.ts";
import type { AgentMessage } from "../../options/wire/session.ts";
import type { Log } from "../../telemetry/log.ts";
import type { KeyCache } from "../auth/key_cache.ts";
import { type Database, QUICK_DEADLINE_MS } from "../database.ts";
import type { DatabaseWatch } from "../database_watch.ts";
import type { AgentDesk, AgentLine } from "./desk.ts";
import { CLOSE, Session, type SessionSocket } from "./session.ts";

/** How often a server wants to hear of an agent, where the window is long enough for three of it. */
export const HEARTBEAT_EVERY_MS = 20_000;

/** An agent says who it is within this time. */
export const HELLO_DEADLINE_MS = 10_000;

/** How often the keys of open sessions are looked up. */
export const KEYS_EVERY_MS = 2_000;

/** An agent whose line broke has so long to come back before others get what is its own. */
const COME_BACK_MS = 5_000;

/** Sessions a server has at once. */
const MAX_SESSIONS = 2_000;

/** What the sessions work with. */
export interface AgentSessionsParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly database: Database;
  readonly watch: Pick<DatabaseWatch, "run">;
  readonly keys: Pick<KeyCache, "recheck">;
  readonly conflictWindowMs: number;
  readonly desk: Pick<AgentDesk, "joined" | "left" | "look">;
}

/** A session that said hello. */
interface NotedSession extends AgentLine {
  readonly sessionId: string;
}

/** An agent's line. */
export interface SessionLine {
  /** Takes what the agent said. */
  hear(data: unknown): void;
  /** Forgets the session. */
  leave(code: number, reason: string): void;
}

/** The sessions of one server. */
export class AgentSessions {
  readonly #parts: AgentSessionsParts;
  readonly #keys = new Map<Session, ValidKey>();
  readonly #keyCheck: Timer;
  /** What the database knows of sessions, by session. */
  readonly #noted = new Map<Session, NotedSession>();
  /** Those that said hello and are not in the database yet. */
  readonly #unnoted = new Map<Session, {
    readonly said: Extract<AgentMessage, { type: "hello" }>;
    readonly key: ValidKey;
  }>();
  /** Of this server process. */
  readonly #serverId = crypto.randomUUID();

  constructor(parts: AgentSessionsParts) {
    this.#parts = parts;
    this.#keyCheck = parts.clock.every(KEYS_EVERY_MS, () => this.#checkKeys());
  }

  /** Whether there is no room for another. */
  get isFull(): boolean {
    return this.#keys.size >= MAX_SESSIONS;
  }

  /** Takes a connection that was upgraded, and whose key was good. */
  open(socket: WebSocket, key: ValidKey): void {
    socket.onopen = () => {
      const line = this.join(socket, key);
      socket.onmessage = (event) => line.hear(event.data);
      socket.onclose = (event) => line.leave(event.code, event.reason);
      // A line that breaks is closed right after.
      socket.onerror = () => {};
    };
  }

  /** Takes a line that is open. */
  join(socket: SessionSocket, key: ValidKey): SessionLine {
    const { clock, log } = this.#parts;
    const session: Session = new Session(socket, (said) => this.#answer(said, session, key));
    this.#keys.set(session, key);
    const deadline = clock.after(HELLO_DEADLINE_MS, () => {
      if (session.agentId === undefined) session.end(CLOSE.notAllowed, "No hello came.");
    });
    return {
      hear: (data) => session.hear(data),
      leave: (code, reason) => {
        deadline.cancel();
        this.#keys.delete(session);
        this.#leave(session);
        const { agentId } = session;
        if (agentId === undefined) return;
        log.info("session.closed", `The session of ${agentId} ended`, { agentId, code, reason });
      },
    };
  }

  /** Ends every session. */
  close(): void {
    this.#keyCheck.cancel();
    for (const session of this.#keys.keys()) session.end(CLOSE.goingAway, "The server ends.");
  }

  async #answer(said: AgentMessage, session: Session, key: ValidKey): Promise<void> {
    switch (said.type) {
      case "hello":
        return await this.#greet(said, session, key);
      case "heartbeat":
        return await this.#renew(said, session, key);
      case "status":
        return await this.#note(
          session,
          (sql, { sessionId }) => noteStatus(sql, sessionId, said.status),
        );
      case "progress":
        return await this.#note(session, (sql) => noteProgress(sql, said.requestId, said));
      case "first":
        return await this.#note(session, (sql) => noteFirst(sql, said.requestId));
      case "result":
        return await this.#note(session, (sql) => endRequest(sql, said.requestId, said.outcome));
    }
  }

  /** Writes down what an agent said; what cannot be is said again by the next message, or asked for. */
  async #note(
    session: Session,
    write: (sql: Sql, noted: NotedSession) => Promise<void>,
  ): Promise<void> {
    const { database, watch, log } = this.#parts;
    const noted = this.#noted.get(session);
    if (!noted) return;
    try {
      await watch.run(() => write(database.quick, noted), QUICK_DEADLINE_MS);
    } catch (error) {
      log.warn("session.failed", `What ${session.agentId} said was not noted: ${error}`);
    }
  }

  #leave(session: Session): void {
    this.#unnoted.delete(session);
    const noted = this.#noted.get(session);
    if (!noted) return;
    const { desk, database, watch, log } = this.#parts;
    this.#noted.delete(session);
    desk.left(noted);
    watch.run(async () => {
      await loseSession(database.quick, noted.sessionId, COME_BACK_MS);
      await tellServers(database.quick, "sessions");
    }, QUICK_DEADLINE_MS).catch((error: unknown) => {
      log.warn("session.failed", `The end of a session was not noted: ${error}`);
    });
  }

  async #greet(
    said: Extract<AgentMessage, { type: "hello" }>,
    session: Session,
    key: ValidKey,
  ): Promise<void> {
    const { log } = this.#parts;
    const { agentId, version } = said;
    if (session.agentId !== undefined) return session.end(CLOSE.notAllowed, "Say hello once.");
    if (!keyCovers(key.agent, agentId)) return this.#refuse(session, key, "foreign", agentId);
    session.agentId = agentId;
    log.info("session.opened", `The session of ${agentId} began`, { agentId, version });
    this.#unnoted.set(session, { said, key });
    // Noted before it is welcome: what is asked of agents from then on finds it.
    const noted = await this.#enter(session);
    session.say({ type: "welcome", heartbeatEveryMs: this.#heartbeatEveryMs });
    if (noted) this.#parts.desk.joined(noted);
  }

  /** Has the database know the session. While it is away the next heartbeat tries again. */
  async #enter(session: Session): Promise<NotedSession | undefined> {
    const { log, database, watch } = this.#parts;
    const unnoted = this.#unnoted.get(session);
    if (!unnoted) return undefined;
    const { said, key } = unnoted;
    const sessionId = crypto.randomUUID();
    const noted: NotedSession = {
      holder: said.runId ?? sessionId,
      sessionId,
      auto: said.auto ?? false,
      say: (message) => session.say(message),
    };
    try {
      await watch.run(async () => {
        await openSession(database.quick, {
          ...noted,
          serverId: this.#serverId,
          agent: said.agentId,
          version: said.version ?? null,
          takes: said.requests.filter((kind) => /^[a-z_]{1,32}$/.test(kind)),
          tickers: key.tickers,
          isRun: said.runId !== undefined,
          lastsMs: this.#lastsMs,
        });
        await resendRequests(database.quick, noted.holder);
        await tellServers(database.quick, "sessions");
      }, QUICK_DEADLINE_MS);
    } catch (error) {
      log.warn("session.failed", `The session of ${said.agentId} was not noted: ${error}`);
      return undefined;
    }
    // It may have left meanwhile.
    if (!this.#unnoted.delete(session)) return undefined;
    this.#noted.set(session, noted);
    return noted;
  }

  get #heartbeatEveryMs(): number {
    return Math.min(HEARTBEAT_EVERY_MS, Math.floor(this.#parts.conflictWindowMs / 3));
  }

  /** A session whose heartbeats stop is over after two of them. */
  get #lastsMs(): number {
    return 2 * this.#heartbeatEveryMs + COME_BACK_MS;
  }

  async #renew(
    said: Extract<AgentMessage, { type: "heartbeat" }>,
    session: Session,
    key: ValidKey,
  ): Promise<void> {
    const { database, watch, log, conflictWindowMs } = this.#parts;
    const { agentId } = session;
    if (agentId === undefined) return session.end(CLOSE.notAllowed, "Say hello first.");
    const late = await this.#enter(session);
    if (late) this.#parts.desk.joined(late);
    const tickers = said.tickers.filter((ticker) => key.tickers?.includes(ticker) ?? true);
    const renewal = { agentId, tickers, feedAlive: said.feedAlive, windowMs: conflictWindowMs };
    try {
      const renew = () => renewWindows(database.quick, renewal);
      const own = await watch.run(renew, QUICK_DEADLINE_MS);
      session.say({ type: "windows", own });
      await this.#note(session, (sql, { sessionId }) =>
        beatSession(sql, {
          sessionId,
          feedAlive: said.feedAlive,
          reads: tickers,
          lastsMs: this.#lastsMs,
        }));
    } catch (error) {
      log.warn("session.failed", `The windows of ${agentId} were not renewed: ${error}`);
      session.say({ type: "problem", error: "The server cannot renew windows just now." });
    }
  }

  #checkKeys(): void {
    const { keys, log } = this.#parts;
    const byId = Map.groupBy(this.#keys, ([, key]) => key.id);
    for (const sessions of byId.values()) {
      const key = sessions[0]?.[1];
      if (!key) continue;
      keys.recheck(key.hash).then(({ kind }) => {
        if (kind === "valid") return;
        for (const [session] of sessions) this.#refuse(session, key, "revoked", session.agentId);
      }).catch((error: unknown) => {
        log.warn("session.failed", `The keys of sessions were not looked up: ${error}`);
      });
    }
  }

  #refuse(
    session: Session,
    key: ValidKey,
    reason: "foreign" | "revoked",
    agentId: string | undefined,
  ): void {
    const fields = { reason, keyAgent: key.agent, agentId };
    this.#parts.log.warn("auth.key_refused", "Invalid API key", fields);
    session.end(CLOSE.notAllowed, REFUSALS[reason]);
  }
}

const REFUSALS = {
  foreign: "The key belongs to another agent.",
  revoked: "The key was revoked or has expired.",
} as const;
