/**
 * The one WebSocket of a page to `/api/live`: subscribes when it opens, comes back by itself when
 * it is lost, and says which of the two it is.
 */
import type { Clock, Timer } from "../../base/clock.ts";
import type { ClientMessageText, ServerMessage } from "../../options/wire/live.ts";

/** What a feed needs of a WebSocket. */
export type FeedSocket = Pick<
  WebSocket,
  "send" | "close" | "onopen" | "onmessage" | "onclose"
>;

/** Whether the server is there. */
export type Line = "open" | "away";

/** What a page asks for, and what it does with what comes. */
export interface FeedOptions {
  readonly clock: Clock;
  readonly open: () => FeedSocket;
  /** Asked at each connection, so that they can name the positions the page is at. */
  readonly subscriptions: () => readonly ClientMessageText[];
  readonly onMessage: (message: ServerMessage) => void;
  /** Called as soon as the connection is lost, and when the server speaks again. */
  readonly onLine: (line: Line) => void;
  /** Called when the session is over: the server lets this page in no more. */
  readonly onSignedOut?: () => void;
  /** From 0 to 1: spreads the pages that a server's restart cuts off. */
  readonly random?: () => number;
}

/** An open feed. */
export interface Feed {
  /** Says something now, where the line is open: a subscription that is new, or anew after a gap. */
  say(message: ClientMessageText): void;
  /** Tries to connect now instead of when the backoff is over. */
  retryNow(): void;
  close(): void;
}

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 8_000;

/** The server sends a heartbeat every few seconds; a line silent for this long is dead. */
const SILENCE_MS = 20_000;

/** When to ask again what the server could not do. */
const PROBLEM_RETRY_MS = 5_000;

/** The code with which the server closes the line of a session that is over (`web/auth/door.ts`). */
const SIGNED_OUT = 4401;

/** Opens a feed; it lives until it is closed. */
export function openFeed(options: FeedOptions): Feed {
  const { clock, random = Math.random } = options;
  let socket: FeedSocket | undefined;
  let retry: Timer | undefined;
  let silence: Timer | undefined;
  let again: Timer | undefined;
  let failures = 0;
  let closed = false;
  let isOpen = false;

  const say = (message: ClientMessageText): void => socket?.send(JSON.stringify(message));
  const subscribe = (): void => {
    isOpen = true;
    for (const message of options.subscriptions()) say(message);
  };

  const drop = (): void => {
    isOpen = false;
    silence?.cancel();
    again?.cancel();
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    socket = undefined;
  };

  const lost = (): void => {
    drop();
    if (closed) return;
    options.onLine("away");
    const delayMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures) * (0.5 + random() / 2);
    failures += 1;
    retry = clock.after(delayMs, connect);
  };

  const listen = (): void => {
    silence?.cancel();
    silence = clock.after(SILENCE_MS, lost);
  };

  const connect = (): void => {
    retry = undefined;
    listen();
    socket = options.open();
    socket.onopen = subscribe;
    socket.onclose = (event) => {
      if (event.code !== SIGNED_OUT) return lost();
      drop();
      options.onLine("away");
      options.onSignedOut?.();
    };
    socket.onmessage = (event) => {
      listen();
      failures = 0;
      options.onLine("open");
      // The server is of the same origin and writes what `options/wire/live.ts` says; checking it
      // here would load zod into every page.
      const message = JSON.parse(event.data) as ServerMessage;
      if (message.type === "problem") again = clock.after(PROBLEM_RETRY_MS, subscribe);
      else options.onMessage(message);
    };
  };

  connect();
  return {
    say(message) {
      if (isOpen) say(message);
    },
    retryNow() {
      if (!retry) return;
      retry.cancel();
      connect();
    },
    close() {
      closed = true;
      retry?.cancel();
      drop();
    },
  };
}
