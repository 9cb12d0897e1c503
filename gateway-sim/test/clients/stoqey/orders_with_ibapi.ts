/** Paper orders with `IBApi` of `@stoqey/ib`; `../orders_test.ts` has the market they trade in. */
import {
  type CommissionReport,
  type Contract,
  EventName,
  type Execution,
  IBApi,
  type Order,
  OrderAction,
  type OrderState,
  OrderType,
  SecType,
  TimeInForce,
} from "@stoqey/ib";
import { strict as assert } from "node:assert";
import { parseArgs } from "node:util";
import * as run from "./run.ts";

const OF_ALL_CLIENTS = false;
const READ_ONLY = "The API interface is currently in Read-Only mode.";

const text = { type: "string", default: "" } as const;
const flag = { type: "boolean", default: false } as const;
const { values: args } = parseArgs({
  options: { port: text, "control-port": text, "client-id": text, "read-only": flag },
});
const clientId = Number(args["client-id"]);
const watch = new run.Watch();
const ib = new IBApi({
  host: "127.0.0.1",
  port: Number(args.port),
  clientId,
  maxReqPerSec: 40,
});

interface Status {
  readonly status: string;
  readonly filled: number;
  readonly averagePrice: number;
}

let nextId = 0;
let call: Contract = {};
const ended = new Set<string | number>();
const errors = new Map<number, [code: number, text: string][]>();
const opened = new Map<number, { readonly order: Order; readonly state: OrderState }>();
const statuses = new Map<number, Status>();
const executions: Execution[] = [];
const commissions = new Map<string | undefined, CommissionReport>();
const completed: string[] = [];
let held = 0;

ib.on(EventName.error, (error, code, key) => {
  errors.set(key, [...errors.get(key) ?? [], [code, error.message]]);
  watch.changed();
});
ib.on(EventName.info, (message, code) => {
  if (!run.NOTICES.includes(code)) run.noise.push(`info ${code}: ${message}`);
});
ib.on(EventName.nextValidId, (id) => {
  nextId = id;
  watch.changed();
});
ib.on(EventName.contractDetails, (_key, details) => {
  if (details.contract.strike === 210) call = details.contract;
});
ib.on(EventName.contractDetailsEnd, end);
ib.on(EventName.openOrder, (id, _contract, order, state) => {
  opened.set(id, { order, state });
  watch.changed();
});
ib.on(EventName.openOrderEnd, () => end("open orders"));
ib.on(EventName.orderStatus, (id, status, filled, _remaining, averagePrice) => {
  statuses.set(id, { status, filled: filled ?? 0, averagePrice: averagePrice ?? 0 });
  watch.changed();
});
ib.on(EventName.execDetails, (_key, _contract, execution) => {
  executions.push(execution);
  watch.changed();
});
ib.on(EventName.execDetailsEnd, end);
ib.on(EventName.commissionReport, (report) => {
  commissions.set(report.execId, report);
  watch.changed();
});
ib.on(EventName.completedOrder, (_contract, _order, state) => completed.push(String(state.status)));
ib.on(EventName.completedOrdersEnd, () => end("completed orders"));
ib.on(EventName.position, (_account, contract, quantity) => {
  if (contract.conId === call.conId) held = quantity;
  watch.changed();
});
ib.on(EventName.positionEnd, () => end("positions"));
ib.on(EventName.disconnected, () => end("connection"));

function end(key: string | number): void {
  ended.add(key);
  watch.changed();
}

/** Places an order and returns its ID. */
function place(orderType: OrderType, quantity: number, attributes: Partial<Order> = {}): number {
  const order = { action: OrderAction.BUY, orderType, totalQuantity: quantity, transmit: true };
  const id = nextId++;
  ib.placeOrder(id, call, { ...order, tif: TimeInForce.DAY, ...attributes });
  return id;
}

async function reach(id: number, status: string, filled: number): Promise<Status> {
  await watch.until(() => {
    const last = statuses.get(id);
    return last?.status === status && last.filled === filled;
  }, `${status} of order ${id} with ${filled} filled`);
  return statuses.get(id) ?? assert.fail();
}

/** Waits for an error of an order or a request, takes it off, and returns its text. */
async function errorOf(key: number, code: number): Promise<string> {
  const find = (): string | undefined => errors.get(key)?.find((each) => each[0] === code)?.[1];
  await watch.until(() => find() !== undefined, `error ${code} of ${key}`);
  const found = find() ?? assert.fail();
  errors.delete(key);
  return found;
}

async function showNextLook(): Promise<void> {
  const url = `http://127.0.0.1:${args["control-port"]}/replay/step`;
  const response = await fetch(url, { method: "POST", body: "{}" });
  assert.ok(response.ok, await response.text());
}

await run.step("connect", async () => {
  ib.connect();
  await watch.until(() => nextId > 0, "order id");
  return `next order id ${nextId}`;
});
await run.step("contract", async () => {
  ib.reqContractDetails(900, { symbol: "EA", secType: SecType.OPT, exchange: "SMART" });
  await watch.until(() => ended.has(900), "end of contracts");
  return call.localSymbol ?? assert.fail("no call of 210");
});
if (args["read-only"]) {
  await run.step("read-only", async () => {
    const refused = await errorOf(place(OrderType.LMT, 1, { lmtPrice: 0.95 }), 321);
    assert.ok(refused.includes(READ_ONLY), refused);
    return refused;
  });
} else {
  await run.step("resting order, cancelled", async () => {
    const id = place(OrderType.LMT, 1, { lmtPrice: 0.95 });
    await reach(id, "Submitted", 0);
    assert.equal(opened.get(id)?.order.lmtPrice, 0.95);
    ib.cancelOrder(id);
    await reach(id, "Cancelled", 0);
    return await errorOf(id, 202);
  });
  await run.step("market order", async () => {
    const { averagePrice } = await reach(place(OrderType.MKT, 5), "Filled", 5);
    await watch.until(() => commissions.has(executions.at(-1)?.execId), "commission");
    const execution = executions.at(-1);
    assert.deepEqual([averagePrice, execution?.price, execution?.shares], [1.1, 1.1, 5]);
    return `5 at 1.10, commission ${commissions.get(execution?.execId)?.commission}`;
  });
  await run.step("big order in parts", async () => {
    ib.reqPositions();
    const id = place(OrderType.LMT, 40, { lmtPrice: 1.1 });
    await reach(id, "Submitted", 15);
    await showNextLook();
    await reach(id, "Filled", 40);
    await watch.until(() => held === 45, "position of 45");
    return "15 at once, 25 with the next quote";
  });
  await run.step("stops", async () => {
    const stop = place(OrderType.STP, 2, { auxPrice: 1.2 });
    const stopLimit = place(OrderType.STP_LMT, 2, { auxPrice: 1.2, lmtPrice: 1.25 });
    for (const id of [stop, stopLimit]) await reach(id, "PreSubmitted", 0);
    await showNextLook();
    for (const id of [stop, stopLimit]) await reach(id, "Filled", 2);
    return "triggered and filled";
  });
  await run.step("what-if", async () => {
    const id = place(OrderType.LMT, 10, { lmtPrice: 1.25, whatIf: true });
    await watch.until(() => opened.has(id), "preview");
    const { order, state } = opened.get(id) ?? assert.fail();
    assert.ok(order.whatIf && !statuses.has(id), "it became an order");
    assert.ok(Number(state.commission) > 0, JSON.stringify(state));
    return `margin after ${state.initMarginAfter}, commission ${state.commission}`;
  });
  await run.step("rejections", async () => {
    const poor = place(OrderType.LMT, 100_000, { lmtPrice: 1.25 });
    const reason = await errorOf(poor, 201);
    const odd = await errorOf(place(OrderType.LMT, 1, { lmtPrice: 0.937 }), 110);
    ib.cancelOrder(99_999);
    return [reason, odd, await errorOf(99_999, 10147)].join(" | ");
  });
  await run.step("lists", async () => {
    ib.reqAllOpenOrders();
    await watch.until(() => ended.has("open orders"), "end of open orders");
    ib.reqCompletedOrders(OF_ALL_CLIENTS);
    await watch.until(() => ended.has("completed orders"), "end of completed orders");
    const before = executions.length;
    ib.reqExecutions(901, {});
    await watch.until(() => ended.has(901), "end of executions");
    assert.ok(completed.length >= 5 && executions.length - before >= 5);
    return `${completed.length} completed, ${executions.length - before} executions`;
  });
}
await run.step("errors", () => {
  assert.deepEqual([...errors.values()], []);
  return Promise.resolve("none but those that were looked at");
});
await run.step("disconnect", async () => {
  ib.disconnect();
  await watch.until(() => ended.has("connection"), "end of the connection");
  return "closed";
});
await run.finish();
