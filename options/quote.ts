/**
 * One contract's quote as one read saw it, and the batch of quotes that an agent sends.
 */
import type { OccSymbol, Ticker } from "./contract.ts";

/** Where a price comes from: what IB's callback marketDataType says by 1, 2, 3 and 4. */
export const MARKET_DATA_KINDS = ["realtime", "frozen", "delayed", "delayed_frozen"] as const;

/** Where a price comes from. */
export type MarketDataKind = typeof MARKET_DATA_KINDS[number];

/**
 * The fields of a quote in the order in which they are stored. Prices and `strike` are in the
 * contract's currency; IV is a fraction (0.25 is 25 %); delta and gamma are per 1 of the
 * underlying, theta is per day, vega per 1 percentage point of volatility, all per share, as IB
 * sends them.
 */
export const QUOTE_FIELDS = [
  "bid",
  "ask",
  "last",
  "volume",
  "openInterest",
  "impliedVol",
  "delta",
  "gamma",
  "theta",
  "vega",
  "bidSize",
  "askSize",
] as const;

/** The name of a quote's field. */
export type QuoteField = typeof QUOTE_FIELDS[number];

/** One contract as one read saw it; `null` is "none now". */
export interface Quote extends Readonly<Record<QuoteField, number | null>> {
  readonly occ: OccSymbol;
  readonly kind: MarketDataKind | null;
  readonly multiplier: number | null;
  readonly quotedAtMs: number | null;
}

/** How a batch counts: a complete read of what it lists, or a part or change of one. */
export type BatchMode = "snapshot" | "update";

/** A contract that a read was to bring and did not, with the reason. */
export interface MissingContract {
  readonly contract: string;
  readonly reason: string;
}

/** What one ingest call brings, checked and in our own terms. */
export interface ChainBatch {
  readonly ticker: Ticker;
  readonly agentId: string;
  readonly agentTimeMs: number;
  readonly sentAtMs: number | null;
  readonly spot: number | null;
  readonly mode: BatchMode;
  readonly readId: string | null;
  readonly quotes: readonly Quote[];
  readonly missing: readonly MissingContract[];
}

/** Decimals kept for prices (design, "History": equal means after this rounding). */
export const PRICE_SCALE = 10_000;

/** Decimals kept for implied volatility and greeks. */
export const GREEK_SCALE = 1_000_000;

/** The scale in which a field is stored as a whole number. */
export const FIELD_SCALE: Readonly<Record<QuoteField, number>> = {
  bid: PRICE_SCALE,
  ask: PRICE_SCALE,
  last: PRICE_SCALE,
  volume: 1,
  openInterest: 1,
  impliedVol: GREEK_SCALE,
  delta: GREEK_SCALE,
  gamma: GREEK_SCALE,
  theta: GREEK_SCALE,
  vega: GREEK_SCALE,
  bidSize: 1,
  askSize: 1,
};

/**
 * A value as it will be read back: rounded to its field's stored precision. Never -0, which a
 * database column cannot hold.
 */
export function toStored(field: QuoteField, value: number): number {
  return Math.round(value * FIELD_SCALE[field]) / FIELD_SCALE[field] + 0;
}
