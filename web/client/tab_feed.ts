/**
 * The one line of a browser tab to the server, shared by all islands of its page: it is opened by
 * the first that wants it, and each hears what it asked for.
 */
import { systemClock } from "../../base/clock.ts";
import type { ClientMessageText, ServerMessage } from "../../options/wire/live.ts";
import { type Feed, type Line, openFeed } from "./feed.ts";

/** One island's part of the line. */
export interface TabListener {
  /** What it asks for; null where it wants heartbeats alone. */
  readonly subscription: () => ClientMessageText | null;
  /** Takes a message; false asks to subscribe anew, since something before it is missing. */
  readonly take: (message: ServerMessage) => boolean;
  readonly onLine: (line: Line) => void;
}

const listeners = new Set<TabListener>();
let feed: Feed | undefined;

/** Listens until the returned function is called. */
export function listenOnTab(listener: TabListener): () => void {
  listeners.add(listener);
  if (feed) say(listener);
  else feed = open();
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    removeEventListener("online", retryNow);
    feed?.close();
    feed = undefined;
  };
}

function say(listener: TabListener): void {
  const wanted = listener.subscription();
  if (wanted) feed?.say(wanted);
}

function retryNow(): void {
  feed?.retryNow();
}

function open(): Feed {
  addEventListener("online", retryNow);
  return openFeed({
    clock: systemClock(),
    open: () => new WebSocket(new URL("/api/live", location.href).href.replace(/^http/, "ws")),
    subscriptions: () =>
      [...listeners].map((one) => one.subscription()).filter((wanted) => wanted !== null),
    onLine: (line) => {
      for (const listener of listeners) listener.onLine(line);
    },
    // The server leads from here to the sign-in, and back.
    onSignedOut: () => location.reload(),
    onMessage: (message) => {
      for (const listener of listeners) {
        if (!listener.take(message)) say(listener);
      }
    },
  });
}
