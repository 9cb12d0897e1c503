/**
 * The columns of the chain table: what each shows, how it is written, and from which width on.
 */
import type { LastKnownField } from "../../../options/chain.ts";
import { countText, deltaText, percentText, priceText } from "../format.ts";

/** A column of one side, calls or puts. */
export interface Column {
  /** The class of its cells, next to the side's: `td.call.bid`. */
  readonly name: string;
  readonly field: LastKnownField;
  readonly head: string;
  /** The field in a sentence. */
  readonly words: string;
  readonly text: (value: number) => string;
  /** Whether the text can say less than the value, which then stands in `data-value` and the title. */
  readonly rounded: boolean;
  /** The width class below which it is hidden (`static/look.css`); empty where it always shows. */
  readonly hides: "" | "x0" | "x1" | "x2" | "x3" | "x4";
}

function column(
  name: string,
  field: LastKnownField,
  head: string,
  words: string,
  text: (value: number) => string,
  hides: Column["hides"],
): Column {
  return { name, field, head, words, text, hides, rounded: name === "iv" || name === "delta" };
}

/** The columns between the age and the prices, from the outside in. */
const OUTER: readonly Column[] = [
  column("oi", "openInterest", "open int.", "open interest", countText, "x2"),
  column("volume", "volume", "volume", "volume", countText, "x2"),
  column("iv", "impliedVol", "IV %", "implied volatility", percentText, "x3"),
  column("delta", "delta", "Δ", "delta", deltaText, "x3"),
  column("last", "last", "last", "last", priceText, "x4"),
  column("mid", "mid", "mid", "mid", priceText, "x1"),
];

/** Bid before ask on both sides, each with its size beside it. */
const INNER: readonly Column[] = [
  column("bid-size size", "bidSize", "size", "bid size", countText, "x0"),
  column("bid", "bid", "bid", "bid", priceText, ""),
  column("ask", "ask", "ask", "ask", priceText, ""),
  column("ask-size size", "askSize", "size", "ask size", countText, "x0"),
];

/** Which half of the table. */
export type Side = "call" | "put";

/** The columns of a side from left to right, without its age, which is the outermost. */
export const COLUMNS: Readonly<Record<Side, readonly Column[]>> = {
  call: [...OUTER, ...INNER],
  put: [...INNER, ...OUTER.toReversed()],
};

/** The fields that pages show. */
export const SHOWN_FIELDS: readonly LastKnownField[] = COLUMNS.call.map(({ field }) => field);
