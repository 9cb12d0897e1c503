/**
 * A batch's quotes as columns: one array a field, in the order of the contracts, in whole numbers
 * of the field's scale. It is the form in which a body is read, stored and read back: a chain of
 * 3,000 contracts is a dozen arrays and not 3,000 objects.
 */
import type { OccSymbol } from "./contract.ts";
import {
  type ChainBatch,
  FIELD_SCALE,
  MARKET_DATA_KINDS,
  type Quote,
  QUOTE_FIELDS,
  type QuoteField,
} from "./quote.ts";

/** The word for none in a column: no value of a field is so low. */
export const NONE = -2_147_483_648;

const INT4_MAX = 2_147_483_647;

/** Quotes as columns, sorted by contract. A column is `null` where no contract has a value. */
export interface QuoteColumns {
  /** Compact OCC symbols, ascending, each once. */
  readonly occ: readonly OccSymbol[];
  /** In whole numbers of {@link FIELD_SCALE}; {@link NONE} where the contract has none. */
  readonly fields: Readonly<Record<QuoteField, Int32Array | null>>;
  /** IB's market data types: 1 realtime, 2 frozen, 3 delayed, 4 delayed_frozen; 0 for none. */
  readonly kind: Uint8Array | null;
  /** NaN for none. */
  readonly multiplier: Float64Array | null;
  /** Milliseconds since 1970; NaN for none. */
  readonly quotedAtMs: Float64Array | null;
}

/** A batch whose quotes are columns. */
export interface ColumnBatch extends Omit<ChainBatch, "quotes"> {
  readonly columns: QuoteColumns;
}

/**
 * The columns of quotes. Throws a RangeError where a value does not fit its column.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { columnsOf } from "./columns.ts";
 * const none = { last: null, volume: null, openInterest: null, impliedVol: null, delta: null };
 * const more = { gamma: null, theta: null, vega: null, bidSize: null, askSize: null };
 * const rest = { ...none, ...more, kind: null, multiplier: null, quotedAtMs: null };
 * // The name is a checked OCC symbol.
 * const occ = "EA261218C00210000" as import("./contract.ts").OccSymbol;
 * const { fields } = columnsOf([{ occ, bid: 1.05, ask: null, ...rest }]);
 * assert(fields.bid?.[0] === 10500 && fields.ask === null);
 * ```
 */
export function columnsOf(quotes: readonly Quote[]): QuoteColumns {
  const sorted = [...quotes].sort((a, b) => (a.occ < b.occ ? -1 : a.occ > b.occ ? 1 : 0));
  const fields: Partial<Record<QuoteField, Int32Array | null>> = {};
  for (const field of QUOTE_FIELDS) {
    fields[field] = sorted.some((quote) => quote[field] !== null)
      ? Int32Array.from(sorted, (quote) => scaled(field, quote))
      : null;
  }
  return {
    occ: sorted.map((quote) => quote.occ),
    // Every field of QUOTE_FIELDS was set in the loop above.
    fields: fields as Record<QuoteField, Int32Array | null>,
    kind: sorted.some((quote) => quote.kind !== null)
      ? Uint8Array.from(
        sorted,
        ({ kind }) => kind === null ? 0 : MARKET_DATA_KINDS.indexOf(kind) + 1,
      )
      : null,
    multiplier: numbers(sorted, (quote) => quote.multiplier),
    quotedAtMs: numbers(sorted, (quote) => quote.quotedAtMs),
  };
}

/** The quotes of columns, one object a contract. */
export function quotesOf(columns: QuoteColumns): Quote[] {
  return columns.occ.map((occ, i) => quoteAt(columns, occ, i));
}

function quoteAt(
  { fields, kind, multiplier, quotedAtMs }: QuoteColumns,
  occ: OccSymbol,
  i: number,
): Quote {
  const valueOf = (field: QuoteField): number | null => {
    const whole = fields[field]?.[i] ?? NONE;
    return whole === NONE ? null : whole / FIELD_SCALE[field];
  };
  return {
    occ,
    bid: valueOf("bid"),
    ask: valueOf("ask"),
    last: valueOf("last"),
    volume: valueOf("volume"),
    openInterest: valueOf("openInterest"),
    impliedVol: valueOf("impliedVol"),
    delta: valueOf("delta"),
    gamma: valueOf("gamma"),
    theta: valueOf("theta"),
    vega: valueOf("vega"),
    bidSize: valueOf("bidSize"),
    askSize: valueOf("askSize"),
    kind: MARKET_DATA_KINDS[(kind?.[i] ?? 0) - 1] ?? null,
    multiplier: orNull(multiplier?.[i]),
    quotedAtMs: orNull(quotedAtMs?.[i]),
  };
}

function orNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}

function scaled(field: QuoteField, quote: Quote): number {
  const value = quote[field];
  if (value === null) return NONE;
  const whole = Math.round(value * FIELD_SCALE[field]);
  if (Math.abs(whole) <= INT4_MAX) return whole;
  throw new RangeError(
    `${field} of ${quote.occ} is ${value}; it must be within ±${INT4_MAX / FIELD_SCALE[field]}`,
  );
}

function numbers(
  quotes: readonly Quote[],
  valueOf: (quote: Quote) => number | null,
): Float64Array | null {
  if (quotes.every((quote) => valueOf(quote) === null)) return null;
  return Float64Array.from(quotes, (quote) => valueOf(quote) ?? NaN);
}
