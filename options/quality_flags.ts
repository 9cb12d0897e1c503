/**
 * The words for what can be wrong with a quote; `quality.ts` judges, `docs/specs/quality.md` says by
 * what. They stand alone, since pages need the words without the judge.
 */

/** Every flag, in the order in which a row names them. */
export const QUALITY_FLAGS = [
  "never_quoted",
  "no_quote",
  "zero_bid",
  "zero_ask",
  "crossed",
  "locked",
  "two_reads",
  "below_intrinsic",
  "above_maximum",
  "pre_split",
  "adjusted",
  "iv_missing",
  "iv_placeholder",
  "iv_extreme",
  "greeks_missing",
] as const;

/** Why a quote is not to be used as it stands. */
export type QualityFlag = typeof QUALITY_FLAGS[number];

/** What a flag means, for people. */
export const QUALITY_WORDS: Readonly<Record<QualityFlag, string>> = {
  never_quoted: "nothing of it was ever quoted",
  no_quote: "neither a bid nor an ask now",
  zero_bid: "no bid now",
  zero_ask: "no ask now",
  crossed: "crossed: the bid is above the ask",
  locked: "locked: the bid equals the ask",
  two_reads: "bid and ask are of different reads",
  below_intrinsic: "the ask is far below what exercising it would bring at this spot",
  above_maximum: "the bid is far above the most it can be worth at this spot",
  pre_split: "its strike is of before a split of the shares",
  adjusted: "adjusted: its root is not this ticker's, so it delivers something else",
  iv_missing: "no implied volatility now",
  iv_placeholder: "its implied volatility is a placeholder",
  iv_extreme: "its implied volatility is above 500 %",
  greeks_missing: "no greeks now",
};

/** Flags of a quote as bits: bit n is the nth of {@link QUALITY_FLAGS}. */
export type QualityBits = number;

/** The bits of some flags. */
export function bitsOf(...flags: readonly QualityFlag[]): QualityBits {
  return flags.reduce((bits, flag) => bits | (1 << QUALITY_FLAGS.indexOf(flag)), 0);
}

export const NEVER_QUOTED = bitsOf("never_quoted");
export const NO_QUOTE = bitsOf("no_quote");
export const ZERO_BID = bitsOf("zero_bid");
export const ZERO_ASK = bitsOf("zero_ask");
export const CROSSED = bitsOf("crossed");
export const LOCKED = bitsOf("locked");
export const TWO_READS = bitsOf("two_reads");
export const BELOW_INTRINSIC = bitsOf("below_intrinsic");
export const ABOVE_MAXIMUM = bitsOf("above_maximum");
export const PRE_SPLIT = bitsOf("pre_split");
export const ADJUSTED = bitsOf("adjusted");
export const IV_MISSING = bitsOf("iv_missing");
export const IV_PLACEHOLDER = bitsOf("iv_placeholder");
export const IV_EXTREME = bitsOf("iv_extreme");
export const GREEKS_MISSING = bitsOf("greeks_missing");

const FOREIGN = PRE_SPLIT | ADJUSTED;
const UNPRICED = FOREIGN | NEVER_QUOTED | NO_QUOTE | ZERO_BID | ZERO_ASK | CROSSED | LOCKED |
  TWO_READS | BELOW_INTRINSIC | ABOVE_MAXIMUM;

/**
 * The flags that bar a value from calculations: `price` those from a mid, `iv` those from an
 * implied volatility (which was worked out of the price), `greeks` those from a greek, `count`
 * those from volume and open interest.
 */
export const BARRED: Readonly<Record<"price" | "iv" | "greeks" | "count", QualityBits>> = {
  price: UNPRICED,
  iv: UNPRICED | IV_MISSING | IV_PLACEHOLDER | IV_EXTREME,
  greeks: UNPRICED | IV_MISSING | IV_PLACEHOLDER | IV_EXTREME | GREEKS_MISSING,
  count: FOREIGN,
};

/** The names of flags, in their order. */
export function flagsOf(bits: QualityBits): QualityFlag[] {
  return bits === 0 ? [] : QUALITY_FLAGS.filter((_, n) => (bits & (1 << n)) !== 0);
}
