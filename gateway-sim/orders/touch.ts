/**
 * What can be had at the best bid and ask. What an order took is gone until the quote shows another
 * price or size, so that a large order is filled in parts.
 */
import type { MarketQuote } from "../market/market.ts";
import type { Action, Order } from "./order.ts";

/** A price and how much there is of it. */
export interface Side {
  readonly price: number;
  readonly size: number;
}

/** How an order could be filled now: units of it, their price, and each leg's. */
export interface Match {
  readonly units: number;
  readonly price: number;
  readonly legPrices: readonly number[];
}

/** Reads a market's quote. */
export type QuoteOf = (conId: number) => MarketQuote | undefined;

/** The best bids and asks of a market, less what was taken. */
export class Touch {
  readonly #quoteOf: QuoteOf;
  /** By instrument and side: what the quote showed, and how much of it is gone. */
  readonly #taken = new Map<string, { readonly shown: string; readonly quantity: number }>();

  constructor(quoteOf: QuoteOf) {
    this.#quoteOf = quoteOf;
  }

  /** What one can buy (the ask) or sell to (the bid). A size that is not known is without end. */
  side(conId: number, action: Action): Side | undefined {
    const quote = this.#quoteOf(conId);
    const price = action === "BUY" ? quote?.ask : quote?.bid;
    if (price === null || price === undefined || price <= 0) return undefined;
    const size = (action === "BUY" ? quote?.askSize : quote?.bidSize) ?? Infinity;
    const taken = this.#taken.get(key(conId, action));
    const gone = taken?.shown === `${price} ${size}` ? taken.quantity : 0;
    return { price, size: Math.max(0, Math.floor(size) - gone) };
  }

  /** How much of an order could be filled now, and at what price; its limit is not looked at. */
  match(order: Order, wanted: number): Match | undefined {
    const { action, contract } = order.request;
    let units = wanted;
    let price = 0;
    const legPrices: number[] = [];
    for (const leg of contract.legs) {
      const side = this.side(leg.instrument.conId, directionOf(action, leg.action));
      if (!side) return undefined;
      units = Math.min(units, Math.floor(side.size / leg.ratio));
      price += (leg.action === "BUY" ? 1 : -1) * leg.ratio * side.price;
      legPrices.push(side.price);
    }
    return units > 0 ? { units, price: exact(price), legPrices } : undefined;
  }

  /** Takes away what an order was filled with. */
  take(order: Order, units: number): void {
    for (const leg of order.request.contract.legs) {
      const { conId } = leg.instrument;
      const action = directionOf(order.request.action, leg.action);
      const quote = this.#quoteOf(conId);
      const price = action === "BUY" ? quote?.ask : quote?.bid;
      const size = (action === "BUY" ? quote?.askSize : quote?.bidSize) ?? Infinity;
      const shown = `${price} ${size}`;
      const before = this.#taken.get(key(conId, action));
      const gone = before?.shown === shown ? before.quantity : 0;
      this.#taken.set(key(conId, action), { shown, quantity: gone + units * leg.ratio });
    }
  }

  /** What an instrument is worth now: the middle of bid and ask, else the last price, else 0. */
  mark(conId: number): number {
    const quote = this.#quoteOf(conId);
    if (!quote) return 0;
    const { bid, ask, last, close } = quote;
    if (bid !== null && ask !== null && ask > 0) return exact((bid + ask) / 2);
    return last ?? close ?? 0;
  }

  /** Whether a stop is reached: shares by their last price, options by the touch (see the docs). */
  reaches(order: Order): boolean {
    const { contract: { legs: [leg] }, action, stopPrice } = order.request;
    const quote = leg && this.#quoteOf(leg.instrument.conId);
    if (!quote || stopPrice === undefined) return false;
    const byTouch = leg.instrument.option !== null;
    const price = byTouch ? (action === "BUY" ? quote.bid : quote.ask) : quote.last;
    if (price === null || price <= 0) return false;
    return action === "BUY" ? price >= stopPrice : price <= stopPrice;
  }
}

/** Which way a leg goes when its order goes this way. */
export function directionOf(order: Action, leg: Action): Action {
  return order === leg ? "BUY" : "SELL";
}

/** Prices have at most four decimals: sums of them, too. */
export function exact(price: number): number {
  return Math.round(price * 1e6) / 1e6;
}

function key(conId: number, action: Action): string {
  return `${conId} ${action}`;
}
