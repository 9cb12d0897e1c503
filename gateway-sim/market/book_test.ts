import { strict as assert } from "node:assert";
import { parseOcc } from "../../options/contract.ts";
import { InstrumentBook } from "./book.ts";
import { ConIds, optionInstrument, underlyingInstrument } from "./instruments.ts";
import type { Instrument, InstrumentQuery } from "./market.ts";

const HOURS = { trading: "20260715:0930-20260715:1600", liquid: "20260715:0930-20260715:1600" };
const CON_IDS = new ConIds();

function underlying(ticker: string, kind: "index" | "stock"): Instrument {
  const primaryExchange = kind === "index" ? "CBOE" : "NYSE";
  return underlyingInstrument({ ticker, name: ticker, kind, primaryExchange }, CON_IDS, HOURS);
}

function option(on: Instrument, symbol: string, lastTradeDate?: string): Instrument {
  const contract = parseOcc(symbol) ?? assert.fail(symbol);
  const last = lastTradeDate === undefined
    ? contract.expiry
    : parseOcc(`X${lastTradeDate}C00001000`)?.expiry ?? assert.fail();
  return optionInstrument(on, { contract, lastTradeDate: last, minTick: 0.05 }, CON_IDS, HOURS);
}

const SPX = underlying("SPX", "index");
const BRK = underlying("BRK-B", "stock");
const BOOK = new InstrumentBook([
  option(SPX, "SPXW260717P07500000"),
  option(SPX, "SPXW260717C07500000"),
  option(SPX, "SPX260717C07500000", "260716"),
  option(SPX, "SPXW260716C07400000"),
  SPX,
  option(BRK, "BRKB260717C00490000"),
  BRK,
]);

function found(query: InstrumentQuery): string[] {
  return BOOK.find(query).map((one) => one.localSymbol);
}

Deno.test("instruments are called as IB calls them", () => {
  assert.deepEqual([SPX.symbol, SPX.secType, SPX.exchange], ["SPX", "IND", "CBOE"]);
  assert.deepEqual([BRK.symbol, BRK.secType, BRK.exchange], ["BRK B", "STK", "SMART"]);
  const [call] = BOOK.find({ symbol: "BRK B", secType: "OPT" });
  assert.equal(call?.localSymbol, "BRKB  260717C00490000");
  assert.equal(call?.tradingClass, "BRKB");
  assert.equal(call?.underConId, BRK.conId);
});

Deno.test("find() gives underlyings first, then options by expiry, strike, right and class", () => {
  assert.deepEqual(found({ symbol: "SPX" }), [
    "SPX",
    "SPXW  260716C07400000",
    "SPX   260717C07500000",
    "SPXW  260717C07500000",
    "SPXW  260717P07500000",
  ]);
});

Deno.test("find() keeps to what a query says, and takes the rest as any", () => {
  const cases: readonly (readonly [InstrumentQuery, number])[] = [
    [{ symbol: "SPX", secType: "OPT", expiry: "20260717" }, 3],
    [{ symbol: "SPX", secType: "OPT", expiry: "20260717", tradingClass: "SPX" }, 1],
    [{ symbol: "SPX", secType: "OPT", expiry: "202607" }, 4],
    [{ symbol: "SPX", secType: "OPT", strike: 7500, right: "P" }, 1],
    [{ symbol: "SPX", secType: "OPT", exchange: "SMART" }, 4],
    [{ symbol: "SPX", secType: "OPT", exchange: "GLOBEX" }, 0],
    [{ symbol: "SPX", secType: "IND", exchange: "CBOE" }, 1],
    [{ symbol: "SPX", secType: "IND", exchange: "SMART" }, 0],
    [{ symbol: "SPX", secType: "STK" }, 0],
    [{ symbol: "SPX", secType: "OPT", multiplier: 10 }, 0],
    [{ symbol: "SPX", currency: "EUR" }, 0],
    [{ symbol: "BRK-B" }, 0],
    [{ symbol: "BRK B", secType: "STK", exchange: "NYSE" }, 1],
    [{ tradingClass: "BRKB" }, 1],
  ];
  for (const [query, count] of cases) {
    assert.equal(BOOK.find(query).length, count, JSON.stringify(query));
  }
});

Deno.test("an expiry is found by its date and by its last trade date", () => {
  assert.deepEqual(found({ tradingClass: "SPX", expiry: "20260716", secType: "OPT" }), [
    "SPX   260717C07500000",
  ]);
});

Deno.test("a local symbol and a contract ID each name one instrument", () => {
  assert.deepEqual(found({ localSymbol: "SPX   260717C07500000" }), ["SPX   260717C07500000"]);
  assert.deepEqual(found({ localSymbol: "SPX260717C07500000" }), ["SPX   260717C07500000"]);
  assert.deepEqual(found({ localSymbol: "BRK B" }), ["BRK B"]);
  assert.deepEqual(found({ conId: SPX.conId }), ["SPX"]);
  assert.deepEqual(found({ conId: 1 }), []);
});

Deno.test("option parameters come per exchange and class, with last trade dates", () => {
  const rows = BOOK.optionParameters(SPX.conId);
  assert.deepEqual(rows.map((row) => `${row.exchange} ${row.tradingClass}`), [
    "CBOE SPX",
    "CBOE SPXW",
    "IBUSOPT SPX",
    "IBUSOPT SPXW",
    "SMART SPX",
    "SMART SPXW",
  ]);
  const [spx, spxw] = rows;
  assert.deepEqual(spx?.expiries, ["2026-07-16"]);
  assert.deepEqual(spxw?.expiries, ["2026-07-16", "2026-07-17"]);
  assert.deepEqual(spxw?.strikes, [7400, 7500]);
  assert.equal(spxw?.multiplier, 100);
  assert.deepEqual(BOOK.optionParameters(1), []);
});

Deno.test("an instrument has the same contract ID in every market, and no two have one", () => {
  const again = new ConIds();
  assert.equal(again.of("OPT EA260821C00210000"), new ConIds().of("OPT EA260821C00210000"));
  const ids = new Set<number>();
  for (let index = 0; index < 100_000; index++) ids.add(again.of(`OPT ${index}`));
  assert.equal(ids.size, 100_000);
  assert.equal(again.of("OPT 17"), again.of("OPT 17"));
});
