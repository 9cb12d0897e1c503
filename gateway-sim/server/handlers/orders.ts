/** Paper orders of one connection: what it may place and cancel, and what it is told. */
import { type BookEvent, type Execution, type Order } from "../../orders/order.ts";
import type { FieldReader } from "../../wire/fields.ts";
import {
  type ExecutionsRequest,
  readCancelOrder,
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
  orderStatus,
} from "../../wire/responses/orders.ts";
import { DEFAULT_ZONE, ibTime, parseEndDateTime } from "../ib_time.ts";
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
    session.send(openOrder(orderFields(order), serverVersion, undefined));
    session.send(orderStatus(statusFields(order)));
  };

  const tellExecution = (reqId: number, execution: Execution): void => {
    const { execId, commission } = execution;
    session.send(executionDetails(reqId, executionFields(execution), serverVersion));
    if (!commission) return;
    const { amount, realizedPnl } = commission;
    session.send(commissionReport({ execId, commission: amount, currency: "USD", realizedPnl }));
  };

  const tell = (event: BookEvent): void => {
    switch (event.kind) {
      case "order":
        return event.order.request.clientId === clientId ? tellOrder(event.order) : undefined;
      case "preview": {
        const { order, preview } = event;
        if (order.request.clientId !== clientId) return;
        return session.send(openOrder(orderFields(order), serverVersion, previewFields(preview)));
      }
      case "execution": {
        const { execution } = event;
        if (execution.order.request.clientId === clientId) tellExecution(UNASKED, execution);
        return;
      }
      case "error":
        if (event.clientId === clientId) session.fail(event.orderId, event.code, event.text);
        return;
      case "account": // the accounts' handler tells of it
        return;
    }
  };

  const list = (orders: readonly Order[]): void => {
    for (const order of orders) tellOrder(order);
    session.send(openOrderEnd());
  };

  const own = (): readonly Order[] =>
    desk.open().filter((order) => order.request.clientId === clientId);

  const completed = (): void => {
    for (const order of desk.completed()) {
      const { end, filled } = order;
      if (!end) continue;
      const completion = { filled, text: end.text, time: ibTime(end.atMs, DEFAULT_ZONE) };
      session.send(completedOrder(orderFields(order), completion, serverVersion));
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

  return {
    handlers: new Map<number, Handler>([
      [3, (reader) => {
        const request = orderRequest(session, readPlaceOrder(reader, serverVersion));
        if (request) desk.place(request);
      }],
      [4, (reader) => desk.cancel(clientId, readCancelOrder(reader, serverVersion))],
      [5, () => list(own())],
      [16, () => list(desk.open())],
      [58, () => desk.cancelAll()],
      [7, executions],
      // Whether only those of API clients are wanted: there are no others.
      [99, completed],
      // Orders made by hand are bound to client 0 from now on: there never is one.
      [15, () => {}],
    ]),
    // As TWS does it with "Download open orders on connection" ticked.
    opened: () => own().forEach(tellOrder),
    close: desk.listen(tell),
  };
}

/** Whether an execution is one that was asked for. */
function fits(execution: Execution, asked: ExecutionsRequest): boolean {
  const { contract, side, account, orderId: _, clientId, exchange } = executionFields(execution);
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
