/**
 * What the wire side of the simulated gateway asks of a market. There are two: the synthetic one
 * and the replay of recorded chains. Numbers are plain; the wire side knows IB's sentinels.
 */
import type { IsoDate, OccSymbol, Right } from "../../options/contract.ts";

/** IB's security types that this gateway knows. */
export type SecType = "STK" | "IND" | "OPT";

/** An instrument with everything a contract-details answer says of it. */
export interface Instrument {
  readonly conId: number;
  /** IB's symbol of the underlying: `BRK B` for BRK-B. */
  readonly symbol: string;
  readonly secType: SecType;
  readonly exchange: string;
  readonly primaryExchange: string;
  readonly currency: string;
  /** `EA` for the stock, the padded OCC symbol for an option. */
  readonly localSymbol: string;
  readonly tradingClass: string;
  readonly longName: string;
  readonly minTick: number;
  readonly underConId: number;
  /** IANA zone and IB's hours strings, several days: `20260715:0930-20260715:1600;…;20260718:CLOSED`. */
  readonly timeZoneId: string;
  readonly tradingHours: string;
  readonly liquidHours: string;
  /** Set for options only. `lastTradeDate` is the day before the expiry for AM-settled index options. */
  readonly option: {
    readonly occ: OccSymbol;
    readonly expiry: IsoDate;
    readonly lastTradeDate: IsoDate;
    readonly right: Right;
    readonly strike: number;
    readonly multiplier: number;
  } | null;
}

/** What a contract request may say; absent means "any". */
export interface InstrumentQuery {
  readonly conId?: number;
  readonly symbol?: string;
  readonly secType?: string;
  readonly exchange?: string;
  readonly currency?: string;
  readonly localSymbol?: string;
  readonly tradingClass?: string;
  /** `YYYYMMDD` or `YYYYMM`; matches the expiry or the last trade date. */
  readonly expiry?: string;
  readonly strike?: number;
  readonly right?: Right;
  readonly multiplier?: number;
}

/** One row of reqSecDefOptParams: the expiries and strikes of one trading class on one exchange. */
export interface OptionParameters {
  readonly exchange: string;
  readonly underConId: number;
  readonly tradingClass: string;
  readonly multiplier: number;
  readonly expiries: readonly IsoDate[];
  readonly strikes: readonly number[];
}

/** Greeks and IV with the price they belong to; `null` where the market has none. */
export interface Computation {
  readonly impliedVol: number | null;
  readonly delta: number | null;
  readonly gamma: number | null;
  readonly theta: number | null;
  readonly vega: number | null;
  readonly optionPrice: number | null;
  readonly presentValueDividend: number | null;
  readonly underlyingPrice: number | null;
}

/** The state of one instrument's market at this moment; `null` is "none". */
export interface MarketQuote {
  readonly bid: number | null;
  readonly ask: number | null;
  readonly bidSize: number | null;
  readonly askSize: number | null;
  readonly last: number | null;
  readonly lastSize: number | null;
  readonly lastTimeMs: number | null;
  readonly volume: number | null;
  readonly open: number | null;
  readonly high: number | null;
  readonly low: number | null;
  readonly close: number | null;
  /** Of an option: its own. Of an underlying: generic 101's calls and puts. */
  readonly callOpenInterest: number | null;
  readonly putOpenInterest: number | null;
  /** Generic 100, of an underlying. */
  readonly callVolume: number | null;
  readonly putVolume: number | null;
  /** Generics 104 and 106, of an underlying, as fractions. */
  readonly historicalVol: number | null;
  readonly impliedVol: number | null;
  readonly halted: boolean;
  /** Of an option. `model` is null where the market computes none. */
  readonly computations: {
    readonly bid: Computation | null;
    readonly ask: Computation | null;
    readonly last: Computation | null;
    readonly model: Computation | null;
  } | null;
}

/** A historical bar; `startMs` is when it begins, prices as in {@link MarketQuote}. */
export interface Bar {
  readonly startMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly average: number;
  readonly count: number;
}

/** What bars are asked for. For BID_ASK, IB's bars have the average bid as open, the average ask as close, the highest ask as high and the lowest bid as low. */
export interface BarRequest {
  readonly conId: number;
  readonly what: "TRADES" | "MIDPOINT" | "BID_ASK";
  readonly endMs: number;
  readonly durationMs: number;
  readonly barMs: number;
  readonly regularHoursOnly: boolean;
}

/** A market that the gateway serves. */
export interface Market {
  /** Domain time of this market. */
  nowMs(): number;
  /** Every instrument that the query fits, underlyings before options, options by expiry, strike and right. */
  find(query: InstrumentQuery): readonly Instrument[];
  instrument(conId: number): Instrument | undefined;
  /** The rows for all exchanges; empty for an unknown underlying. */
  optionParameters(underConId: number): readonly OptionParameters[];
  /** `undefined` for an unknown instrument, and for one of which the market has never said a word. */
  quote(conId: number): MarketQuote | undefined;
  /** Whether the instrument's exchange is open now: decides between live and frozen. */
  isOpen(conId: number): boolean;
  /** Calls the listener after each change of the instrument's quote until the returned function is called. */
  subscribe(conId: number, onChange: () => void): () => void;
  bars(request: BarRequest): readonly Bar[];
  /** Ends timers. */
  close(): void;
}

/** An underlying that a market has, for those who watch it. */
export interface MarketSymbol {
  readonly ticker: string;
  readonly name: string;
  readonly spot: number | null;
  /** Set for a stock under a cash takeover bid. */
  readonly deal: { readonly cash: number; readonly close: IsoDate } | null;
}

/** The market of an instrument of which nothing is known. */
export const NO_QUOTE: MarketQuote = {
  bid: null,
  ask: null,
  bidSize: null,
  askSize: null,
  last: null,
  lastSize: null,
  lastTimeMs: null,
  volume: null,
  open: null,
  high: null,
  low: null,
  close: null,
  callOpenInterest: null,
  putOpenInterest: null,
  callVolume: null,
  putVolume: null,
  historicalVol: null,
  impliedVol: null,
  halted: false,
  computations: null,
};
