/** What `deals` and `watch` take from a command line. */
import { InvalidArgumentError } from "commander";
import { type IsoDate, parseIsoDate, parseTicker, type Ticker } from "../../options/contract.ts";

/** A ticker, in any case. */
export function ticker(text: string): Ticker {
  const read = parseTicker(text);
  if (read) return read;
  throw new InvalidArgumentError("Allowed: a ticker such as EA, SPX or BRK-B.");
}

/** A day. */
export function day(text: string): IsoDate {
  const read = parseIsoDate(text);
  if (read) return read;
  throw new InvalidArgumentError("Allowed: a day such as 2026-12-31.");
}

/** A price in the currency of the ticker. */
export function price(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d{1,4})?$/.test(text) && value > 0 && value < 1_000_000) return value;
  throw new InvalidArgumentError(
    "Allowed: a price above 0 with at most four decimals, such as 210.",
  );
}
