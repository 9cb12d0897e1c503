/** Orders and executions: this gateway is read-only, so every list is empty and every order refused. */
import type { FieldReader } from "../../wire/fields.ts";
import { readVersionAndReqId } from "../../wire/requests/account.ts";
import { executionDataEnd } from "../../wire/responses/executions.ts";
import { completedOrdersEnd, openOrderEnd } from "../../wire/responses/orders.ts";
import { SINCE } from "../../wire/versions.ts";
import { type Session, type Subject, validationText } from "../session.ts";

const READ_ONLY = "The API interface is currently in Read-Only mode.";

/** Orders of one connection. */
export function orders(session: Session): Subject {
  const refuse = (orderId: number): void => session.fail(orderId, 321, validationText(READ_ONLY));
  const noOpenOrders = (): void => session.send(openOrderEnd());
  return {
    handlers: new Map([
      [3, (reader: FieldReader) => refuse(reader.readRequestId())],
      [4, (reader: FieldReader) => {
        if (session.serverVersion < SINCE.cancelOrderWithoutVersion) reader.integer("version");
        refuse(reader.readRequestId());
      }],
      [58, () => refuse(-1)],
      [5, noOpenOrders],
      [16, noOpenOrders],
      // Orders made by hand are bound to client 0 from now on: there never is one.
      [15, () => {}],
      [99, () => session.send(completedOrdersEnd())],
      [7, (reader: FieldReader) => {
        session.send(executionDataEnd(readVersionAndReqId(reader)));
      }],
    ]),
  };
}
