import { strict as assert } from "node:assert";
import { tradingDay } from "./trading_day.ts";

Deno.test("a trading day begins an hour before the market opens, in New York", () => {
  // 8:30 New York is 12:30 UTC in summer, 13:30 in winter.
  assert.equal(tradingDay(Date.UTC(2026, 6, 16, 12, 29)), "2026-07-15");
  assert.equal(tradingDay(Date.UTC(2026, 6, 16, 12, 30)), "2026-07-16");
  assert.equal(tradingDay(Date.UTC(2026, 11, 16, 13, 29)), "2026-12-15");
  assert.equal(tradingDay(Date.UTC(2026, 11, 16, 13, 30)), "2026-12-16");
});

Deno.test("a trading day lasts over the night, the weekend and holidays", () => {
  assert.equal(tradingDay(Date.UTC(2026, 6, 17, 2)), "2026-07-16", "the evening after");
  assert.equal(tradingDay(Date.UTC(2026, 6, 20, 11)), "2026-07-17", "Monday before it begins");
  assert.equal(tradingDay(Date.UTC(2026, 10, 26, 18)), "2026-11-25", "Thanksgiving");
  assert.equal(tradingDay(Date.UTC(2026, 10, 27, 14)), "2026-11-27", "the half day after it");
});
