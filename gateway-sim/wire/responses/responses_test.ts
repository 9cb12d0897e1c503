/** Golden responses: the field lists of the message layouts, at each version where they differ. */
import { strict as assert } from "node:assert";
import { EA, EA_PUT, SPX, SPX_CALL } from "../../test/small_market.ts";
import {
  accountSummary,
  accountUpdateMulti,
  accountValue,
  portfolioValue,
  position,
} from "./account.ts";
import { contractData, optionParameter } from "./contract_data.ts";
import { historicalData } from "./historical.ts";
import { executionDataEnd } from "./executions.ts";
import { completedOrdersEnd, openOrderEnd } from "./orders.ts";
import { currentTime, errorMessage, managedAccounts, nextValidId } from "./session.ts";
import { marketDataType, tickMessage, tickRequestParameters, tickSnapshotEnd } from "./ticks.ts";

function fields(message: string): string {
  assert.ok(message.endsWith("\0"), "the last field is ended too");
  return message.slice(0, -1).replaceAll("\0", "|");
}

function details(serverVersion: number): string[] {
  const context = { serverVersion, reqId: 7, underlyingSecType: SPX.secType };
  return fields(contractData(SPX_CALL, context)).split("|");
}

Deno.test("errorMessage() has a version and no time below version 194, and an empty rejection", () => {
  assert.equal(
    fields(
      errorMessage({ reqId: -1, code: 2104, text: "Market data farm connection is OK:usfarm" }),
    ),
    "4|2|-1|2104|Market data farm connection is OK:usfarm|",
  );
});

Deno.test("session messages have the fields that ibapi counts", () => {
  assert.equal(fields(managedAccounts(["DU1", "DU2"])), "15|1|DU1,DU2");
  assert.equal(fields(nextValidId(1)), "9|1|1");
  assert.equal(fields(currentTime(1_795_260_700_999)), "49|1|1795260700");
});

Deno.test("contractData() has no version and tells an AM-settled option's last trade date and expiry", () => {
  const told = details(178);
  assert.deepEqual(told.slice(0, 14), [
    "10",
    "7",
    "SPX",
    "OPT",
    "20260716",
    "7500",
    "C",
    "SMART",
    "USD",
    "SPX   260717C07500000",
    "SPX",
    "SPX",
    "201",
    "0.01",
  ]);
  assert.equal(told[14], "100", "multiplier");
  assert.equal(told[18], "200", "underConId");
  assert.equal(told[21], "202607", "contractMonth");
  assert.deepEqual(told.slice(-9), ["2", "SPX", "IND", "", "20260717", "", "1", "1", "1"]);
});

Deno.test("contractData() grows by lastTradeDate at 182 and by ineligibility reasons at 186", () => {
  const at = [176, 178, 181, 182, 185, 186, 193].map((version) => details(version).length);
  assert.deepEqual(at, [40, 40, 40, 41, 41, 42, 42]);
  assert.deepEqual(details(182).slice(4, 7), ["20260716", "20260716", "7500"]);
  assert.equal(details(193).at(-1), "0");
});

Deno.test("optionParameter() counts expiries and strikes", () => {
  const row = {
    exchange: "SMART",
    underConId: 200,
    tradingClass: "SPX",
    multiplier: 100,
    expiries: SPX_CALL.option ? [SPX_CALL.option.expiry] : [],
    strikes: [7500, 7500.5],
  };
  assert.equal(
    fields(optionParameter(3, row)),
    "75|3|SMART|200|SPX|100|1|20260717|2|7500|7500.5",
  );
});

Deno.test("tickPrice has seven fields after its id, with the size and the mask", () => {
  assert.equal(
    fields(tickMessage(5, { kind: "price", tickType: 1, price: 1.25, size: 10 })),
    "1|6|5|1|1.25|10|1",
  );
  assert.equal(
    fields(tickMessage(5, { kind: "price", tickType: 2, price: -1, size: 0 })),
    "1|6|5|2|-1|0|0",
  );
  assert.equal(
    fields(tickMessage(5, { kind: "price", tickType: 1, price: 1.25, size: null })),
    "1|6|5|1|1.25|9223372036854775807|1",
    "a size that is not known is unset",
  );
  assert.equal(
    fields(tickMessage(5, { kind: "price", tickType: 4, price: 1.3, size: 2 })),
    "1|6|5|4|1.3|2|0",
  );
});

Deno.test("tickOptionComputation says -1 and -2 for none, never an empty field", () => {
  const computation = {
    impliedVol: null,
    delta: null,
    gamma: null,
    theta: null,
    vega: null,
    optionPrice: null,
    presentValueDividend: null,
    underlyingPrice: null,
  };
  assert.equal(
    fields(tickMessage(5, { kind: "computation", tickType: 13, computation })),
    "21|5|13|1|-1|-2|-1|-1|-2|-2|-2|-1",
  );
  const known = { ...computation, impliedVol: 0.25, delta: -0.5, vega: 0.1, theta: -0.02 };
  assert.equal(
    fields(tickMessage(5, { kind: "computation", tickType: 83, computation: known })),
    "21|5|83|1|0.25|-0.5|-1|-1|-2|0.1|-0.02|-1",
  );
});

Deno.test("the other ticks have their fields in order", () => {
  assert.equal(fields(tickMessage(5, { kind: "size", tickType: 8, size: 42 })), "2|6|5|8|42");
  assert.equal(
    fields(tickMessage(5, { kind: "generic", tickType: 23, value: 0.2 })),
    "45|6|5|23|0.2",
  );
  assert.equal(
    fields(tickMessage(5, { kind: "string", tickType: 45, value: "1795260700" })),
    "46|6|5|45|1795260700",
  );
  assert.equal(fields(tickSnapshotEnd(5)), "57|1|5");
  assert.equal(fields(marketDataType(5, 4)), "58|1|5|4");
  assert.equal(fields(tickRequestParameters(5, 0.05, "9c0001")), "81|5|0.05|9c0001|3");
});

Deno.test("historicalData() has start and end first; quotes have no volume, average and count", () => {
  const bar = {
    startMs: 0,
    open: 1,
    high: 2,
    low: 0.5,
    close: 1.5,
    volume: 10,
    average: 1.2,
    count: 3,
  };
  const context = { reqId: 4, start: "a", end: "b", date: () => "20260715" };
  assert.equal(
    fields(historicalData([bar], { ...context, trades: true })),
    "17|4|a|b|1|20260715|1|2|0.5|1.5|10|1.2|3",
  );
  assert.equal(
    fields(historicalData([bar], { ...context, trades: false })),
    "17|4|a|b|1|20260715|1|2|0.5|1.5|-1|-1|-1",
  );
});

Deno.test("historicalData() takes more bars than a call may have arguments", () => {
  const bar = { startMs: 0, open: 1, high: 1, low: 1, close: 1, volume: 0, average: 1, count: 0 };
  const context = { reqId: 4, start: "", end: "", date: () => "0", trades: true };
  const message = historicalData(Array.from({ length: 100_000 }, () => bar), context);
  assert.equal(message.split("\0").length, 5 + 800_000 + 1);
});

Deno.test("positions and portfolio have the fields that ib_async counts", () => {
  const held = { account: "DU1", instrument: EA, quantity: 100, averageCost: 200 };
  assert.equal(
    fields(position(held)),
    "61|3|DU1|100|EA|STK||0|||NASDAQ|USD|EA|NMS|100|200",
  );
  const short = { account: "DU1", instrument: EA_PUT, quantity: -2, averageCost: 130 };
  assert.equal(
    fields(portfolioValue(short, 1.5)),
    "7|8|102|EA|OPT|20260717|202.5|P|100||USD|EA    260717P00202500|EA|-2|1.5|-300|130|-40|0|DU1",
  );
});

Deno.test("account figures come in the three forms of the API", () => {
  const value = { account: "DU1", tag: "NetLiquidation", value: "1.00", currency: "USD" };
  assert.equal(fields(accountSummary(1, value)), "63|1|1|DU1|NetLiquidation|1.00|USD");
  assert.equal(fields(accountValue(value)), "6|2|NetLiquidation|1.00|USD|DU1");
  assert.equal(fields(accountUpdateMulti(1, "", value)), "73|1|1|DU1||NetLiquidation|1.00|USD");
});

Deno.test("the ends of empty lists", () => {
  assert.equal(fields(openOrderEnd()), "53|1");
  assert.equal(fields(completedOrdersEnd()), "102");
  assert.equal(fields(executionDataEnd(9)), "55|1|9");
});
