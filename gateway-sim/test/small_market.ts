/** A market of three instruments whose quotes a test sets by hand. */
import { type IsoDate, makeContract, parseIsoDate, type Right } from "../../options/contract.ts";
import {
  type Bar,
  type BarRequest,
  type Instrument,
  type Market,
  type MarketQuote,
  NO_QUOTE,
} from "../market/market.ts";

const HOURS = "20260715:0930-20260715:1600;20260716:0930-20260716:1600";

/** A stock. */
export const EA: Instrument = {
  conId: 100,
  symbol: "EA",
  secType: "STK",
  exchange: "SMART",
  primaryExchange: "NASDAQ",
  currency: "USD",
  localSymbol: "EA",
  tradingClass: "NMS",
  longName: "ELECTRONIC ARTS INC",
  minTick: 0.01,
  underConId: 0,
  timeZoneId: "US/Eastern",
  tradingHours: HOURS,
  liquidHours: HOURS,
  option: null,
};

/** An index, under which the AM-settled options hang. */
export const SPX: Instrument = {
  ...EA,
  conId: 200,
  symbol: "SPX",
  secType: "IND",
  exchange: "CBOE",
  primaryExchange: "CBOE",
  localSymbol: "SPX",
  tradingClass: "SPX",
  longName: "S&P 500 Stock Index",
};

/** An option of `underlying`; `lastTradeDate` is the expiry unless given. */
export function option(
  underlying: Instrument,
  spec: {
    readonly conId: number;
    readonly root: string;
    readonly expiry: string;
    readonly right: Right;
    readonly strike: number;
    readonly lastTradeDate?: string;
  },
): Instrument {
  const expiry = isoDate(spec.expiry);
  const contract = makeContract(spec.root, expiry, spec.right, spec.strike);
  if (!contract) throw new Error(`no contract: ${JSON.stringify(spec)}`);
  return {
    ...underlying,
    conId: spec.conId,
    secType: "OPT",
    exchange: "SMART",
    primaryExchange: "",
    localSymbol: `${spec.root.padEnd(6)}${contract.occ.slice(spec.root.length)}`,
    tradingClass: spec.root,
    underConId: underlying.conId,
    option: {
      occ: contract.occ,
      expiry,
      lastTradeDate: isoDate(spec.lastTradeDate ?? spec.expiry),
      right: spec.right,
      strike: spec.strike,
      multiplier: 100,
    },
  };
}

function isoDate(text: string): IsoDate {
  const date = parseIsoDate(text);
  if (!date) throw new Error(`no date: ${text}`);
  return date;
}

/** A call on EA. */
export const EA_CALL: Instrument = option(EA, {
  conId: 101,
  root: "EA",
  expiry: "2026-07-17",
  right: "C",
  strike: 202.5,
});

/** A put on EA. */
export const EA_PUT: Instrument = option(EA, {
  conId: 102,
  root: "EA",
  expiry: "2026-07-17",
  right: "P",
  strike: 202.5,
});

/** An AM-settled call: its last trade date is the day before its expiry. */
export const SPX_CALL: Instrument = option(SPX, {
  conId: 201,
  root: "SPX",
  expiry: "2026-07-17",
  right: "C",
  strike: 7500,
  lastTradeDate: "2026-07-16",
});

/** A market whose quotes, hours and bars a test sets. */
export interface SmallMarket extends Market {
  /** Sets fields of a quote over those it has and tells those who watch. */
  set(conId: number, quote: Partial<MarketQuote>): void;
  /** Takes the quote away: the instrument is not quoted at all. */
  mute(conId: number): void;
  open: boolean;
  bars: (request: BarRequest) => readonly Bar[];
  /** How many listeners there are. */
  readonly listeners: number;
}

/** A market of {@link EA}, {@link SPX} and their options. */
export function smallMarket(nowMs: () => number): SmallMarket {
  const instruments = [EA, SPX, EA_CALL, EA_PUT, SPX_CALL];
  const quotes = new Map<number, MarketQuote>();
  const listeners = new Map<object, { readonly conId: number; readonly onChange: () => void }>();
  const tell = (conId: number): void => {
    for (const one of [...listeners.values()]) if (one.conId === conId) one.onChange();
  };
  return {
    open: true,
    nowMs,
    find: (query) =>
      instruments.filter((it) =>
        (query.conId === undefined || it.conId === query.conId) &&
        (query.symbol === undefined || it.symbol === query.symbol) &&
        (query.secType === undefined || it.secType === query.secType) &&
        (query.right === undefined || it.option?.right === query.right)
      ),
    instrument: (conId) => instruments.find((it) => it.conId === conId),
    optionParameters: (underConId) =>
      ["SMART", "CBOE"].flatMap((exchange) =>
        instruments.filter((it) => it.underConId === underConId && it.option?.right === "C")
          .map((it) => ({
            exchange,
            underConId,
            tradingClass: it.tradingClass,
            multiplier: 100,
            expiries: it.option ? [it.option.expiry] : [],
            strikes: it.option ? [it.option.strike] : [],
          }))
      ),
    quote: (conId) => quotes.get(conId),
    isOpen() {
      return this.open;
    },
    subscribe(conId, onChange) {
      const key = {};
      listeners.set(key, { conId, onChange });
      return () => listeners.delete(key);
    },
    bars: () => [],
    close() {},
    set(conId, quote) {
      quotes.set(conId, { ...NO_QUOTE, ...quotes.get(conId), ...quote });
      tell(conId);
    },
    mute(conId) {
      quotes.delete(conId);
      tell(conId);
    },
    get listeners() {
      return listeners.size;
    },
  };
}
