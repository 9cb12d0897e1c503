/** The address of what a chain page shows: an expiry, all strikes, a moment of the past. */
import type { Ticker } from "../../../options/contract.ts";
import type { Shown, Strikes } from "./view.ts";

/** What an address can name besides the ticker. */
export interface ChainPlace {
  readonly shown?: Shown | undefined;
  readonly strikes?: Strikes | undefined;
  /** The moment; null is now. */
  readonly atMs?: number | null | undefined;
}

/**
 * The address of a chain page.
 *
 * @example
 * ```ts
 * import { chainAddress } from "./address.ts";
 * import { parseTicker } from "../../../options/contract.ts";
 * const ticker = parseTicker("EA");
 * console.assert(ticker && chainAddress(ticker, { shown: "all", atMs: 0 }) ===
 *   "/chains/EA?expiry=all&at=1970-01-01T00%3A00%3A00.000Z");
 * ```
 */
export function chainAddress(ticker: Ticker, { shown, strikes, atMs }: ChainPlace): string {
  const query = new URLSearchParams();
  if (shown !== undefined) query.set("expiry", shown);
  if (strikes === "all") query.set("strikes", "all");
  if (atMs !== null && atMs !== undefined) query.set("at", new Date(atMs).toISOString());
  const text = query.toString();
  return `/chains/${encodeURIComponent(ticker)}${text === "" ? "" : `?${text}`}`;
}

/** The address of a chain's volatility, now (null) or at a moment. */
export function volatilityAddress(ticker: Ticker, atMs: number | null): string {
  const at = atMs === null ? "" : `?at=${encodeURIComponent(new Date(atMs).toISOString())}`;
  return `/chains/${encodeURIComponent(ticker)}/volatility${at}`;
}
