/** From the book's orders and executions to what the messages about them say. */
import {
  type Execution,
  type Order,
  type OrderContract,
  type Preview,
  remaining,
} from "../orders/order.ts";
import type { ExecutionFields } from "../wire/responses/executions.ts";
import type { OrderedContract } from "../wire/responses/ordered_contract.ts";
import type { OrderFields, OrderPreview, StatusFields } from "../wire/responses/orders.ts";
import { DEFAULT_ZONE, ibTime } from "./ib_time.ts";

const EXCHANGE = "SMART";
const CURRENCY = "USD";

/** The contract as TWS describes it. */
export function orderedContract({ kind, legs }: OrderContract): OrderedContract {
  const [first] = legs;
  if (kind === "single" && first) return first.instrument;
  return {
    secType: "BAG",
    symbol: [...new Set(legs.map((leg) => leg.instrument.symbol))].join(),
    exchange: EXCHANGE,
    currency: CURRENCY,
    legs: legs.map(({ instrument, ratio, action }) => ({
      conId: instrument.conId,
      ratio,
      action,
      exchange: EXCHANGE,
    })),
  };
}

/** What openOrder and completedOrder say, under the ID that the client knows. */
export function orderFields({ request, permId, status }: Order, orderId: number): OrderFields {
  return {
    orderId,
    clientId: request.clientId,
    permId,
    account: request.account,
    contract: orderedContract(request.contract),
    action: request.action,
    quantity: request.quantity,
    orderType: request.type,
    limitPrice: request.limitPrice,
    auxPrice: request.stopPrice,
    tif: request.tif,
    orderRef: request.orderRef,
    outsideRth: request.outsideRth,
    status,
  };
}

/** What orderStatus says. */
export function statusFields(order: Order, orderId: number): StatusFields {
  return {
    orderId,
    clientId: order.request.clientId,
    permId: order.permId,
    status: order.status,
    filled: order.filled,
    remaining: remaining(order),
    averageFillPrice: order.averagePrice,
    lastFillPrice: order.lastPrice,
    whyHeld: "",
  };
}

/** What execDetails says. */
export function executionFields(it: Execution, orderId: number): ExecutionFields {
  const { request, permId } = it.order;
  return {
    execId: it.execId,
    orderId,
    clientId: request.clientId,
    permId,
    account: request.account,
    contract: it.instrument ?? orderedContract(request.contract),
    exchange: EXCHANGE,
    side: it.action === "BUY" ? "BOT" : "SLD",
    shares: it.quantity,
    price: it.price,
    time: ibTime(it.atMs, DEFAULT_ZONE),
    cumulativeQuantity: it.cumulativeQuantity,
    averagePrice: it.averagePrice,
    orderRef: request.orderRef,
  };
}

/** What openOrder says of a what-if order. */
export function previewFields({ before, after, commission }: Preview): OrderPreview {
  return {
    initMargin: { before: before.initial, after: after.initial },
    maintMargin: { before: before.maintenance, after: after.maintenance },
    equityWithLoan: { before: before.equityWithLoan, after: after.equityWithLoan },
    commission,
    minCommission: commission,
    maxCommission: commission,
    currency: CURRENCY,
    warning: "",
  };
}
