import { strict as assert } from "node:assert";
import { EMPTY_CHAIN } from "../chain.ts";
import { foldBatches } from "../fold.ts";
import { batchOf, quoteOf } from "../testing.ts";
import { tickerRow, tickerRowOf } from "./tickers.ts";

const T0 = Date.parse("2026-07-15T17:00:00Z");
const HOUR = 3_600_000;
const DEAL = { id: "7", cash: 210, close: "2026-12-31" };

Deno.test("W-40 a ticker's row counts what is known, what is fresh and what was never quoted", () => {
  const { chain } = foldBatches(EMPTY_CHAIN, [
    batchOf(T0 - HOUR, [quoteOf("EA270115C00200000", { bid: 9 })], { spot: 205 }),
    batchOf(T0, [
      quoteOf("EA270115C00205000", { bid: 4, ask: 5 }),
      quoteOf("EA270115C00210000", { kind: "delayed", ask: 1 }),
      quoteOf("EA270115C00300000"),
      quoteOf("EA260714C00200000", { bid: 6 }), // expired yesterday
    ], { spot: 206.41 }),
  ]);
  const row = tickerRowOf(chain, {
    nowMs: T0,
    ticker: "EA",
    dealId: DEAL.id,
    deal: DEAL,
    name: "Electronic Arts Inc.",
    agentOnline: true,
    referencePrice: 206.37,
    day: {
      course: [[0, 205], [15, 206.41]],
      atmIv: 0.25,
      ivRank: { rank: 50, percentile: 40, days: 61, firstDay: "2026-04-17" },
    },
  });
  assert.deepEqual([row.contractCount, row.freshCount, row.neverQuotedCount], [4, 2, 1]);
  assert.deepEqual([row.spotPrice, row.change, row.changePercent], [206.41, 0.04, 0.02]);
  assert.deepEqual([row.freshness, row.reason, row.agentId], ["live", null, "desk-1"]);
  assert.deepEqual([row.atmIv, row.ivRank?.days, row.course[1]], [0.25, 61, [15, 206.41]]);
  assert.deepEqual(tickerRow.parse(row), row);
});
