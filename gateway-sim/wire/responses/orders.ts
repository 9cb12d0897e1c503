/** The ends of lists of orders and executions. A read-only gateway has no orders to list. */
import { encodeFields } from "../fields.ts";

/** openOrderEnd (53). */
export function openOrderEnd(): string {
  return encodeFields(53, 1);
}

/** completedOrdersEnd (102): nothing but its id. */
export function completedOrdersEnd(): string {
  return encodeFields(102);
}

/** executionDataEnd (55). */
export function executionDataEnd(reqId: number): string {
  return encodeFields(55, 1, reqId);
}
