/** How the gateway is asked for the underlying that a ticker names. */
import { type Contract, SecType } from "@stoqey/ib";
import type { Ticker } from "../../options/contract.ts";

/** Underlyings of US options that are indices, not shares: IB has them as `IND`. */
const INDICES: ReadonlySet<string> = new Set([
  "SPX",
  "XSP",
  "NDX",
  "XND",
  "RUT",
  "MRUT",
  "VIX",
  "DJX",
  "OEX",
  "XEO",
  "NANOS",
  "MXEA",
  "MXEF",
  "RLG",
  "RLV",
  "RUI",
  "HGX",
  "SOX",
  "XDA",
  "XDB",
  "XDC",
  "XDE",
]);

/**
 * IB's symbol for a ticker: a share class is written after a space.
 *
 * @example
 * ```ts
 * import { parseTicker } from "../../options/contract.ts";
 * import { ibSymbol } from "./underlying.ts";
 * const ticker = parseTicker("BRK-B");
 * console.assert(ticker && ibSymbol(ticker) === "BRK B");
 * ```
 */
export function ibSymbol(ticker: Ticker): string {
  return ticker.replace(/[.\-/]/, " ");
}

/** The contracts to ask for, the likelier kind first: an unknown index may still be one. */
export function underlyingCandidates(ticker: Ticker): readonly Contract[] {
  const symbol = ibSymbol(ticker);
  const share: Contract = { symbol, secType: SecType.STK, exchange: "SMART", currency: "USD" };
  const index: Contract = { symbol, secType: SecType.IND, currency: "USD" };
  return INDICES.has(ticker) ? [index, share] : [share, index];
}
