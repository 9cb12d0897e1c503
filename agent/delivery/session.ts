/**
 * The agent's session with the server: one WebSocket, opened again whenever it is lost, on which
 * heartbeats keep the windows of the tickers that the agent reads (`docs/specs/conflict.md`).
 */
import type { Clock, Timer } from "../../base/clock.ts";
import type { Ticker } from "../../options/contract.ts";
import type { AgentStatus } from "../../options/wire/agent_status.ts";
import {
  type AgentMessageText,
  type AgentRequest,
  MAX_HEARTBEAT_TICKERS,
  type SessionServerMessage,
  sessionServerMessage,
} from "../../options/wire/session.ts";
import type { Log } from "../../telemetry/log.ts";
import { backoffMs } from "../backoff.ts";
import type { Server } from "./post.ts";

const RECONNECT = { firstMs: 1_000, mostMs: 60_000 } as const;

/** Changes of the status that come close together are told at once. */
const STATUS_AFTER_MS = 1_000;

/** A server that answers nothing for so long, or does not let itself be reached, is away. */
export const ANSWER_DEADLINE_MS = 10_000;

/** What a heartbeat says. */
export interface Feed {
  /** Tickers that are read, and whose last read brought prices. */
  readonly tickers: readonly Ticker[];
  /** Whether prices can reach the agent now. */
  readonly alive: boolean;
}

/** What a session needs. */
export interface SessionOptions {
  readonly server: Server;
  readonly agentId: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Asked before each heartbeat. */
  readonly feed: () => Feed;
  /** Asked with each heartbeat, and after each change that is told of. */
  readonly status: () => AgentStatus;
  /** What is said of the program, besides its name. */
  readonly hello: Omit<Extract<AgentMessageText, { type: "hello" }>, "type" | "agentId">;
  readonly onRequest: (requestId: string, request: AgentRequest) => void;
  readonly onCancel: (requestId: string) => void;
  /** The tickers that are leased to this agent now; `null` while there is no session. */
  readonly onLeases: (tickers: readonly LeasedTicker[] | null) => void;
}

/** A ticker that the server wants this agent to read. */
export interface LeasedTicker {
  readonly ticker: Ticker;
  readonly deal: boolean;
}

/** A session that is there again after every loss. */
export interface AgentSession {
  /** Says something where there is a session; else it is lost. */
  say(message: AgentMessageText): void;
  /** Something of the status changed: it is told within a second. */
  changed(): void;
  /** Ends it for good. */
  end(): void;
}

// Deno's WebSocket takes headers; the browser's type of it, which the pages need, does not say so.
const SocketWithHeaders = WebSocket as unknown as new (
  url: URL,
  options: { readonly headers: Readonly<Record<string, string>> },
) => WebSocket;

/** Opens a session and keeps it until `end()`. Never throws: prices are sent without it too. */
export function keepSession(options: SessionOptions): AgentSession {
  const { clock, log, server, agentId } = options;
  let failures = 0;
  /** Says something on the session that is open. */
  let speak: ((message: AgentMessageText) => void) | undefined;
  let telling: Timer | undefined;
  let leave = connect();
  const tellStatus = (): void => speak?.({ type: "status", status: options.status() });
  return {
    say: (message) => speak?.(message),
    changed() {
      if (!speak) return;
      telling ??= clock.after(STATUS_AFTER_MS, () => {
        telling = undefined;
        tellStatus();
      });
    },
    end: () => leave(),
  };

  /** Returns what ends this attempt, or the wait for the next. */
  function connect(): () => void {
    const url = new URL("/api/price-agent/session", server.url);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new SocketWithHeaders(url, {
      headers: { authorization: `Bearer ${server.key}` },
    });
    let heartbeat: Timer | undefined;
    let deadline = expectAnswer();
    socket.onopen = () => ask({ type: "hello", agentId, ...options.hello });
    socket.onmessage = ({ data }) => {
      deadline.cancel();
      hear(read(data));
    };
    socket.onclose = ({ code, reason }) => lost(reason || `closed with ${code}`);

    function expectAnswer(): Timer {
      return clock.after(ANSWER_DEADLINE_MS, () => lost("the server does not answer"));
    }

    function say(message: AgentMessageText): void {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    }

    /** Says what is answered. */
    function ask(message: AgentMessageText): void {
      say(message);
      deadline.cancel();
      deadline = expectAnswer();
    }

    function hear(said: SessionServerMessage | undefined): void {
      if (said?.type === "problem") log.warn("session.problem", said.error);
      if (said?.type === "request") options.onRequest(said.requestId, said.request);
      if (said?.type === "cancel") options.onCancel(said.requestId);
      if (said?.type === "leases") options.onLeases(said.tickers);
      if (said?.type !== "welcome" || heartbeat) return;
      failures = 0;
      log.info("session.opened", `The session with ${server.url.origin} began`);
      speak = say;
      heartbeat = clock.every(said.heartbeatEveryMs, beat);
      beat();
    }

    function beat(): void {
      const { tickers, alive } = options.feed();
      const named = tickers.slice(0, MAX_HEARTBEAT_TICKERS);
      tellStatus();
      ask({ type: "heartbeat", tickers: named, feedAlive: alive });
    }

    function lost(reason: string): void {
      drop();
      options.onLeases(null);
      const waitMs = backoffMs(++failures, RECONNECT);
      log.warn("session.lost", `No session with ${server.url.origin}: ${reason}`, {
        waitMs: Math.round(waitMs),
      });
      const timer = clock.after(waitMs, () => leave = connect());
      leave = () => timer.cancel();
    }

    function drop(): void {
      heartbeat?.cancel();
      deadline.cancel();
      telling?.cancel();
      telling = undefined;
      speak = undefined;
      // A goodbye on a dead line can take minutes, and nobody waits for it.
      socket.onopen =
        socket.onmessage =
        socket.onclose =
        socket.onerror =
          null;
      socket.close();
    }
    return drop;
  }
}

/** `undefined` for what only a newer server says. */
function read(data: unknown): SessionServerMessage | undefined {
  if (typeof data !== "string") return undefined;
  try {
    return sessionServerMessage.safeParse(JSON.parse(data)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
