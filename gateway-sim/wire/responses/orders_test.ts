/**
 * Golden messages about orders: each is decoded by the decoder of `@stoqey/ib`, which complains of
 * a field too few and of one too many, and all that was said must come back. ibapi's decoder reads
 * the same messages in `test/clients/decoded_test.ts`.
 */
import { EventName } from "@stoqey/ib";
import { Decoder } from "@stoqey/ib/dist/core/io/decoder.js";
import { strict as assert } from "node:assert";
import {
  AN_EXECUTION,
  AN_ORDER,
  BOUND,
  COMMISSION,
  COMPLETION,
  PREVIEW,
  STATUS,
  VERSIONS,
} from "../../test/order_messages.ts";
import { EA, EA_CALL } from "../../test/small_market.ts";
import { commissionReport, executionDataEnd, executionDetails } from "./executions.ts";
import {
  completedOrder,
  completedOrdersEnd,
  openOrder,
  openOrderEnd,
  orderBound,
  orderStatus,
} from "./orders.ts";

/** What the decoder makes of one message; fails where it complains. */
function decoded(serverVersion: number, message: string): readonly [string, ...unknown[]] {
  const events: [string, ...unknown[]][] = [];
  const decoder = new Decoder({
    serverVersion,
    emitEvent: (name: string, ...args: unknown[]) => events.push([name, ...args]),
    emitInfo: () => {},
    emitError: (text: string) => assert.fail(text),
  });
  decoder.enqueueMessage(message.split("\0").slice(0, -1));
  decoder.process();
  const [event, ...more] = events;
  assert.ok(event && more.length === 0, JSON.stringify(events));
  return event;
}

/** Fails unless `got` has all of `expected`; what it has besides is not looked at. */
function has(got: unknown, expected: Readonly<Record<string, unknown>>): void {
  assert.ok(got !== null && typeof got === "object");
  const found = Object.entries(got).filter(([name]) => name in expected);
  assert.deepEqual(Object.fromEntries(found), expected);
}

const LIMIT = {
  action: "BUY",
  totalQuantity: 10,
  orderType: "LMT",
  lmtPrice: 1.25,
  auxPrice: 0,
  tif: "DAY",
  account: "DU1234567",
  orderRef: "Nestlé",
  permId: 1_700_000_001,
  outsideRth: true,
};

const CALL = {
  conId: EA_CALL.conId,
  symbol: "EA",
  secType: "OPT",
  lastTradeDateOrContractMonth: "20260717",
  strike: 202.5,
  right: "C",
  multiplier: 100,
  exchange: "SMART",
  currency: "USD",
  localSymbol: EA_CALL.localSymbol,
  tradingClass: "EA",
};

for (const version of VERSIONS) {
  Deno.test(`openOrder() at ${version} is read whole`, () => {
    const message = openOrder(AN_ORDER, version, undefined);
    const [name, orderId, contract, order, state] = decoded(version, message);
    assert.deepEqual([name, orderId], [EventName.openOrder, 7]);
    has(contract, CALL);
    has(order, { ...LIMIT, orderId: 7, clientId: 3, whatIf: false, autoCancelParent: false });
    has(state, { status: "Submitted", initMarginAfter: undefined, commission: undefined });
  });

  Deno.test(`openOrder() at ${version} tells a what-if order's margin and commission`, () => {
    const message = openOrder(AN_ORDER, version, PREVIEW);
    const [, , , order, state] = decoded(version, message);
    has(order, { whatIf: true });
    has(state, {
      initMarginBefore: 100,
      initMarginChange: 125.1,
      initMarginAfter: 225.1,
      maintMarginBefore: 80,
      maintMarginChange: -10.5,
      maintMarginAfter: 69.5,
      equityWithLoanBefore: 1_000_000,
      equityWithLoanChange: -6.5,
      equityWithLoanAfter: 999_993.5,
      commission: 6.5,
      minCommission: 6.5,
      maxCommission: 7.25,
      commissionCurrency: "USD",
      warningText: "mind the gap",
    });
  });

  Deno.test(`completedOrder() at ${version} is read whole`, () => {
    const message = completedOrder(AN_ORDER, COMPLETION, version);
    const [name, contract, order, state] = decoded(version, message);
    assert.equal(name, EventName.completedOrder);
    has(contract, CALL);
    has(order, { ...LIMIT, filledQuantity: 4 });
    has(state, {
      status: "Submitted",
      completedTime: COMPLETION.time,
      completedStatus: COMPLETION.text,
    });
  });

  Deno.test(`executionDetails() at ${version} is read whole`, () => {
    const message = executionDetails(5, AN_EXECUTION, version);
    const [name, reqId, contract, execution] = decoded(version, message);
    assert.deepEqual([name, reqId], [EventName.execDetails, 5]);
    has(contract, CALL);
    has(execution, {
      orderId: 7,
      clientId: 3,
      permId: 1_700_000_001,
      execId: "0001.01",
      time: "20260715 09:30:00 US/Eastern",
      acctNumber: "DU1234567",
      exchange: "SMART",
      side: "BOT",
      shares: 4,
      price: 1.25,
      cumQty: 4,
      avgPrice: 1.25,
      orderRef: "ref",
      lastLiquidity: 2,
    });
  });
}

Deno.test("openOrder() tells the legs of a combination", () => {
  const legs = [
    { conId: 101, ratio: 1, action: "BUY", exchange: "SMART" },
    { conId: 102, ratio: 2, action: "SELL", exchange: "SMART" },
  ];
  const bag = { secType: "BAG", symbol: "EA", exchange: "SMART", currency: "USD", legs } as const;
  const order = { ...AN_ORDER, contract: bag, limitPrice: -0.05 };
  const [, , contract, read] = decoded(193, openOrder(order, 193, undefined));
  const same = { openClose: 0, shortSaleSlot: 0, designatedLocation: "", exemptCode: -1 };
  has(contract, {
    secType: "BAG",
    symbol: "EA",
    tradingClass: "COMB",
    comboLegsDescription: "101|1,102|-2",
    comboLegs: legs.map((leg) => ({ ...leg, ...same })),
  });
  has(read, { lmtPrice: -0.05 });
});

Deno.test("openOrder() of a stock has no strike, right and multiplier", () => {
  const [, , contract] = decoded(176, openOrder({ ...AN_ORDER, contract: EA }, 176, undefined));
  has(contract, { conId: EA.conId, secType: "STK", strike: 0, multiplier: 0, tradingClass: "NMS" });
});

Deno.test("orderStatus() is read whole", () => {
  assert.deepEqual(
    decoded(193, orderStatus(STATUS)),
    [EventName.orderStatus, 7, "Submitted", 4, 6, 1.25, 1_700_000_001, 0, 1.3, 3, "locate", 0],
  );
});

Deno.test("commissionReport() is read whole", () => {
  const [name, report] = decoded(193, commissionReport(COMMISSION));
  assert.equal(name, EventName.commissionReport);
  has(report, { execId: "0001.01", commission: 2.6, currency: "USD", realizedPNL: -12.5 });
  const [, opening] = decoded(193, commissionReport({ ...COMMISSION, realizedPnl: undefined }));
  has(opening, { realizedPNL: undefined, yield: undefined });
});

Deno.test("the ends of lists and the binding of an order are read whole", () => {
  assert.deepEqual(decoded(193, openOrderEnd()), [EventName.openOrderEnd]);
  assert.deepEqual(decoded(193, completedOrdersEnd()), [EventName.completedOrdersEnd]);
  assert.deepEqual(decoded(193, executionDataEnd(9)), [EventName.execDetailsEnd, 9]);
  assert.deepEqual(decoded(193, orderBound(...BOUND)), [EventName.orderBound, ...BOUND]);
});
