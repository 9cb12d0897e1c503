/** Paper orders of one connection: what it may place and cancel, and what it is told. */
import { type BookEvent, type Execution, type Order } from "../../orders/order.ts";
import type { FieldReader } from "../../wire/fields.ts";
import {
  type ExecutionsRequest,
  readAutoOpenOrders,
  readCancelOrder,
  readCompletedOrdersRequest,
  readExecutionsRequest,
  readPlaceOrder,
} from "../../wire/requests/orders.ts";
import {
  commissionReport,
  executionDataEnd,
  executionDetails,
} from "../../wire/responses/executions.ts";
import {
  completedOrder,
  completedOrdersEnd,
  openOrder,
  openOrderEnd,
  orderBound,
  type OrderFields,
  orderStatus,
} from "../../wire/responses/orders.ts";
import { DEFAULT_ZONE, ibTime, parseEndDateTime } from "../ib_time.ts";
import { BINDING_CLIENT } from "../order_desk.ts";
import { executionFields, orderFields, previewFields, statusFields } from "../order_messages.ts";
import { orderRequest } from "../order_requests.ts";
import { type Handler, type Session, type Subject, validationText } from "../session.ts";

const READ_ONLY = "The API interface is currently in Read-Only mode.";
/** Where executions are told although nobody asked. */
const UNASKED = -1;

/** Orders of one connection. */
export function orders(session: Session): Subject {
  const { desk } = session.gateway;
  return desk.readOnly ? refusing(session) : trading(session);
}

/** All that has to do with orders is refused; executions, of which there are none, are not. */
function refusing(session: Session): Subject {
  const refuse = (orderId: number): void => session.fail(orderId, 321, validationText(READ_ONLY));
  const refuseRequest: Handler = () => refuse(-1);
  return {
    handlers: new Map<number, Handler>([
      [3, (reader) => refuse(reader.readRequestId())],
      [4, (reader) => refuse(readCancelOrder(reader, session.serverVersion))],
      ...[5, 15, 16, 58, 99].map((id) => [id, refuseRequest] as const),
      [7, (reader) => session.send(executionDataEnd(readExecutionsRequest(reader).reqId))],
    ]),
  };
}

function trading(session: Session): Subject {
  const { serverVersion, clientId } = session;
  const { desk } = session.gateway;

  const tellOrder = (order: Order): void => {
    const orderId = desk.shownId(order);
    session.send(openOrder(orderFields(order, orderId), serverVersion, undefined));
    session.send(orderStatus(statusFields(order, orderId)));
  };

  const tellExecution = (reqId: number, execution: Execution): void => {
    const { execId, commission } = execution;
    const fields = executionFields(execution, desk.shownId(execution.order));
    session.send(executionDetails(reqId, fields, serverVersion));
    if (!commission) return;
    const { amount, realizedPnl } = commission;
    session.send(commissionReport({ execId, commission: amount, currency: "USD", realizedPnl }));
  };

  /** Whether an order is this client's: one made by hand is client 0's once it is bound. */
  const isOwn = (order: Order): boolean =>
    order.request.clientId === clientId && desk.shownId(order) !== 0;

  const tell = (event: BookEvent): void => {
    switch (event.kind) {
      case "order":
        return isOwn(event.order) ? tellOrder(event.order) : undefined;
      case "preview": {
        const { order, preview } = event;
        if (!isOwn(order)) return;
        const fields = orderFields(order, order.request.orderId);
        return session.send(openOrder(fields, serverVersion, previewFields(preview)));
      }
      case "execution":
        return isOwn(event.execution.order) ? tellExecution(UNASKED, event.execution) : undefined;
      case "bound": {
        const { order: { request, permId } } = event;
        if (!isOwn(event.order)) return;
        return session.send(orderBound(permId, request.clientId, request.orderId));
      }
      case "error":
        if (event.clientId !== clientId || !desk.isUsable(clientId, event.orderId)) return;
        return session.fail(event.orderId, event.code, event.text);
      case "account": // the accounts' handler tells of it
        return;
    }
  };

  const list = (orders: readonly Order[]): void => {
    for (const order of orders) tellOrder(order);
    session.send(openOrderEnd());
  };

  const own = (): readonly Order[] => desk.open().filter(isOwn);

  const completed = (onlyByApi: boolean): void => {
    for (const order of desk.completed()) {
      const { end, filled, request } = order;
      if (!end || (onlyByApi && request.orderId < 0)) continue;
      const completion = { filled, text: end.text, time: ibTime(end.atMs, DEFAULT_ZONE) };
      session.send(completedOrder(completedFields(order), completion, serverVersion));
    }
    session.send(completedOrdersEnd());
  };

  const executions = (reader: FieldReader): void => {
    const request = readExecutionsRequest(reader);
    const sinceMs = request.time === "" ? 0 : parseEndDateTime(request.time, 0);
    if (sinceMs === undefined) {
      const cause = `time '${request.time}'; allowed is 20260715-09:30:00.`;
      return session.fail(request.reqId, 321, validationText(cause));
    }
    for (const execution of desk.executions()) {
      if (execution.atMs >= sinceMs && fits(execution, request)) {
        tellExecution(request.reqId, execution);
      }
    }
    session.send(executionDataEnd(request.reqId));
  };

  const place = (reader: FieldReader): void => {
    const request = orderRequest(session, readPlaceOrder(reader, serverVersion));
    if (!request) return;
    const { orderId } = request;
    if (desk.isUsable(clientId, orderId)) return desk.place(request);
    session.fail(orderId, 321, validationText(`order ID ${orderId}; allowed are those above 0.`));
  };

  const cancel = (reader: FieldReader): void => {
    const orderId = readCancelOrder(reader, serverVersion);
    if (desk.isUsable(clientId, orderId)) return desk.cancel(clientId, orderId);
    session.fail(orderId, 10147, `OrderId ${orderId} that needs to be cancelled is not found.`);
  };

  const binds = clientId === BINDING_CLIENT;
  const ownOpen = (): void => {
    if (binds) desk.bindOpen();
    list(own());
  };

  const stopListening = desk.listen(tell);
  return {
    handlers: new Map<number, Handler>([
      [3, place],
      [4, cancel],
      [5, ownOpen],
      [16, () => list(desk.open())],
      [58, () => desk.cancelAll()],
      [7, executions],
      [99, (reader) => completed(readCompletedOrdersRequest(reader))],
      [15, (reader) => {
        const wanted = readAutoOpenOrders(reader);
        if (binds) return desk.bindByHand(wanted);
        session.fail(-1, 321, validationText("only client 0 may have orders made by hand bound."));
      }],
    ]),
    // As TWS does it with "Download open orders on connection" ticked.
    opened: () => own().forEach(tellOrder),
    close() {
      stopListening();
      if (binds) desk.bindByHand(UNBOUND);
    },
  };
}

/** TWS lists an order that was Inactive as Cancelled once it is over (ib_insync issue 559). */
function completedFields(order: Order): OrderFields {
  const fields = orderFields(order, order.request.orderId);
  return order.status === "Inactive" ? { ...fields, status: "Cancelled" } : fields;
}

/** Orders made by hand are nobody's. */
const UNBOUND = false;

/** Whether an execution is one that was asked for. */
function fits(execution: Execution, asked: ExecutionsRequest): boolean {
  const { request } = execution.order;
  const { contract, side, account, clientId, exchange } = executionFields(
    execution,
    request.orderId,
  );
  const sides: Readonly<Record<string, string>> = { BUY: "BOT", SELL: "SLD" };
  const wantedSide = asked.side.toUpperCase();
  const same = (wanted: string, is: string): boolean => wanted === "" || wanted === is;
  return (asked.clientId === 0 || asked.clientId === clientId) &&
    same(asked.account, account) &&
    same(asked.symbol, contract.symbol) &&
    same(asked.secType, contract.secType) &&
    same(asked.exchange, exchange) &&
    same(sides[wantedSide] ?? wantedSide, side);
}
