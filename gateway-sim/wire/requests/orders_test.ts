/** Golden orders: what ibapi 10.51.1 and ib_async 2.1.0 were seen to send, and what @stoqey/ib sends. */
import { type Order, OrderAction, OrderType, SecType } from "@stoqey/ib";
import { Encoder } from "@stoqey/ib/dist/core/io/encoder.js";
import { strict as assert } from "node:assert";
import { encodeFields, type Field, FieldReader } from "../fields.ts";
import {
  readAutoOpenOrders,
  readCancelOrder,
  readCompletedOrdersRequest,
  readExecutionsRequest,
  readPlaceOrder,
} from "./orders.ts";
import sent from "./orders_sent.json" with { type: "json" };

/** Every attribute of the order that asks for too much. */
const TOO_MUCH = [
  "ocaGroup",
  "parentId",
  "displaySize",
  "deltaNeutralOrderType",
  "scalePriceIncrement",
  "hedgeType",
  "algoStrategy",
  "algoParams",
  "conditions",
];

/** What is read of each order, but for the fields that are as of an order of nothing special. */
const EXPECTED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  limit: { action: "BUY", quantity: 10, orderType: "LMT", limitPrice: 202.5, orderRef: "ref" },
  preview: { action: "SELL", orderType: "STP LMT", auxPrice: 203, account: "DU1", whatIf: true },
  combination: {
    quantity: 1,
    limitPrice: -0.05,
    legs: [
      { conId: 101, ratio: 1, action: "BUY", exchange: "SMART" },
      { conId: 102, ratio: 2, action: "SELL", exchange: "SMART" },
    ],
    notOffered: [],
  },
  "more than is offered": { quantity: 10, limitPrice: 202.5, notOffered: TOO_MUCH },
};

function reader(...fields: readonly Field[]): FieldReader {
  return new FieldReader(new TextEncoder().encode(encodeFields(...fields)));
}

for (const { client, serverVersion, order, fields } of sent) {
  Deno.test(`readPlaceOrder() reads all of ${client}'s order at ${serverVersion}: ${order}`, () => {
    const [, ...body] = fields.split("|");
    const message = reader(...body);
    const read = readPlaceOrder(message, serverVersion);
    assert.equal(message.left, 0);
    const expected = EXPECTED[order] ?? {};
    const got = Object.fromEntries(Object.entries(read).filter(([name]) => name in expected));
    assert.deepEqual(got, expected);
    assert.ok(read.transmit);
  });
}

/** The fields that the encoder of `@stoqey/ib` makes of an order. */
function byStoqey(serverVersion: number, order: Order): FieldReader {
  const tokens: unknown[] = [];
  const encoder = new Encoder({
    serverVersion,
    sendMsg: (...args: unknown[]) => tokens.push(...args.flat(9)),
    emitError: (message: string) => assert.fail(message),
  });
  const contract = { conId: 101, secType: SecType.OPT, exchange: "SMART", currency: "USD" };
  encoder.placeOrder(9, contract, order);
  const [, ...fields] = tokens.map((token) =>
    typeof token === "boolean" ? token : String(token ?? "")
  );
  return reader(...fields);
}

for (const serverVersion of [176, 177, 182, 183, 184, 187, 189, 190, 192, 193]) {
  Deno.test(`readPlaceOrder() reads all of @stoqey/ib's order at ${serverVersion}`, () => {
    const message = byStoqey(serverVersion, {
      action: OrderAction.SELL,
      orderType: OrderType.STP,
      totalQuantity: 3,
      auxPrice: 1.2,
      account: "DU1",
      transmit: false,
    });
    const read = readPlaceOrder(message, serverVersion);
    assert.equal(message.left, 0);
    assert.equal(read.orderId, 9);
    assert.equal(read.contract.conId, 101);
    assert.deepEqual([read.action, read.quantity, read.orderType], ["SELL", 3, "STP"]);
    assert.deepEqual([read.limitPrice, read.auxPrice], [undefined, 1.2]);
    assert.deepEqual([read.transmit, read.notOffered], [false, []]);
  });
}

Deno.test("readPlaceOrder() names a condition of a type that there is not", () => {
  const order = sent.find((it) => it.order === "more than is offered");
  const [, ...body] = (order?.fields ?? "").replace("|1|1|a|1|5|100|", "|1|2|a|1|5|100|").split(
    "|",
  );
  assert.throws(
    () => readPlaceOrder(reader(...body), order?.serverVersion ?? 0),
    /'conditionType' was read as '2'/,
  );
});

Deno.test("readCancelOrder() has a version below 192", () => {
  assert.equal(readCancelOrder(reader(1, 7, ""), 191), 7);
  assert.equal(readCancelOrder(reader(7, "", "", 2147483647), 192), 7);
});

Deno.test("readExecutionsRequest() reads the filter", () => {
  const filter = [3, "DU1", "20260715-09:30:00", "EA", "OPT", "SMART", "BUY"] as const;
  assert.deepEqual(readExecutionsRequest(reader(3, 9, ...filter)), {
    reqId: 9,
    clientId: 3,
    account: "DU1",
    time: "20260715-09:30:00",
    symbol: "EA",
    secType: "OPT",
    exchange: "SMART",
    side: "BUY",
  });
});

Deno.test("requests for lists of orders say whose they want", () => {
  assert.ok(readAutoOpenOrders(reader(1, 1)));
  assert.ok(readCompletedOrdersRequest(reader(1)));
  assert.ok(!readCompletedOrdersRequest(reader(0)));
});
