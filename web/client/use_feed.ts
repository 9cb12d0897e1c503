/** The tab's line as a hook: messages, and what to say while the server is away. */
import { useEffect, useState } from "preact/hooks";
import type { ClientMessageText, ServerMessage } from "../../options/wire/live.ts";
import type { Line } from "./feed.ts";
import { listenOnTab } from "./tab_feed.ts";
import type { TickingClock } from "./ticking.ts";

/** What an island's part of the line is to do; the functions are those of the first drawing. */
export interface FeedUse {
  /** The island's clock, which heartbeats set. */
  readonly clock: TickingClock;
  /** What it asks for; null where it wants heartbeats alone. */
  readonly subscription: () => ClientMessageText | null;
  /** Takes a message; false asks to subscribe anew, since something before it is missing. */
  readonly take: (message: ServerMessage) => boolean;
  /** False on a page of the past, to which nothing comes. */
  readonly isOn?: boolean;
}

const OFFLINE =
  "Connection lost: these are the last known prices. Trying to reach the server again.";

/** Follows the server while the page is open; returns what to say while it cannot, else null. */
export function useFeed({ clock, subscription, take, isOn = true }: FeedUse): string | null {
  const [line, setLine] = useState<Line>("open");
  useEffect(() => {
    if (!isOn) return;
    return listenOnTab({
      subscription,
      onLine: setLine,
      take(message) {
        if (message.type === "heartbeat") clock.set(Date.parse(message.now));
        return take(message);
      },
    });
  }, []);
  return line === "open" ? null : OFFLINE;
}
