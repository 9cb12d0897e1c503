/**
 * The order desk: the one book of a gateway, what it needs of the market, and who is told what.
 * Orders outlive the connections of those who placed them.
 */
import type { Clock, Timer } from "../../base/clock.ts";
import type { Market } from "../market/market.ts";
import { OrderBook } from "../orders/book.ts";
import { multiplierOf } from "../orders/ledger.ts";
import type { BookEvent, Execution, Holding, Order, OrderRequest } from "../orders/order.ts";
import type { AccountValue } from "../wire/responses/account.ts";
import { accountValues, openings } from "./portfolio.ts";
import type { TradingHours } from "./trading_hours.ts";

/** How often opening and closing times are looked at while orders are open. */
const LOOK_EVERY_MS = 1_000;
const FIRST_ORDER_ID = 1;

/** What a desk is made of. */
export interface DeskOptions {
  readonly market: Market;
  readonly hours: TradingHours;
  readonly clock: Clock;
  readonly accounts: readonly string[];
  readonly seed: number;
  /** Orders, and requests about them, are refused; absent: taken. */
  readonly readOnly?: boolean;
}

/** The order desk of a gateway. */
export class OrderDesk {
  readonly readOnly: boolean;
  readonly #options: DeskOptions;
  readonly #book: OrderBook;
  readonly #listeners = new Set<(event: BookEvent) => void>();
  /** What ends the watch over an instrument, by contract ID. */
  readonly #watched = new Map<number, () => void>();
  /** By client, the greatest order ID that it used. */
  readonly #usedIds = new Map<number, number>();
  readonly #stopHours: () => void;
  #timer: Timer | undefined;

  constructor(options: DeskOptions) {
    const { market, hours, clock, accounts, seed } = options;
    this.#options = options;
    this.readOnly = options.readOnly ?? false;
    this.#book = new OrderBook({
      quoteOf: (conId) => market.quote(conId),
      isOpen: (conId) => hours.isOpen(conId),
      nowMs: () => clock.nowMs(),
      openings: openings(market, accounts),
      seed,
    });
    this.#stopHours = hours.onForced(() => this.#tell(this.#book.tick()));
  }

  /** The next order ID of a client: above every one that it used, in earlier connections, too. */
  nextOrderId(clientId: number): number {
    return (this.#usedIds.get(clientId) ?? FIRST_ORDER_ID - 1) + 1;
  }

  /** Calls the listener with what happens until the returned function is called. */
  listen(listener: (event: BookEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  place(request: OrderRequest): void {
    const { clientId, orderId } = request;
    this.#usedIds.set(clientId, Math.max(orderId, this.nextOrderId(clientId) - 1));
    this.#tell(this.#book.place(request));
  }

  cancel(clientId: number, orderId: number): void {
    this.#tell(this.#book.cancel(clientId, orderId));
  }

  cancelAll(): void {
    this.#tell(this.#book.cancelAll());
  }

  open(): readonly Order[] {
    return this.#book.open();
  }

  completed(): readonly Order[] {
    return this.#book.completed();
  }

  executions(): readonly Execution[] {
    return this.#book.executions();
  }

  /** What an account holds now. */
  holdings(account: string): readonly Holding[] {
    return this.#book.holdings(account).filter((it) => it.quantity !== 0);
  }

  /** The price at which a holding is valued. */
  mark(conId: number): number {
    return this.#book.mark(conId);
  }

  accountValues(account: string): readonly AccountValue[] {
    const holdings = this.holdings(account);
    const values = holdings.map(({ instrument, quantity }) =>
      quantity * this.mark(instrument.conId) * multiplierOf(instrument)
    );
    return accountValues({
      account,
      holdings,
      ...this.#book.figures(account),
      netValue: sum(values),
      grossValue: sum(values.map(Math.abs)),
      cost: sum(holdings.map((it) => it.quantity * it.averageCost)),
    });
  }

  /** Ends timers and watches. */
  close(): void {
    this.#stopHours();
    this.#timer?.cancel();
    for (const stop of this.#watched.values()) stop();
    this.#watched.clear();
  }

  #tell(events: readonly BookEvent[]): void {
    this.#watch();
    for (const event of events) {
      for (const listener of [...this.#listeners]) listener(event);
    }
  }

  /** Watches the quotes of open orders, and the hours while there are any. */
  #watch(): void {
    const open = this.#book.open();
    const wanted = new Set(
      open.flatMap((order) => order.request.contract.legs.map((leg) => leg.instrument.conId)),
    );
    for (const [conId, stop] of this.#watched) {
      if (wanted.has(conId)) continue;
      stop();
      this.#watched.delete(conId);
    }
    for (const conId of wanted) {
      if (this.#watched.has(conId)) continue;
      const onChange = (): void => this.#tell(this.#book.quoteChanged(conId));
      this.#watched.set(conId, this.#options.market.subscribe(conId, onChange));
    }
    if (open.length > 0) {
      const look = (): void => this.#tell(this.#book.tick());
      this.#timer ??= this.#options.clock.every(LOOK_EVERY_MS, look);
    } else {
      this.#timer?.cancel();
      this.#timer = undefined;
    }
  }
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
