/** The order book: takes orders, fills them against the market's quotes, and says what happened. */
import { mix } from "../../options/synthetic/random.ts";
import { cents, commissionOf } from "./commission.ts";
import { closeAfter } from "./hours.ts";
import { Ledger, multiplierOf, type Opening } from "./ledger.ts";
import { type Held, marginOf } from "./margin.ts";
import {
  type BookEvent,
  type Execution,
  type Holding,
  isOpen,
  isOver,
  type Margin,
  type Order,
  type OrderRequest,
  remaining,
} from "./order.ts";
import { directionOf, exact, type Match, type QuoteOf, Touch } from "./touch.ts";
import { faultOf, faultOfChange, isTooFar } from "./validate.ts";

/** What a book is made of. */
export interface BookOptions {
  readonly quoteOf: QuoteOf;
  readonly isOpen: (conId: number) => boolean;
  readonly nowMs: () => number;
  readonly openings: readonly Opening[];
  /** Permanent and execution IDs are of this seed and of the time at which the book was made. */
  readonly seed: number;
}

const FIRST_PERM_ID = 1_000_000_000;
const PERM_IDS = 1_000_000_000;

/** The orders, executions and accounts of a gateway. */
export class OrderBook {
  readonly #options: BookOptions;
  readonly #touch: Touch;
  readonly #ledger: Ledger;
  readonly #accounts: readonly string[];
  readonly #orders = new Map<string, Order>();
  readonly #open = new Map<string, Order>();
  readonly #executions: Execution[] = [];
  /** What was charged so far, by order and leg. */
  readonly #charged = new Map<string, number>();
  readonly #firstPermId: number;
  readonly #run: string;
  #placed = 0;
  #fills = 0;

  constructor(options: BookOptions) {
    this.#options = options;
    this.#touch = new Touch(options.quoteOf);
    this.#ledger = new Ledger(options.openings);
    this.#accounts = options.openings.map(({ account }) => account);
    const run = mix(options.seed, options.nowMs());
    this.#firstPermId = FIRST_PERM_ID + run % PERM_IDS;
    this.#run = run.toString(16).padStart(8, "0");
  }

  /** Orders to which something can still happen. */
  open(): readonly Order[] {
    return [...this.#open.values()];
  }

  /** Those that were filled, cancelled or refused. */
  completed(): readonly Order[] {
    return [...this.#orders.values()].filter((order) => !isOpen(order));
  }

  executions(): readonly Execution[] {
    return this.#executions;
  }

  /** What an account holds, and what it held and has closed, with 0. */
  holdings(account: string): readonly Holding[] {
    return this.#ledger.holdings(account);
  }

  /** Cash, what was realized, and margin of an account. */
  figures(account: string): { readonly cash: number; readonly realizedPnl: number } & Margin {
    const cash = this.#ledger.cash(account);
    return {
      cash: cents(cash),
      realizedPnl: cents(this.#ledger.realizedPnl(account)),
      ...this.#marginWith(cash, this.#ledger.holdings(account)),
    };
  }

  /** What one of an instrument is worth now, without its multiplier. */
  mark(conId: number): number {
    return this.#touch.mark(conId);
  }

  /** Places an order, or changes the one of this client with this ID. */
  place(request: OrderRequest): readonly BookEvent[] {
    const fault = faultOf(request, this.#accounts);
    if (fault) return [errorOf(request, fault.code, fault.text)];
    const before = this.#orders.get(keyOf(request));
    const change = before && faultOfChange(before, request);
    if (change) return [errorOf(request, change.code, change.text)];
    if (request.whatIf) return [this.#preview(request)];
    const nowMs = this.#options.nowMs();
    const order: Order = {
      permId: this.#firstPermId + this.#placed++,
      filled: 0,
      averagePrice: 0,
      lastPrice: 0,
      placedMs: nowMs,
      ...before,
      end: undefined,
      request,
      status: request.transmit ? "PreSubmitted" : "ApiPending",
      triggered: !request.type.startsWith("STP"),
    };
    if (!request.transmit) return [this.#keep(order)];
    const refused = this.#refusal(order);
    if (refused) return refused;
    if (order.filled === request.quantity) {
      return [this.#end(order, "Filled", `Filled Size: ${order.filled}`)];
    }
    if (!this.#isOpen(order)) return [this.#keep(order), this.#waits(request)];
    return this.#work(order, { always: "say" });
  }

  /** The order of a client under an ID, open or over. */
  find(clientId: number, orderId: number): Order | undefined {
    return this.#orders.get(keyOf({ clientId, orderId }));
  }

  /** Cancels an order of a client. */
  cancel(clientId: number, orderId: number): readonly BookEvent[] {
    const order = this.find(clientId, orderId);
    if (!order) {
      const text = `OrderId ${orderId} that needs to be cancelled is not found.`;
      return [errorOf({ clientId, orderId }, 10147, text)];
    }
    if (isOver(order)) {
      const text =
        `OrderId ${orderId} that needs to be cancelled cannot be cancelled, state: ${order.status}.`;
      return [errorOf({ clientId, orderId }, 10148, text)];
    }
    return this.#cancel(order, "Cancelled by Trader");
  }

  /** Cancels every order, whoever placed it. */
  cancelAll(): readonly BookEvent[] {
    return this.open().flatMap((order) => this.#cancel(order, "Cancelled by Trader"));
  }

  /** An instrument's quote has changed: what can be filled now is. */
  quoteChanged(conId: number): readonly BookEvent[] {
    const touched = this.open().filter((order) =>
      order.request.contract.legs.some((leg) => leg.instrument.conId === conId)
    );
    return touched.flatMap((order) => this.#work(order, { always: undefined }));
  }

  /** Time has passed: orders of the day end at the close, and what waits begins at the opening. */
  tick(): readonly BookEvent[] {
    const nowMs = this.#options.nowMs();
    return this.open().flatMap((order) => {
      const [leg] = order.request.contract.legs;
      const closesMs = leg && closeAfter(leg.instrument, order.placedMs);
      const late = closesMs !== undefined && nowMs >= closesMs;
      if (order.request.tif === "DAY" && late) return [this.#end(order, "Cancelled", "Expired")];
      return this.#work(order, { always: undefined });
    });
  }

  #cancel(order: Order, why: string): BookEvent[] {
    const events = [this.#keep({ ...order, status: "PendingCancel" })];
    events.push(this.#end(order, "Cancelled", why));
    events.push(errorOf(order.request, 202, "Order Canceled - reason:"));
    return events;
  }

  /** Triggers, shows and fills an order as far as the market allows. */
  #work(order: Order, options: { readonly always: "say" | undefined }): BookEvent[] {
    if (order.status === "ApiPending") return [];
    if (!this.#isOpen(order)) return [];
    const triggered = order.triggered || this.#touch.reaches(order);
    const status = triggered ? "Submitted" : "PreSubmitted";
    let current: Order = { ...order, triggered, status };
    const events: BookEvent[] = [];
    if (options.always || status !== order.status) events.push(this.#keep(current));
    const match = triggered ? this.#match(current) : undefined;
    if (match) {
      events.push(...this.#fill(current, match));
      current = this.#orders.get(keyOf(order.request)) ?? current;
    }
    if (current.request.tif === "IOC" && !isOver(current)) {
      events.push(...this.#cancel(current, "Immediate or cancel"));
    }
    return events;
  }

  #match(order: Order): Match | undefined {
    const match = this.#touch.match(order, remaining(order));
    const { limitPrice, action } = order.request;
    if (!match || limitPrice === undefined) return match;
    const within = action === "BUY" ? match.price <= limitPrice : match.price >= limitPrice;
    return within ? match : undefined;
  }

  #fill(order: Order, match: Match): BookEvent[] {
    const { request } = order;
    const { units, price, legPrices } = match;
    this.#touch.take(order, units);
    const filled = order.filled + units;
    const averagePrice = exact((order.averagePrice * order.filled + price * units) / filled);
    const after: Order = { ...order, filled, averagePrice, lastPrice: price };
    const whole = filled === request.quantity;
    const fill = String(++this.#fills).padStart(8, "0");
    const executions: Execution[] = [];
    const common = { order: after, atMs: this.#options.nowMs() };
    const combination = request.contract.kind === "combination";
    if (combination) {
      executions.push({
        ...common,
        execId: `${this.#run}.${fill}.01.01`,
        instrument: undefined,
        action: request.action,
        quantity: units,
        price,
        cumulativeQuantity: filled,
        averagePrice,
        commission: undefined,
      });
    }
    for (const [index, leg] of request.contract.legs.entries()) {
      const { instrument, ratio } = leg;
      const legPrice = legPrices[index] ?? 0;
      const action = directionOf(request.action, leg.action);
      const quantity = units * ratio;
      const charge = this.#charge(after, index, legPrice);
      const trade = { instrument, action, quantity, price: legPrice, commission: charge };
      const realizedPnl = this.#ledger.book(request.account, trade);
      const part = String(index + (combination ? 2 : 1)).padStart(2, "0");
      executions.push({
        ...common,
        execId: `${this.#run}.${fill}.${part}.01`,
        instrument,
        action,
        quantity,
        price: legPrice,
        cumulativeQuantity: filled * ratio,
        averagePrice: combination ? legPrice : averagePrice,
        commission: { amount: charge, realizedPnl: realizedPnl && cents(realizedPnl) },
      });
    }
    this.#executions.push(...executions);
    const told = whole ? this.#end(after, "Filled", `Filled Size: ${filled}`) : this.#keep(after);
    const conIds = new Set(request.contract.legs.map((leg) => leg.instrument.conId));
    const holdings = this.#ledger.holdings(request.account)
      .filter((it) => conIds.has(it.instrument.conId));
    return [
      ...executions.map((execution) => ({ kind: "execution", execution }) as const),
      told,
      { kind: "account", account: request.account, holdings },
    ];
  }

  /** What a leg's fills so far cost, less what was charged before. */
  #charge(order: Order, index: number, price: number): number {
    const leg = order.request.contract.legs[index];
    if (!leg) return 0;
    const key = `${keyOf(order.request)}/${index}`;
    const charged = this.#charged.get(key) ?? 0;
    const whole = commissionOf(leg.instrument, order.filled * leg.ratio, price);
    this.#charged.set(key, Math.max(charged, whole));
    return cents(Math.max(0, whole - charged));
  }

  /** The two ways in which IB refuses an order that it has taken; nothing for a good one. */
  #refusal(order: Order): BookEvent[] | undefined {
    const { request } = order;
    const [leg] = request.contract.legs;
    const ask = leg && this.#touch.side(leg.instrument.conId, "BUY");
    if (ask && isTooFar(request, ask.price)) {
      const text = "Order rejected - reason:The limit price is too far outside of the market.";
      return [errorOf(request, 201, text), this.#end(order, "Cancelled", "Rejected")];
    }
    const { before, after } = this.#previewOf(request);
    const short = after.equityWithLoan < after.initial;
    const worse = after.equityWithLoan - after.initial < before.equityWithLoan - before.initial;
    if (!short || !worse) return undefined;
    const figures = `[${after.equityWithLoan.toFixed(2)} USD] MUST EXCEED THE INITIAL MARGIN ` +
      `[${after.initial.toFixed(2)} USD]`;
    const text = "Order rejected - reason:YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE " +
      `DESIRED POSITION YOUR EQUITY WITH LOAN VALUE ${figures}`;
    return [errorOf(request, 201, text), this.#end(order, "Inactive", "Rejected")];
  }

  #preview(request: OrderRequest): BookEvent {
    const order: Order = {
      request,
      permId: 0,
      status: "PreSubmitted",
      filled: 0,
      averagePrice: 0,
      lastPrice: 0,
      triggered: false,
      placedMs: this.#options.nowMs(),
      end: undefined,
    };
    return { kind: "preview", order, preview: this.#previewOf(request) };
  }

  /** The account before an order, and after it was filled whole at its worst price. */
  #previewOf(request: OrderRequest): {
    readonly before: Margin;
    readonly after: Margin;
    readonly commission: number;
  } {
    const { account, contract, action, quantity, limitPrice, stopPrice } = request;
    const holdings = this.#ledger.holdings(account);
    const cash = this.#ledger.cash(account);
    const held = new Map(holdings.map((it) => [it.instrument.conId, it as Held]));
    let paid = 0;
    let commission = 0;
    for (const leg of contract.legs) {
      const direction = directionOf(action, leg.action);
      const { conId } = leg.instrument;
      const touch = this.#touch.side(conId, direction)?.price ?? this.#touch.mark(conId);
      const single = contract.kind === "single";
      const price = single ? limitPrice ?? stopPrice ?? touch : touch;
      const change = quantity * leg.ratio * (direction === "BUY" ? 1 : -1);
      paid += change * price * multiplierOf(leg.instrument);
      commission += commissionOf(leg.instrument, quantity * leg.ratio, price);
      const now = held.get(conId)?.quantity ?? 0;
      held.set(conId, { instrument: leg.instrument, quantity: now + change });
    }
    return {
      before: this.#marginWith(cash, holdings),
      after: this.#marginWith(cash - paid - commission, [...held.values()]),
      commission: cents(commission),
    };
  }

  #marginWith(cash: number, held: readonly Held[]): Margin {
    const margin = marginOf(cash, held, (conId) => this.#touch.mark(conId));
    return {
      initial: cents(margin.initial),
      maintenance: cents(margin.maintenance),
      equityWithLoan: cents(margin.equityWithLoan),
    };
  }

  #isOpen(order: Order): boolean {
    return order.request.contract.legs.every((leg) => this.#options.isOpen(leg.instrument.conId));
  }

  #waits(request: OrderRequest): BookEvent {
    const { action, quantity, contract } = request;
    const names = contract.legs.map((leg) => leg.instrument.localSymbol).join("/");
    const text = `Order Message:\n${action} ${quantity} ${names}\n` +
      "Warning: your order will not be placed at the exchange until the market opens.";
    return errorOf(request, 399, text);
  }

  #keep(order: Order): BookEvent {
    const key = keyOf(order.request);
    this.#orders.set(key, order);
    if (isOpen(order)) this.#open.set(key, order);
    else this.#open.delete(key);
    return { kind: "order", order };
  }

  #end(order: Order, status: "Filled" | "Cancelled" | "Inactive", text: string): BookEvent {
    return this.#keep({ ...order, status, end: { atMs: this.#options.nowMs(), text } });
  }
}

function keyOf(of: { readonly clientId: number; readonly orderId: number }): string {
  return `${of.clientId}/${of.orderId}`;
}

function errorOf(
  of: { readonly clientId: number; readonly orderId: number },
  code: number,
  text: string,
): BookEvent {
  return { kind: "error", clientId: of.clientId, orderId: of.orderId, code, text };
}
