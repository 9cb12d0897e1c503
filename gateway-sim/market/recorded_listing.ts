/** The instruments of recorded chains, and their quotes as recorded. */
import { expiresAtMs, newYorkDate } from "../../options/calendar.ts";
import type { Ticker } from "../../options/contract.ts";
import type { RecordedChain, RecordedQuote } from "../../options/formats/recorded.ts";
import { optionClassOf } from "../../options/option_class.ts";
import { InstrumentBook } from "./book.ts";
import { optionHours, shareHours } from "./hours.ts";
import {
  type ConIds,
  optionInstrument,
  type UnderlyingDescription,
  underlyingInstrument,
} from "./instruments.ts";
import { type Instrument, type MarketQuote, NO_QUOTE } from "./market.ts";

/** Indexes by their ticker; where they trade is the exchange that IB names. */
const INDEX_EXCHANGES: ReadonlyMap<string, string> = new Map([
  ["NDX", "NASDAQ"],
  ["XND", "NASDAQ"],
  ["RUT", "RUSSELL"],
]);
const MORE_INDEXES: ReadonlySet<string> = new Set(["OEX", "XEO"]);
const MIN_TICK = 0.01;

/** What some chains list. Instruments tell the hours from `date` on. */
export interface RecordedListing {
  readonly date: string;
  readonly book: InstrumentBook;
  /** The chain's ticker of each contract ID. */
  readonly tickers: ReadonlyMap<number, Ticker>;
  readonly options: ReadonlyMap<number, RecordedQuote>;
}

/** The listing of some chains, one of each ticker, at a time. */
export function listingOf(
  chains: readonly RecordedChain[],
  conIds: ConIds,
  atMs: number,
): RecordedListing {
  const instruments: Instrument[] = [];
  const tickers = new Map<number, Ticker>();
  const options = new Map<number, RecordedQuote>();
  for (const { ticker, contracts } of chains) {
    const share = underlyingInstrument(describe(ticker), conIds, shareHours(atMs));
    const hours = optionHours(atMs, ticker);
    instruments.push(share);
    tickers.set(share.conId, ticker);
    for (const recorded of contracts) {
      const { contract } = recorded;
      const lastTradeDate = newYorkDate(expiresAtMs(contract));
      const description = { contract, lastTradeDate, minTick: MIN_TICK };
      const option = optionInstrument(share, description, conIds, hours);
      instruments.push(option);
      tickers.set(option.conId, ticker);
      options.set(option.conId, recorded);
    }
  }
  return { date: newYorkDate(atMs), book: new InstrumentBook(instruments), tickers, options };
}

/** An option's market as recorded. What the file has of IV and greeks is the model's computation. */
export function quoteOf(recorded: RecordedQuote, spot: number | null): MarketQuote {
  const { contract, openInterest, impliedVol, delta, gamma, theta, vega, ...prices } = recorded;
  const computed = [impliedVol, delta, gamma, theta, vega].some((value) => value !== null);
  const model = computed
    ? {
      impliedVol,
      delta,
      gamma,
      theta,
      vega,
      optionPrice: null,
      presentValueDividend: null,
      underlyingPrice: spot,
    }
    : null;
  const call = contract.right === "C";
  return {
    ...NO_QUOTE,
    ...prices,
    callOpenInterest: call ? openInterest : null,
    putOpenInterest: call ? null : openInterest,
    computations: { bid: null, ask: null, last: null, model },
  };
}

function describe(ticker: Ticker): UnderlyingDescription {
  const kind = optionClassOf(ticker);
  const index = kind === "am-index" || kind === "pm-index" || MORE_INDEXES.has(ticker);
  return {
    ticker,
    name: ticker,
    kind: index ? "index" : "stock",
    primaryExchange: index ? INDEX_EXCHANGES.get(ticker) ?? "CBOE" : "NASDAQ",
  };
}
