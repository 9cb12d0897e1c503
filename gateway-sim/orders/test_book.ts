/** A book for tests: quotes, hours and time are set by hand. */
import type { Instrument, MarketQuote } from "../market/market.ts";
import { NO_QUOTE } from "../market/market.ts";
import { EA, EA_CALL, EA_PUT } from "../test/small_market.ts";
import { OrderBook } from "./book.ts";
import type { BookEvent, Order, OrderRequest } from "./order.ts";

/** The account of all tests. */
export const ACCOUNT = "DU1";
/** 10:00 in New York, in EA's liquid hours. */
export const MORNING_MS = Date.UTC(2026, 6, 15, 14);

/** A book and what it hangs on. */
export interface BookBench {
  readonly book: OrderBook;
  open: boolean;
  nowMs: number;
  quote(instrument: Instrument, quote: Partial<MarketQuote>): readonly BookEvent[];
}

/** A book with an account of a million dollars that holds a hundred shares of EA. */
export function bookBench(seed = 1): BookBench {
  const quotes = new Map<number, MarketQuote>();
  const world = { open: true, nowMs: MORNING_MS };
  const book = new OrderBook({
    quoteOf: (conId) => quotes.get(conId),
    isOpen: () => world.open,
    nowMs: () => world.nowMs,
    openings: [{
      account: ACCOUNT,
      cash: 1_000_000,
      holdings: [{ instrument: EA, quantity: 100, averageCost: 200 }],
    }],
    seed,
  });
  const bench: BookBench = Object.assign(world, {
    book,
    quote(instrument: Instrument, quote: Partial<MarketQuote>): readonly BookEvent[] {
      quotes.set(instrument.conId, { ...NO_QUOTE, ...quote });
      return book.quoteChanged(instrument.conId);
    },
  });
  bench.quote(EA, { bid: 202.4, ask: 202.6, bidSize: 300, askSize: 400, last: 202.5 });
  bench.quote(EA_CALL, { bid: 1.25, ask: 1.35, bidSize: 10, askSize: 20, last: 1.3 });
  bench.quote(EA_PUT, { bid: 1.2, ask: 1.3, bidSize: 11, askSize: 21, last: 1.25 });
  return bench;
}

/** An order to buy one call at the market, but for what is given. */
export function request(given: Partial<OrderRequest> = {}): OrderRequest {
  return {
    clientId: 1,
    orderId: 1,
    account: ACCOUNT,
    contract: single(EA_CALL),
    action: "BUY",
    quantity: 1,
    type: given.limitPrice === undefined ? "MKT" : "LMT",
    limitPrice: undefined,
    stopPrice: undefined,
    tif: "DAY",
    outsideRth: false,
    transmit: true,
    whatIf: false,
    orderRef: "",
    ...given,
  };
}

/** One instrument as what is ordered. */
export function single(instrument: Instrument): OrderRequest["contract"] {
  return { kind: "single", legs: [{ instrument, ratio: 1, action: "BUY" }] };
}

/** The states that an order went through, as `Submitted 3`, and the codes of errors, in order. */
export function story(events: readonly BookEvent[]): readonly string[] {
  return events.flatMap((event) => {
    if (event.kind === "order") return [`${event.order.status} ${event.order.filled}`];
    return event.kind === "error" ? [`error ${event.code}`] : [];
  });
}

/** The last state of an order that events tell. */
export function lastOrder(events: readonly BookEvent[]): Order {
  const orders = events.flatMap((event) => event.kind === "order" ? [event.order] : []);
  const last = orders.at(-1);
  if (!last) throw new Error(`no order in ${JSON.stringify(events)}`);
  return last;
}
