/** What is wrong with an order before the book takes it: IB's codes and, where known, its texts. */
import { exact } from "./touch.ts";
import type { Order, OrderRequest } from "./order.ts";

/** Why an order is not taken. */
export interface Fault {
  readonly code: number;
  readonly text: string;
}

/** A limit to buy may be so many times the ask, and then some price steps. */
const FARTHEST_TIMES = 3;
const FARTHEST_TICKS = 100;

/** What is wrong with an order in itself, whatever the market and the account are. */
export function faultOf(
  request: OrderRequest,
  accounts: readonly string[],
): Fault | undefined {
  const { quantity, type, limitPrice, stopPrice, contract } = request;
  if (!accounts.includes(request.account)) {
    return invalid(`Invalid account code '${request.account}'.`);
  }
  if (quantity === 0) return { code: 434, text: "The order size cannot be zero." };
  if (!Number.isInteger(quantity) || quantity < 0 || quantity > MOST_QUANTITY) {
    return invalid(`Order size ${quantity}; allowed are whole numbers from 1 to ${MOST_QUANTITY}.`);
  }
  const combination = contract.kind === "combination";
  if (combination && type.startsWith("STP")) {
    return invalid("a combination's order type is LMT or MKT.");
  }
  if (type.endsWith("LMT") && limitPrice === undefined) {
    return invalid("The limit price is missing.");
  }
  if (type.startsWith("STP") && stopPrice === undefined) {
    return invalid("The stop price is missing.");
  }
  for (const price of [limitPrice, stopPrice]) {
    if (price === undefined) continue;
    if (!combination && price <= 0) return invalid(`Price ${price}; allowed are those above 0.`);
    if (!isOnTick(price, tickOf(request))) {
      const text = "The price does not conform to the minimum price variation for this contract.";
      return { code: 110, text };
    }
  }
  return undefined;
}

const MOST_QUANTITY = 10_000_000;

function invalid(cause: string): Fault {
  return { code: 321, text: `Error validating request.-'bW' : cause - ${cause}` };
}

/** The price step of what is ordered: of a combination a cent. */
function tickOf({ contract }: OrderRequest): number {
  const [leg] = contract.legs;
  return contract.kind === "single" && leg ? leg.instrument.minTick : 0.01;
}

function isOnTick(price: number, tick: number): boolean {
  const steps = price / tick;
  return Math.abs(steps - Math.round(steps)) < 1e-6;
}

/** Why an order may not take the place of one that was placed before under the same ID. */
export function faultOfChange(before: Order, request: OrderRequest): Fault | undefined {
  if (before.status === "Filled") return { code: 104, text: "Cannot modify a filled order." };
  if (before.status === "Cancelled") return { code: 103, text: "Duplicate order id" };
  const was = before.request;
  const same = was.action === request.action && was.account === request.account &&
    was.contract.kind === request.contract.kind && legsOf(was) === legsOf(request);
  if (!same) {
    return { code: 105, text: "Order being modified does not match original order." };
  }
  if (request.quantity < before.filled) {
    return invalid(`Order size ${request.quantity}; ${before.filled} are filled already.`);
  }
  return undefined;
}

function legsOf({ contract }: OrderRequest): string {
  return contract.legs.map((leg) => `${leg.instrument.conId} ${leg.ratio} ${leg.action}`).join();
}

/** Whether a limit to buy is so far above the ask that it must be a mistake. */
export function isTooFar(request: OrderRequest, ask: number): boolean {
  const { type, limitPrice, action, contract } = request;
  if (type !== "LMT" || action !== "BUY" || contract.kind !== "single") return false;
  const farthest = exact(FARTHEST_TIMES * ask + FARTHEST_TICKS * tickOf(request));
  return limitPrice !== undefined && limitPrice > farthest;
}
