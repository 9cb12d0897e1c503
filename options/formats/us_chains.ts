/**
 * The JSON files of daggerok/options-desk: one underlying's whole chain, prices from Yahoo and
 * greeks from Cboe. A bid or ask of 0 or null is none.
 */
import { z } from "zod";
import { parseOcc, parseTicker } from "../contract.ts";
import { inForm, isoTime, optionalNumber } from "./json.ts";
import { ChainFileError, eachOnce, type RecordedChain, recordedQuote } from "./recorded.ts";

const FILE = z.object({
  symbol: z.string(),
  updated: isoTime,
  underlyingPrice: optionalNumber,
  quotes: z.array(z.object({
    symbol: z.string(),
    bid: optionalNumber,
    ask: optionalNumber,
    last: optionalNumber,
    volume: optionalNumber,
    openInterest: optionalNumber,
    iv: optionalNumber,
    delta: optionalNumber,
    gamma: optionalNumber,
    theta: optionalNumber,
    vega: optionalNumber,
  })),
});

/** Whether a JSON value looks like a file of this format. */
export function isUsChain(value: unknown): boolean {
  return typeof value === "object" && value !== null && "quotes" in value &&
    "underlyingPrice" in value;
}

/** Reads a file of this format. */
export function readUsChain(file: string, value: unknown): RecordedChain {
  const { symbol, updated, underlyingPrice, quotes } = inForm(FILE, value, file);
  const ticker = parseTicker(symbol);
  if (!ticker) throw new ChainFileError(file, "symbol", `"${symbol}" is no ticker.`);
  return {
    ticker,
    updatedMs: updated,
    spot: underlyingPrice,
    contracts: eachOnce(quotes.map(({ symbol, iv, ...values }, index) => {
      const contract = parseOcc(symbol);
      if (contract) return recordedQuote(contract, { ...values, impliedVol: iv });
      throw new ChainFileError(file, `quotes[${index}].symbol`, `"${symbol}" is no OCC symbol.`);
    })),
  };
}
