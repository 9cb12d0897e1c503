/**
 * The sessions of agents on this server. A heartbeat keeps the windows of the tickers that are the
 * agent's own (`docs/specs/conflict.md`); a key that is revoked ends its sessions within seconds.
 */
import type { Clock, Timer } from "../../base/clock.ts";
import { keyCovers, type ValidKey } from "../../db/keys.ts";
import { renewWindows } from "../../db/windows.ts";
import type { AgentMessage } from "../../options/wire/session.ts";
import type { Log } from "../../telemetry/log.ts";
import type { KeyCache } from "../auth/key_cache.ts";
import { type Database, QUICK_DEADLINE_MS } from "../database.ts";
import type { DatabaseWatch } from "../database_watch.ts";
import { CLOSE, Session, type SessionSocket } from "./session.ts";

/** How often a server wants to hear of an agent, where the window is long enough for three of it. */
export const HEARTBEAT_EVERY_MS = 20_000;

/** An agent says who it is within this time. */
export const HELLO_DEADLINE_MS = 10_000;

/** How often the keys of open sessions are looked up. */
export const KEYS_EVERY_MS = 2_000;

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
        return this.#greet(said, session, key);
      case "heartbeat":
        return await this.#renew(said, session, key);
    }
  }

  #greet(said: Extract<AgentMessage, { type: "hello" }>, session: Session, key: ValidKey): void {
    const { log, conflictWindowMs } = this.#parts;
    const { agentId, version } = said;
    if (session.agentId !== undefined) return session.end(CLOSE.notAllowed, "Say hello once.");
    if (!keyCovers(key.agent, agentId)) return this.#refuse(session, key, "foreign", agentId);
    session.agentId = agentId;
    log.info("session.opened", `The session of ${agentId} began`, { agentId, version });
    const heartbeatEveryMs = Math.min(HEARTBEAT_EVERY_MS, Math.floor(conflictWindowMs / 3));
    session.say({ type: "welcome", heartbeatEveryMs });
  }

  async #renew(
    said: Extract<AgentMessage, { type: "heartbeat" }>,
    session: Session,
    key: ValidKey,
  ): Promise<void> {
    const { database, watch, log, conflictWindowMs } = this.#parts;
    const { agentId } = session;
    if (agentId === undefined) return session.end(CLOSE.notAllowed, "Say hello first.");
    const tickers = said.tickers.filter((ticker) => key.tickers?.includes(ticker) ?? true);
    const renewal = { agentId, tickers, feedAlive: said.feedAlive, windowMs: conflictWindowMs };
    try {
      const renew = () => renewWindows(database.quick, renewal);
      const own = await watch.run(renew, QUICK_DEADLINE_MS);
      session.say({ type: "windows", own });
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
