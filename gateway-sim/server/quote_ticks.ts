/** From a market's quote to the ticks that a client gets, group by group as they arrive. */
import type { Computation, Instrument, MarketQuote } from "../market/market.ts";
import type { MarketDataType } from "../wire/requests/market_data.ts";
import type { Tick } from "../wire/responses/ticks.ts";
import { DELAYED_TICKS, GENERIC_TICKS, LIVE_TICKS, type TickNumbers } from "../wire/tick_types.ts";

/** IB's price for "no quote", with size 0. */
const NO_PRICE = -1;

const NO_COMPUTATION: Computation = {
  impliedVol: null,
  delta: null,
  gamma: null,
  theta: null,
  vega: null,
  optionPrice: null,
  presentValueDividend: null,
  underlyingPrice: null,
};

/** The kind of data that a client gets for what it asked, by whether the market is open. */
export function dataKind(asked: MarketDataType, open: boolean): MarketDataType {
  if (asked === 2) return open ? 1 : 2;
  if (asked === 4) return open ? 3 : 4;
  return asked;
}

/** The tick numbers of a kind of data. */
export function tickNumbers(kind: MarketDataType): TickNumbers {
  return kind === 1 || kind === 2 ? LIVE_TICKS : DELAYED_TICKS;
}

/**
 * The quote as the kind of data shows it: while the market is closed only the frozen kinds still
 * have a bid and an ask.
 */
export function visibleQuote(
  quote: MarketQuote,
  kind: MarketDataType,
  open: boolean,
): MarketQuote {
  if (open || kind === 2 || kind === 4) return quote;
  const { computations } = quote;
  return {
    ...quote,
    bid: null,
    ask: null,
    bidSize: null,
    askSize: null,
    computations: computations && { ...computations, bid: null, ask: null },
  };
}

/** Bid, ask, last and the day's figures. */
export function priceTicks(it: Instrument, quote: MarketQuote, numbers: TickNumbers): Tick[] {
  const ticks: Tick[] = [];
  const price = (tickType: number, value: number | null, size: number | null = 0): void => {
    if (value !== null) ticks.push({ kind: "price", tickType, price: value, size });
  };
  const size = (tickType: number, value: number | null): void => {
    if (value !== null) ticks.push({ kind: "size", tickType, size: value });
  };
  const side = (
    value: number | null,
    quantity: number | null,
    types: { readonly price: number; readonly size: number },
  ): void => {
    if (value !== null) {
      // A size that the market does not know is "unset": ib_async takes 0 for "no quote".
      price(types.price, value, quantity);
      size(types.size, quantity);
    } else if (it.secType !== "IND") {
      // An index has no bid and ask of its own, so TWS says nothing of them.
      price(types.price, NO_PRICE);
      size(types.size, 0);
    }
  };
  side(quote.bid, quote.bidSize, { price: numbers.bid, size: numbers.bidSize });
  side(quote.ask, quote.askSize, { price: numbers.ask, size: numbers.askSize });
  price(numbers.last, quote.last, quote.lastSize ?? 0);
  if (quote.last !== null) size(numbers.lastSize, quote.lastSize);
  if (quote.lastTimeMs !== null) {
    const value = String(Math.floor(quote.lastTimeMs / 1000));
    ticks.push({ kind: "string", tickType: numbers.lastTimestamp, value });
  }
  size(numbers.volume, quote.volume);
  price(numbers.high, quote.high);
  price(numbers.low, quote.low);
  price(numbers.close, quote.close);
  price(numbers.open, quote.open);
  ticks.push({ kind: "generic", tickType: numbers.halted, value: quote.halted ? 1 : 0 });
  return ticks;
}

/**
 * An option's computations. Where the market has none, nothing is said, unless the client was
 * told of one before.
 */
export function computationTicks(
  quote: MarketQuote,
  numbers: TickNumbers,
  wasSent: (tickType: number) => boolean,
): Tick[] {
  const { computations } = quote;
  const ticks: Tick[] = [];
  const add = (tickType: number, computation: Computation | null | undefined): void => {
    if (!computation && !wasSent(tickType)) return;
    ticks.push({ kind: "computation", tickType, computation: computation ?? NO_COMPUTATION });
  };
  add(numbers.bidComputation, computations?.bid);
  add(numbers.askComputation, computations?.ask);
  add(numbers.lastComputation, computations?.last);
  add(numbers.modelComputation, computations?.model);
  return ticks;
}

/** What the generic ticks 100, 101, 104 and 106 bring. */
export function genericTicks(
  it: Instrument,
  quote: MarketQuote,
  asked: ReadonlySet<number>,
): Tick[] {
  const ticks: Tick[] = [];
  const size = (tickType: number, value: number | null): void => {
    if (value !== null) ticks.push({ kind: "size", tickType, size: value });
  };
  if (asked.has(100)) {
    size(GENERIC_TICKS.callVolume, quote.callVolume);
    size(GENERIC_TICKS.putVolume, quote.putVolume);
  }
  if (asked.has(101)) {
    const interest = openInterest(it, quote);
    size(GENERIC_TICKS.callOpenInterest, interest.calls);
    size(GENERIC_TICKS.putOpenInterest, interest.puts);
  }
  const volatility = (tickType: number, value: number | null): void => {
    if (value !== null) ticks.push({ kind: "generic", tickType, value });
  };
  if (asked.has(104)) volatility(GENERIC_TICKS.historicalVol, quote.historicalVol);
  if (asked.has(106)) volatility(GENERIC_TICKS.impliedVol, quote.impliedVol);
  return ticks;
}

/** Of an option, its own side carries the open interest and the other side 0. */
function openInterest(
  it: Instrument,
  quote: MarketQuote,
): { readonly calls: number | null; readonly puts: number | null } {
  if (it.option?.right === "C") {
    return { calls: quote.callOpenInterest, puts: quote.callOpenInterest === null ? null : 0 };
  }
  if (it.option?.right === "P") {
    return { calls: quote.putOpenInterest === null ? null : 0, puts: quote.putOpenInterest };
  }
  return { calls: quote.callOpenInterest, puts: quote.putOpenInterest };
}
