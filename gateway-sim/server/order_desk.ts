/**
 * The order desk: the one book of a gateway, what it needs of the market, and who is told what.
 * Orders outlive the connections of those who placed them.
 */
import type { Clock, Timer } from "../../base/clock.ts";
import type { Instrument, Market } from "../market/market.ts";
import { OrderBook } from "../orders/book.ts";
import { multiplierOf } from "../orders/ledger.ts";
import type { BookEvent, Execution, Holding, Order, OrderRequest } from "../orders/order.ts";
import type { AccountValue } from "../wire/responses/account.ts";
import { accountValues, openings } from "./portfolio.ts";
import type { TradingHours } from "./trading_hours.ts";

/** How often opening and closing times are looked at while orders are open. */
const LOOK_EVERY_MS = 1_000;
const FIRST_ORDER_ID = 1;
/** The only client to which TWS binds orders made by hand. */
export const BINDING_CLIENT = 0;

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
  /** The orders made by hand that client 0 has as its own, by permanent ID. */
  readonly #bound = new Set<number>();
  readonly #stopHours: () => void;
  #bindsByHand = false;
  #madeByHand = 0;
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

  get accounts(): readonly string[] {
    return this.#options.accounts;
  }

  /** The instrument of a contract ID, or of a local symbol. */
  find(name: number | string): Instrument | undefined {
    const { market } = this.#options;
    if (typeof name === "number") return market.instrument(name);
    return name === "" ? undefined : market.find({ localSymbol: name })[0];
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

  /** Places an order as if it were typed into TWS, and returns what became of it. */
  placeByHand(order: Omit<OrderRequest, "clientId" | "orderId">): readonly BookEvent[] {
    // No client places orders under such IDs; TWS gives them to orders that it binds.
    const orderId = -++this.#madeByHand;
    const events = this.#book.place({ ...order, clientId: BINDING_CLIENT, orderId });
    const first = events.find((event) => event.kind === "order");
    if (first && this.#bindsByHand) this.#bind(first.order);
    this.#tell(events);
    return events;
  }

  /** Whether orders made by hand from now on are client 0's. */
  bindByHand(binds: boolean): void {
    this.#bindsByHand = binds;
  }

  /** Makes the open orders that were made by hand client 0's. */
  bindOpen(): void {
    for (const order of this.open()) this.#bind(order);
  }

  /** The ID under which clients know an order: 0 for one made by hand that is nobody's. */
  shownId({ request: { orderId }, permId }: Order): number {
    return orderId > 0 || this.#bound.has(permId) ? orderId : 0;
  }

  /** Whether a client may order under this ID, and hear of it: below 0 it must have been bound. */
  isUsable(clientId: number, orderId: number): boolean {
    if (orderId > 0) return true;
    const order = this.#book.find(clientId, orderId);
    return order !== undefined && this.#bound.has(order.permId);
  }

  #bind(order: Order): void {
    if (order.request.orderId > 0 || this.#bound.has(order.permId)) return;
    this.#bound.add(order.permId);
    this.#tell([{ kind: "bound", order }]);
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
