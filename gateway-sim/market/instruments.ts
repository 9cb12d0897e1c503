/** Instruments as IB describes them, built from underlyings and option contracts. */
import type { Contract, IsoDate } from "../../options/contract.ts";
import { hashText } from "../../options/synthetic/random.ts";
import type { Hours } from "./hours.ts";
import type { Instrument } from "./market.ts";

/** What an underlying's description is made of. */
export interface UnderlyingDescription {
  readonly ticker: string;
  readonly name: string;
  readonly kind: "index" | "etf" | "stock";
  readonly primaryExchange: string;
}

/** What an option's description is made of besides its contract. */
export interface OptionDescription {
  readonly contract: Contract;
  readonly lastTradeDate: IsoDate;
  readonly minTick: number;
}

const TIME_ZONE = "US/Eastern";
const MULTIPLIER = 100;
const LEAST_CON_ID = 1_000_000;
/** IDs are signed numbers of 32 bits, with some room for those that are taken. */
const MOST_CON_ID = 2_147_000_000;

/** IB's symbol of a ticker: share classes after a space, `BRK B` for `BRK-B`. */
export function ibSymbol(ticker: string): string {
  return ticker.replace(/[-./]/, " ");
}

/**
 * The contract IDs of a market. An instrument has the same one in every run and every market, but
 * for two whose names hash alike: the one that came later takes the next free ID.
 */
export class ConIds {
  readonly #ofName = new Map<string, number>();
  readonly #taken = new Set<number>();

  of(name: string): number {
    const known = this.#ofName.get(name);
    if (known !== undefined) return known;
    let conId = LEAST_CON_ID + hashText(name) % (MOST_CON_ID - LEAST_CON_ID);
    while (this.#taken.has(conId)) conId++;
    this.#taken.add(conId);
    this.#ofName.set(name, conId);
    return conId;
  }
}

/** The instrument of a stock, fund or index. */
export function underlyingInstrument(
  of: UnderlyingDescription,
  conIds: ConIds,
  hours: Hours,
): Instrument {
  const symbol = ibSymbol(of.ticker);
  const index = of.kind === "index";
  return {
    conId: conIds.of(`${index ? "IND" : "STK"} ${symbol}`),
    symbol,
    secType: index ? "IND" : "STK",
    exchange: index ? of.primaryExchange : "SMART",
    primaryExchange: index ? "" : of.primaryExchange,
    currency: "USD",
    localSymbol: symbol,
    tradingClass: of.primaryExchange === "NASDAQ" ? "NMS" : symbol,
    longName: of.name.toUpperCase(),
    minTick: 0.01,
    underConId: 0,
    timeZoneId: TIME_ZONE,
    tradingHours: hours.trading,
    liquidHours: hours.liquid,
    option: null,
  };
}

/** The instrument of an option on an underlying. */
export function optionInstrument(
  underlying: Instrument,
  of: OptionDescription,
  conIds: ConIds,
  hours: Hours,
): Instrument {
  const { occ, root, expiry, right, strike } = of.contract;
  return {
    conId: conIds.of(`OPT ${occ}`),
    symbol: underlying.symbol,
    secType: "OPT",
    exchange: "SMART",
    primaryExchange: "",
    currency: "USD",
    // IB pads the root of the OCC symbol to six characters.
    localSymbol: root.padEnd(6) + occ.slice(root.length),
    tradingClass: root,
    longName: underlying.longName,
    minTick: of.minTick,
    underConId: underlying.conId,
    timeZoneId: TIME_ZONE,
    tradingHours: hours.trading,
    liquidHours: hours.liquid,
    option: {
      occ,
      expiry,
      lastTradeDate: of.lastTradeDate,
      right,
      strike,
      multiplier: MULTIPLIER,
    },
  };
}
