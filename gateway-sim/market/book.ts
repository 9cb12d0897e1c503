/** The instruments of a market, found as IB finds them. */
import type { Instrument, InstrumentQuery, OptionParameters } from "./market.ts";

/** Where options trade; IB names each, and SMART, in the answers about option parameters. */
const OPTION_EXCHANGES = ["AMEX", "CBOE", "ISE", "PHLX", "SMART"] as const;
const INDEX_OPTION_EXCHANGES = ["CBOE", "IBUSOPT", "SMART"] as const;
const STOCK_EXCHANGES = ["SMART", "ISLAND", "NASDAQ", "NYSE", "ARCA", "AMEX", "BATS", "IEX"];

/** A fixed set of instruments, each with its own contract ID. */
export class InstrumentBook {
  readonly #byConId = new Map<number, Instrument>();
  readonly #bySymbol = new Map<string, Instrument[]>();
  readonly #byLocalSymbol = new Map<string, Instrument>();

  constructor(instruments: Iterable<Instrument>) {
    for (const instrument of instruments) {
      this.#byConId.set(instrument.conId, instrument);
      this.#byLocalSymbol.set(compact(instrument.localSymbol), instrument);
      const same = this.#bySymbol.get(instrument.symbol);
      if (same) same.push(instrument);
      else this.#bySymbol.set(instrument.symbol, [instrument]);
    }
    for (const same of this.#bySymbol.values()) same.sort(byKindExpiryStrikeRight);
  }

  get(conId: number): Instrument | undefined {
    return this.#byConId.get(conId);
  }

  /** The options on an underlying, by expiry, strike, right and class. */
  optionsOn(underConId: number): readonly Instrument[] {
    const underlying = this.#byConId.get(underConId);
    if (!underlying) return [];
    return (this.#bySymbol.get(underlying.symbol) ?? []).filter((one) =>
      one.underConId === underConId
    );
  }

  /** What {@link Market.find} answers. */
  find(query: InstrumentQuery): readonly Instrument[] {
    if (query.conId !== undefined && query.conId > 0) {
      const found = this.#byConId.get(query.conId);
      return found && fitsExchange(found, query.exchange) ? [found] : [];
    }
    return this.#candidates(query).filter((instrument) => fits(instrument, query));
  }

  /** What {@link Market.optionParameters} answers. */
  optionParameters(underConId: number): readonly OptionParameters[] {
    const options = this.optionsOn(underConId);
    const classes = distinct(options.map((one) => one.tradingClass)).sort();
    const rows: OptionParameters[] = [];
    const index = this.#byConId.get(underConId)?.secType === "IND";
    for (const exchange of index ? INDEX_OPTION_EXCHANGES : OPTION_EXCHANGES) {
      for (const tradingClass of classes) {
        const ofClass = options.filter((one) => one.tradingClass === tradingClass);
        rows.push({
          exchange,
          underConId,
          tradingClass,
          multiplier: ofClass[0]?.option?.multiplier ?? 100,
          // IB tells the last trade dates here, a day before the expiry for AM settlement.
          expiries: distinct(ofClass.flatMap((one) => one.option?.lastTradeDate ?? [])).sort(),
          strikes: distinct(ofClass.flatMap((one) => one.option?.strike ?? [])).sort((a, b) =>
            a - b
          ),
        });
      }
    }
    return rows;
  }

  #candidates(query: InstrumentQuery): readonly Instrument[] {
    if (query.localSymbol) {
      const found = this.#byLocalSymbol.get(compact(query.localSymbol));
      return found ? [found] : [];
    }
    return query.symbol ? this.#bySymbol.get(query.symbol) ?? [] : [...this.#byConId.values()];
  }
}

function fits(instrument: Instrument, query: InstrumentQuery): boolean {
  const { option } = instrument;
  return same(query.symbol, instrument.symbol) && same(query.secType, instrument.secType) &&
    same(query.currency, instrument.currency) && fitsExchange(instrument, query.exchange) &&
    same(query.tradingClass, instrument.tradingClass) &&
    (!query.expiry ||
      (!!option &&
        [option.expiry, option.lastTradeDate].some((date) =>
          date.replaceAll("-", "").startsWith(query.expiry ?? "")
        ))) &&
    (!query.strike || option?.strike === query.strike) &&
    (!query.right || option?.right === query.right) &&
    (!query.multiplier || option?.multiplier === query.multiplier);
}

function same(wanted: string | undefined, is: string): boolean {
  return !wanted || wanted === is;
}

function fitsExchange(instrument: Instrument, exchange: string | undefined): boolean {
  if (!exchange || exchange === instrument.exchange) return true;
  if (instrument.secType === "IND") return false;
  const known: readonly string[] = instrument.secType === "OPT"
    ? [...OPTION_EXCHANGES, ...INDEX_OPTION_EXCHANGES]
    : STOCK_EXCHANGES;
  return known.includes(exchange);
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

function compact(localSymbol: string): string {
  // A share class keeps its space: only the padding of an OCC symbol is not part of the name.
  return localSymbol.replace(/ +(?=\d{6}[CP]\d{8}$)/, "");
}

function byKindExpiryStrikeRight(a: Instrument, b: Instrument): number {
  if (!a.option || !b.option) return Number(!!a.option) - Number(!!b.option);
  return compare(a.option.expiry, b.option.expiry) || a.option.strike - b.option.strike ||
    compare(a.option.right, b.option.right) || compare(a.tradingClass, b.tradingClass);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
