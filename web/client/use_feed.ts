/** The feed of a page as a hook: messages, and what to say while the server is away. */
import { useEffect, useState } from "preact/hooks";
import { systemClock } from "../../base/clock.ts";
import type { ClientMessageText, ServerMessage } from "../../options/wire/live.ts";
import { type Line, openFeed } from "./feed.ts";
import type { TickingClock } from "./ticking.ts";

/** What a page's feed is to do; the functions are those of the first drawing. */
export interface FeedUse {
  readonly clock: TickingClock;
  readonly subscription: () => ClientMessageText;
  /** Takes a message; false asks to subscribe anew, since something before it is missing. */
  readonly take: (message: ServerMessage) => boolean;
}

const OFFLINE =
  "Connection lost: these are the last known prices. Trying to reach the server again.";

/** Follows the server while the page is open; returns what to say while it cannot, else null. */
export function useFeed({ clock, subscription, take }: FeedUse): string | null {
  const [line, setLine] = useState<Line>("open");
  useEffect(() => {
    const feed = openFeed({
      clock: systemClock(),
      open: () => new WebSocket(new URL("/api/live", location.href).href.replace(/^http/, "ws")),
      subscription,
      onLine: setLine,
      onMessage(message) {
        if (message.type === "heartbeat") clock.set(Date.parse(message.now));
        else if (!take(message)) feed.resubscribe();
      },
    });
    addEventListener("online", feed.retryNow);
    return () => {
      removeEventListener("online", feed.retryNow);
      feed.close();
    };
  }, []);
  return line === "open" ? null : OFFLINE;
}
