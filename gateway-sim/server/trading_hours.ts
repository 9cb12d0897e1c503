/**
 * Whether an instrument's market is open: what the market says, unless the control API has closed
 * or opened everything, so that frozen data can be seen at any hour.
 */
import type { Market } from "../market/market.ts";

/** Open or closed, and who wants to know of a change. */
export interface TradingHours {
  isOpen(conId: number): boolean;
  /** What the control API has set; `null` when the market decides. */
  readonly forced: boolean | null;
  /** Opens or closes everything; `null` gives the decision back to the market. */
  force(open: boolean | null): void;
  /** Calls the listener after each `force()` until the returned function is called. */
  onForced(listener: () => void): () => void;
}

/** The hours of a market. */
export function tradingHours(market: Market): TradingHours {
  let forced: boolean | null = null;
  const listeners = new Set<() => void>();
  return {
    isOpen: (conId) => forced ?? market.isOpen(conId),
    get forced() {
      return forced;
    },
    force(open) {
      forced = open;
      for (const listener of [...listeners]) listener();
    },
    onForced(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
