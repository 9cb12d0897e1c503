/** A contract's checked fields in our own terms. */
import type { OccSymbol } from "../contract.ts";
import type { Quote } from "../quote.ts";
import type { IngestContract } from "./ingest_schema.ts";
import { parseInstant } from "./instant.ts";

/** The quote of a contract that was checked field by field. */
export function toQuote(occ: OccSymbol, row: Omit<IngestContract, "symbol">): Quote {
  const impliedVol = orNone(row.implied_vol);
  // A delta or theta of -1 is real where a model computed an IV (the delta of a deep put); else -1
  // is the word for none, as in every other field.
  const signed = (value: number | null | undefined): number | null =>
    value === -1 && impliedVol !== null && impliedVol > 0 ? -1 : orNone(value);
  return {
    occ,
    kind: row.market_data_type ?? null,
    multiplier: row.multiplier ?? null,
    quotedAtMs: instantOrNull(row.quoted_at),
    bid: orNone(row.bid),
    ask: orNone(row.ask),
    last: orNone(row.last),
    volume: orNone(row.volume),
    openInterest: orNone(row.open_interest),
    impliedVol,
    delta: signed(row.delta),
    gamma: orNone(row.gamma),
    theta: signed(row.theta),
    vega: orNone(row.vega),
    bidSize: orNone(row.bid_size),
    askSize: orNone(row.ask_size),
  };
}

/** A number, or `null` where it says none. */
export function orNone(value: number | null | undefined): number | null {
  return value === undefined || value === null || value === -1 ? null : value;
}

/** The epoch milliseconds of a time that was checked. */
export function instantOrNull(text: string | null | undefined): number | null {
  const ms = typeof text === "string" ? parseInstant(text) : null;
  return typeof ms === "number" ? ms : null;
}
