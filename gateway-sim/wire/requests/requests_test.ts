/** Golden requests: the fields that each client family was seen to send. */
import { strict as assert } from "node:assert";
import { encodeFields, type Field, FieldError, FieldReader } from "../fields.ts";
import { readAccountSummaryRequest, readAccountUpdatesMultiRequest } from "./account.ts";
import { isExpiry, readContract, toQuery } from "./contract.ts";
import { readContractDetailsRequest, readOptionParametersRequest } from "./contract_details.ts";
import { readHistoricalDataRequest } from "./historical.ts";
import { readCancelMarketData, readMarketDataRequest, readMarketDataType } from "./market_data.ts";

function reader(...fields: readonly Field[]): FieldReader {
  return new FieldReader(new TextEncoder().encode(encodeFields(...fields)));
}

const IBAPI_CALL = [0, "EA", "OPT", "20260717", 202.5, "C", "100", "SMART", "", "USD", "", ""];
const STOQEY_CALL = ["", "EA", "OPT", "20260717", 202.5, "CALL", 100, "SMART", "", "USD", "", ""];
const INSYNC_STOCK = [0, "EA", "STK", "", "0.0", "", "", "SMART", "", "USD", "", ""];

Deno.test("readContract() takes a contract as ibapi and as @stoqey/ib write it", () => {
  const expected = {
    symbol: "EA",
    secType: "OPT",
    expiry: "20260717",
    strike: 202.5,
    right: "C",
    multiplier: 100,
    exchange: "SMART",
    currency: "USD",
  };
  assert.deepEqual(toQuery(readContract(reader(...IBAPI_CALL))), expected);
  assert.deepEqual(toQuery(readContract(reader(...STOQEY_CALL))), expected);
});

Deno.test("toQuery() asks nothing for fields that a client leaves unset", () => {
  const expected = { symbol: "EA", secType: "STK", exchange: "SMART", currency: "USD" };
  assert.deepEqual(toQuery(readContract(reader(...INSYNC_STOCK))), expected);
  const blank = [0, "EA", "STK", "", "", "?", "", "SMART", "", "USD", "", ""];
  assert.deepEqual(toQuery(readContract(reader(...blank))), expected);
});

Deno.test("readContract() refuses a right that is none", () => {
  const wrong = [0, "EA", "OPT", "", "", "X", "", "SMART", "", "USD", "", ""];
  assert.throws(() => readContract(reader(...wrong)), /'right' was read as 'X'/);
});

Deno.test("isExpiry() takes a month, a day that exists and nothing else", () => {
  for (const good of ["", "202607", "20260717", "2026-07-17"]) assert.ok(isExpiry(good), good);
  for (const bad of ["2026", "202613", "20260230", "soon"]) assert.ok(!isExpiry(bad), bad);
});

Deno.test("readMarketDataRequest() reads the twenty fields that all clients send", () => {
  const request = readMarketDataRequest(
    reader(11, 7, ...IBAPI_CALL, 0, "100, 101,mdoff", 0, 0, ""),
  );
  assert.equal(request.reqId, 7);
  assert.deepEqual(request.genericTicks, ["100", "101", "mdoff"]);
  assert.ok(!request.snapshot);
  assert.equal(request.contract.strike, 202.5);
});

Deno.test("readMarketDataRequest() reads over the legs of a combination and a delta-neutral contract", () => {
  const bag = [0, "EA", "BAG", "", "", "", "", "SMART", "", "USD", "", ""];
  const legs = [2, 101, 1, "BUY", "SMART", 102, 1, "SELL", "SMART"];
  const request = readMarketDataRequest(
    reader(11, 8, ...bag, ...legs, 1, 100, 0.5, 202, "", 1, 0, ""),
  );
  assert.ok(request.snapshot);
  assert.ok(!request.regulatorySnapshot);
});

Deno.test("readCancelMarketData() does not mind the version", () => {
  assert.equal(readCancelMarketData(reader(2, 9)), 9);
  assert.equal(readCancelMarketData(reader(1, 9)), 9);
});

Deno.test("readMarketDataType() takes 1 to 4", () => {
  assert.equal(readMarketDataType(reader(1, 4)), 4);
  assert.throws(() => readMarketDataType(reader(1, 5)), FieldError);
});

Deno.test("readContractDetailsRequest() takes includeExpired as 0 and as nothing", () => {
  const asked = [...IBAPI_CALL];
  assert.equal(readContractDetailsRequest(reader(8, 3, ...asked, 0, "", "", "")).reqId, 3);
  assert.equal(readContractDetailsRequest(reader(8, 4, ...asked, "", "", "", "")).reqId, 4);
});

Deno.test("readOptionParametersRequest() has no version", () => {
  assert.deepEqual(readOptionParametersRequest(reader(5, "EA", "", "STK", 100)), {
    reqId: 5,
    symbol: "EA",
    exchange: "",
    secType: "STK",
    conId: 100,
  });
});

Deno.test("readHistoricalDataRequest() reads what all clients send", () => {
  const request = readHistoricalDataRequest(
    reader(6, ...INSYNC_STOCK, 0, "", "1 hour", "1 D", 1, "TRADES", 2, 0, ""),
  );
  assert.deepEqual(
    [request.reqId, request.barSize, request.duration, request.whatToShow, request.formatDate],
    [6, "1 hour", "1 D", "TRADES", 2],
  );
  assert.ok(request.regularHoursOnly);
  assert.ok(!request.keepUpToDate);
});

Deno.test("account requests are read with their versions", () => {
  assert.deepEqual(readAccountSummaryRequest(reader(1, 2, "All", "NetLiquidation, BuyingPower")), {
    reqId: 2,
    group: "All",
    tags: ["NetLiquidation", "BuyingPower"],
  });
  assert.deepEqual(readAccountUpdatesMultiRequest(reader(1, 3, "DU1234567", "", 0)), {
    reqId: 3,
    account: "DU1234567",
    modelCode: "",
  });
});
