/**
 * The agent's session with the server: one WebSocket, opened again whenever it is lost, on which
 * heartbeats keep the windows of the tickers that the agent reads (`docs/specs/conflict.md`).
 */
import type { Clock, Timer } from "../../base/clock.ts";
import type { Ticker } from "../../options/contract.ts";
import {
  type AgentMessageText,
  MAX_HEARTBEAT_TICKERS,
  type SessionServerMessage,
  sessionServerMessage,
} from "../../options/wire/session.ts";
import type { Log } from "../../telemetry/log.ts";
import { backoffMs } from "../backoff.ts";
import type { Server } from "./post.ts";

const RECONNECT = { firstMs: 1_000, mostMs: 60_000 } as const;

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
}

/** A session that is there again after every loss. */
export interface AgentSession {
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
  let leave = connect();
  return { end: () => leave() };

  /** Returns what ends this attempt, or the wait for the next. */
  function connect(): () => void {
    const url = new URL("/api/price-agent/session", server.url);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new SocketWithHeaders(url, {
      headers: { authorization: `Bearer ${server.key}` },
    });
    let heartbeat: Timer | undefined;
    let deadline = expectAnswer();
    socket.onopen = () => say({ type: "hello", agentId });
    socket.onmessage = ({ data }) => {
      deadline.cancel();
      hear(read(data));
    };
    socket.onclose = ({ code, reason }) => lost(reason || `closed with ${code}`);

    function expectAnswer(): Timer {
      return clock.after(ANSWER_DEADLINE_MS, () => lost("the server does not answer"));
    }

    function say(message: AgentMessageText): void {
      socket.send(JSON.stringify(message));
      deadline.cancel();
      deadline = expectAnswer();
    }

    function hear(said: SessionServerMessage | undefined): void {
      if (said?.type === "problem") log.warn("session.problem", said.error);
      if (said?.type !== "welcome" || heartbeat) return;
      failures = 0;
      log.info("session.opened", `The session with ${server.url.origin} began`);
      heartbeat = clock.every(said.heartbeatEveryMs, beat);
      beat();
    }

    function beat(): void {
      const { tickers, alive } = options.feed();
      const named = tickers.slice(0, MAX_HEARTBEAT_TICKERS);
      say({ type: "heartbeat", tickers: named, feedAlive: alive });
    }

    function lost(reason: string): void {
      drop();
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
