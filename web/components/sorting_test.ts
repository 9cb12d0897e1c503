import { strict as assert } from "node:assert";
import type { TickerRow } from "../../options/wire/tickers.ts";
import { filterRows, nextSort, readSort, sortRows, sortText } from "./sorting.ts";

function row(ticker: string, change: Partial<TickerRow>): TickerRow {
  return {
    ticker,
    name: null,
    deal: null,
    spotPrice: null,
    spotSeenAt: null,
    change: null,
    changePercent: null,
    contractCount: 0,
    freshCount: 0,
    neverQuotedCount: 0,
    freshness: null,
    kind: null,
    reason: null,
    agentId: null,
    timestamp: null,
    seq: 0,
    atmIv: null,
    ivRank: null,
    course: [],
    ...change,
  };
}

const ROWS = [
  row("CDE", { changePercent: -2.1, name: "Coeur Mining", agentId: "desk-1" }),
  row("AAPL", { changePercent: 1.06, agentId: "desk-2" }),
  row("BBBY", {}),
  row("EA", { changePercent: 0.02, deal: { id: "1", cash: 210, close: null } }),
];
const names = (rows: readonly TickerRow[]): string => rows.map(({ ticker }) => ticker).join(" ");

Deno.test("rows are sorted by the named value either way, those without one last", () => {
  assert.equal(names(sortRows(ROWS, readSort(undefined))), "AAPL BBBY CDE EA");
  assert.equal(names(sortRows(ROWS, readSort("change"))), "CDE EA AAPL BBBY");
  assert.equal(names(sortRows(ROWS, readSort("-change"))), "AAPL EA CDE BBBY");
});

Deno.test("an address that names no column sorts by ticker", () => {
  for (const text of ["", "-", "nonsense", "-nonsense"]) {
    assert.deepEqual(readSort(text), { key: "ticker", isDown: false });
  }
});

Deno.test("a head that is chosen again turns the order round", () => {
  const once = nextSort(readSort("ticker"), "change");
  assert.equal(sortText(once), "change");
  assert.equal(sortText(nextSort(once, "change")), "-change");
});

Deno.test("a filter finds part of ticker, name and agent, and deals", () => {
  assert.equal(names(filterRows(ROWS, "coeur")), "CDE");
  assert.equal(names(filterRows(ROWS, " DESK-2")), "AAPL");
  assert.equal(names(filterRows(ROWS, "deal")), "EA");
  assert.equal(names(filterRows(ROWS, "")), names(ROWS));
});
