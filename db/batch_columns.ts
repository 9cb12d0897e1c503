/**
 * A batch's quotes as columns, as the table `batches` keeps them: one array a field, in the order
 * of the contract set, whole numbers in the field's scale. Arrays travel as PostgreSQL's array
 * literals, which cost a third of a typed array in postgres.js.
 */
import { createHash } from "node:crypto";
import type { OccSymbol } from "../options/contract.ts";
import {
  FIELD_SCALE,
  MARKET_DATA_KINDS,
  type Quote,
  QUOTE_FIELDS,
  type QuoteField,
} from "../options/quote.ts";

const INT4_MAX = 2_147_483_647;

/** The columns of a batch; `null` where no quote has a value. */
export interface BatchColumns {
  /** SHA-256 of the contract set. */
  readonly setHash: Uint8Array;
  readonly occ: string;
  readonly fields: Readonly<Record<QuoteField, string | null>>;
  readonly kind: string | null;
  readonly multiplier: string | null;
  readonly quotedAt: string | null;
}

/** A batch's columns as they come back from the database. */
export interface StoredColumns extends Readonly<Record<QuoteField, string | null>> {
  readonly occ: string;
  readonly kind: string | null;
  readonly multiplier: string | null;
  readonly quotedAt: string | null;
}

/**
 * The columns of a batch's quotes, sorted by contract, so that the same contracts in another order
 * are the same set. Throws a RangeError where a value does not fit its column.
 *
 * @example
 * ```ts
 * import { toColumns } from "./batch_columns.ts";
 * const none = { last: null, volume: null, openInterest: null, impliedVol: null, delta: null };
 * const more = { gamma: null, theta: null, vega: null, bidSize: null, askSize: null };
 * const rest = { ...none, ...more, kind: null, multiplier: null, quotedAtMs: null };
 * // The name is a checked OCC symbol.
 * const occ = "EA261218C00210000" as import("../options/contract.ts").OccSymbol;
 * const columns = toColumns([{ occ, bid: 1.05, ask: null, ...rest }]);
 * console.assert(columns.fields.bid === "{10500}" && columns.fields.ask === null);
 * ```
 */
export function toColumns(quotes: readonly Quote[]): BatchColumns {
  const sorted = [...quotes].sort((a, b) => (a.occ < b.occ ? -1 : a.occ > b.occ ? 1 : 0));
  const occ = sorted.map((quote) => quote.occ).join(",");
  const field = (name: QuoteField): string | null =>
    literal(sorted, (quote) => scaled(name, quote[name], quote.occ));
  return {
    setHash: createHash("sha256").update(occ).digest(),
    occ: `{${occ}}`,
    fields: {
      bid: field("bid"),
      ask: field("ask"),
      last: field("last"),
      volume: field("volume"),
      openInterest: field("openInterest"),
      impliedVol: field("impliedVol"),
      delta: field("delta"),
      gamma: field("gamma"),
      theta: field("theta"),
      vega: field("vega"),
      bidSize: field("bidSize"),
      askSize: field("askSize"),
    },
    kind: literal(sorted, (quote) => quote.kind && MARKET_DATA_KINDS.indexOf(quote.kind) + 1),
    multiplier: literal(sorted, (quote) => quote.multiplier),
    quotedAt: literal(sorted, (quote) => quote.quotedAtMs),
  };
}

/** The quotes of a stored batch, in stored precision. Throws where the columns do not agree. */
export function fromColumns(columns: StoredColumns): Quote[] {
  const names = columns.occ.slice(1, -1).split(",");
  const read = (name: string, text: string | null): (number | null)[] | null => {
    if (text === null) return null;
    const values = text.slice(1, -1).split(",").map((v) => (v === "NULL" ? null : Number(v)));
    if (values.length !== names.length || values.some(Number.isNaN)) {
      throw new Error(
        `column ${name} does not have one number for each of ${names.length} contracts`,
      );
    }
    return values;
  };
  const fields = QUOTE_FIELDS.map((name) => ({
    name,
    scale: FIELD_SCALE[name],
    values: read(name, columns[name]),
  }));
  const kinds = read("kind", columns.kind);
  const multipliers = read("multiplier", columns.multiplier);
  const quotedAt = read("quoted_at", columns.quotedAt);
  return names.map((occ, i) => {
    const values: Partial<Record<QuoteField, number | null>> = {};
    for (const { name, scale, values: column } of fields) {
      const value = column?.[i] ?? null;
      values[name] = value === null ? null : value / scale;
    }
    return {
      // Every field of QUOTE_FIELDS was set in the loop above.
      ...(values as Record<QuoteField, number | null>),
      // Only checked symbols are stored.
      occ: occ as OccSymbol,
      kind: MARKET_DATA_KINDS[(kinds?.[i] ?? 0) - 1] ?? null,
      multiplier: multipliers?.[i] ?? null,
      quotedAtMs: quotedAt?.[i] ?? null,
    };
  });
}

function scaled(field: QuoteField, value: number | null, occ: string): number | null {
  if (value === null) return null;
  const whole = Math.round(value * FIELD_SCALE[field]);
  if (!(Math.abs(whole) <= INT4_MAX)) {
    throw new RangeError(
      `${field} of ${occ} is ${value}; it must be within ±${INT4_MAX / FIELD_SCALE[field]}`,
    );
  }
  // -0 would be written as 0 and read back as another value.
  return whole + 0;
}

function literal(
  quotes: readonly Quote[],
  valueOf: (quote: Quote) => number | null,
): string | null {
  let some = false;
  let text = "";
  for (const quote of quotes) {
    const value = valueOf(quote);
    if (value !== null) some = true;
    text += text === "" ? `${value ?? "NULL"}` : `,${value ?? "NULL"}`;
  }
  return some ? `{${text}}` : null;
}
