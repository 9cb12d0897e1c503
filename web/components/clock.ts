/**
 * The time that a page goes by: domain time as the server says it, never the browser's own clock.
 * It stands still on the server and moves once a second in the browser (`client/ticking.ts`), by
 * one timer for all ages.
 */
import { createContext } from "preact";
import { useContext, useEffect, useReducer, useRef, useState } from "preact/hooks";

/** Time that moves in ticks; between two ticks all of a page has one time. */
export interface PageClock {
  /** Domain time at the last tick, in milliseconds since the Unix epoch. */
  nowMs(): number;
  /** Calls `listener` at each tick until the returned function is called. */
  onTick(listener: () => void): () => void;
}

/** A clock that stands still: a page as it was rendered. */
export function stillClock(nowMs: number): PageClock {
  return { nowMs: () => nowMs, onTick: () => () => {} };
}

/** The clock of the island around. */
export const PageClockContext = createContext<PageClock>(stillClock(0));

/** The zone that instants are told in: New York's as the server draws a page, then the reader's. */
export const ZoneContext = createContext<string>("America/New_York");

/** The reader's zone, once the browser has taken the page over. */
export function useZone(): string {
  const [zone, setZone] = useState("America/New_York");
  useEffect(() => setZone(Intl.DateTimeFormat().resolvedOptions().timeZone), []);
  return zone;
}

/** The text that an instant has now; draws the component anew when it has another. */
export function useTextOfNow(textAt: (nowMs: number) => string): string {
  const clock = useContext(PageClockContext);
  const text = textAt(clock.nowMs());
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const newest = useRef({ text, textAt });
  newest.current = { text, textAt };
  useEffect(
    () =>
      clock.onTick(() => {
        if (newest.current.textAt(clock.nowMs()) !== newest.current.text) redraw(undefined);
      }),
    [clock],
  );
  return text;
}
