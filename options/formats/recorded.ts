/** What every reader of chain files gives: a chain as it was recorded at one moment. */
import type { Contract, OccSymbol, Ticker } from "../contract.ts";
import { QUOTE_FIELDS, type QuoteField } from "../quote.ts";

/** A contract's quote as a file has it; `null` is "none". IV and greeks are as in the file. */
export interface RecordedQuote extends Readonly<Record<QuoteField, number | null>> {
  readonly contract: Contract;
}

/** One underlying's chain as a file has it. */
export interface RecordedChain {
  readonly ticker: Ticker;
  readonly updatedMs: number;
  /** The underlying's price; `null` where the file has none. */
  readonly spot: number | null;
  readonly contracts: readonly RecordedQuote[];
}

/** Why a file cannot be read: one sentence that names the file, the place and what was expected. */
export class ChainFileError extends Error {
  override readonly name = "ChainFileError";

  constructor(file: string, place: string, problem: string) {
    super(`${file}${place === "" ? "" : `, ${place}`}: ${problem}`);
  }
}

/** Values of a quote by field; absent means none. */
export type QuoteValues = Partial<Readonly<Record<QuoteField, number | null>>>;

/**
 * A quote from a file's values. A price or size that is not above 0 is none; volume, open interest,
 * IV and greeks stay as they are.
 */
export function recordedQuote(contract: Contract, values: QuoteValues): RecordedQuote {
  const quote: Record<QuoteField, number | null> = { ...NONE };
  for (const field of QUOTE_FIELDS) {
    const value = values[field] ?? null;
    quote[field] = POSITIVE.has(field) && value !== null && value <= 0 ? null : value;
  }
  return { contract, ...quote };
}

/** The contracts of a file, each once: of one that is listed twice, the later row counts. */
export function eachOnce(quotes: Iterable<RecordedQuote>): readonly RecordedQuote[] {
  const byOcc = new Map<OccSymbol, RecordedQuote>();
  for (const quote of quotes) byOcc.set(quote.contract.occ, quote);
  return [...byOcc.values()];
}

const POSITIVE: ReadonlySet<QuoteField> = new Set(["bid", "ask", "last", "bidSize", "askSize"]);

const NONE: Readonly<Record<QuoteField, null>> = {
  bid: null,
  ask: null,
  last: null,
  volume: null,
  openInterest: null,
  impliedVol: null,
  delta: null,
  gamma: null,
  theta: null,
  vega: null,
  bidSize: null,
  askSize: null,
};
