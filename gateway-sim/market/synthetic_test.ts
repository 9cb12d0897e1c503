import { strict as assert } from "node:assert";
import { type ManualClock, manualClock } from "../../base/clock.ts";
import type { Instrument, Market } from "./market.ts";
import { syntheticMarket } from "./synthetic.ts";

/** A Wednesday in the session, and the Sunday after. */
const WEDNESDAY_MS = Date.UTC(2026, 6, 15, 17);
const SUNDAY_MS = Date.UTC(2026, 6, 19, 17);

function open(
  startMs: number,
  only?: readonly string[],
): { market: ReturnType<typeof syntheticMarket>; clock: ManualClock } {
  const clock = manualClock(startMs);
  const market = syntheticMarket({ seed: 1, clock, ...(only ? { only } : {}) });
  return { market, clock };
}

function nearCall(market: Market, symbol: string, expiry: string): Instrument {
  const [share] = market.find({ symbol, secType: "STK" });
  const spot = share && market.quote(share.conId)?.last;
  assert.ok(typeof spot === "number");
  const calls = market.find({ symbol, secType: "OPT", right: "C", expiry });
  const distance = (one: Instrument): number => Math.abs((one.option?.strike ?? 0) - spot);
  const [nearest] = [...calls].sort((a, b) => distance(a) - distance(b));
  return nearest ?? assert.fail(`${symbol} ${expiry}`);
}

Deno.test("the made-up market knows its symbols, their deals and their kinds", () => {
  const { market } = open(WEDNESDAY_MS);
  const symbols = market.symbols();
  assert.deepEqual(
    symbols.map(({ ticker }) => ticker),
    ["SPX", "SPY", "AAPL", "NVDA", "AZO", "BRK-B", "CROX", "TGB", "EA", "CSGS"],
  );
  assert.deepEqual(symbols.find(({ ticker }) => ticker === "EA")?.deal, {
    cash: 210,
    close: "2026-09-30",
  });
  assert.equal(market.find({ symbol: "SPX", secType: "IND" }).length, 1);
  assert.equal(market.find({ symbol: "BRK B", secType: "STK" }).length, 1);
  market.close();
});

Deno.test("a share and a near option of it have all that a client may ask for", () => {
  const { market } = open(WEDNESDAY_MS, ["AAPL"]);
  const [share] = market.find({ symbol: "AAPL", secType: "STK" });
  const { computations: _, halted, ...ofShare } = market.quote(share?.conId ?? 0) ?? assert.fail();
  assert.ok(!halted);
  assert.ok(Object.values(ofShare).every((value) => typeof value === "number"), "share");
  const call = nearCall(market, "AAPL", "20260821");
  const quote = market.quote(call.conId) ?? assert.fail();
  const { bid, ask, last, volume, callOpenInterest, putOpenInterest, computations } = quote;
  assert.ok(bid && ask && last && volume && callOpenInterest, "option");
  assert.equal(putOpenInterest, 0);
  const { model } = computations ?? assert.fail();
  assert.ok(model?.impliedVol && model.delta && model.gamma && model.theta && model.vega);
  assert.ok(model.optionPrice && model.optionPrice >= bid && model.optionPrice <= ask);
  assert.equal(model.underlyingPrice, market.quote(share?.conId ?? 0)?.last);
  assert.ok((computations?.bid?.impliedVol ?? 0) < (computations?.ask?.impliedVol ?? 0));
  assert.equal(computations?.last?.optionPrice, last);
  market.close();
});

Deno.test("subscribers are told of changes, also on a Sunday, until they leave", () => {
  const { market, clock } = open(SUNDAY_MS, ["AAPL"]);
  const call = nearCall(market, "AAPL", "20260821");
  assert.ok(market.isOpen(call.conId));
  let changes = 0;
  const quotes = new Set<string>();
  const leave = market.subscribe(call.conId, () => {
    changes++;
    quotes.add(JSON.stringify(market.quote(call.conId)));
  });
  clock.advance(20_000);
  assert.ok(changes >= 10 && quotes.size >= 10, `${changes} changes, ${quotes.size} quotes`);
  leave();
  clock.advance(20_000);
  assert.ok(changes <= 14, `${changes} changes`);
  market.close();
  assert.equal(clock.pending, 0);
});

Deno.test("the day's high and low hold all prices of the day", () => {
  const { market, clock } = open(Date.UTC(2026, 6, 15, 13, 30), ["SPX"]);
  const { conId } = market.find({ symbol: "SPX", secType: "IND" })[0] ?? assert.fail();
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (let step = 0; step < 1000; step++) {
    clock.advance(10_000);
    const quote = market.quote(conId) ?? assert.fail();
    assert.ok(quote.last && quote.low && quote.high && quote.low <= low + 1e-9);
    low = Math.min(low, quote.last);
    high = Math.max(high, quote.last);
    assert.ok(quote.low <= low && quote.high >= high);
  }
});

Deno.test("hours are told day by day, closed on holidays and early on half days", () => {
  // 26 November 2026 is Thanksgiving, the Friday after a half day.
  const { market } = open(Date.UTC(2026, 10, 25, 17), ["AAPL"]);
  const [share] = market.find({ symbol: "AAPL", secType: "STK" });
  assert.equal(
    share?.liquidHours,
    "20261125:0930-20261125:1600;20261126:CLOSED;20261127:0930-20261127:1300;" +
      "20261128:CLOSED;20261129:CLOSED;20261130:0930-20261130:1600",
  );
  assert.ok(share.tradingHours.startsWith("20261125:0400-20261125:2000;20261126:CLOSED;"));
});

Deno.test("two markets with one seed show the same at the same time", () => {
  const [a, b] = [open(WEDNESDAY_MS, ["SPX"]), open(WEDNESDAY_MS - 60_000, ["SPX"])];
  b.clock.advance(60_000);
  const options = a.market.find({ symbol: "SPX", secType: "OPT", expiry: "20260717" });
  assert.ok(options.length > 100);
  for (const { conId } of options) {
    assert.deepEqual(a.market.quote(conId), b.market.quote(conId));
  }
});

Deno.test("an expired contract is gone, and the next day's expiry is there", () => {
  const { market, clock } = open(WEDNESDAY_MS, ["SPY"]);
  const [first] = market.find({ symbol: "SPY", secType: "OPT", expiry: "20260715" });
  assert.ok(first && market.quote(first.conId));
  clock.advance(4 * 3_600_000);
  assert.deepEqual(market.find({ symbol: "SPY", secType: "OPT", expiry: "20260715" }), []);
  assert.equal(market.quote(first.conId), undefined);
  const hours = market.find({ symbol: "SPY", secType: "STK" })[0]?.liquidHours;
  assert.ok(hours?.startsWith("20260715:0930-20260715:1600;20260716:"), hours);
});

Deno.test("the contract that nobody quotes is listed, and nothing is ever heard of it", () => {
  const { market, clock } = open(WEDNESDAY_MS, ["CSGS"]);
  const found = market.find({ symbol: "CSGS", secType: "OPT", strike: 95, right: "C" });
  const dead = found[0] ?? assert.fail();
  let changes = 0;
  market.subscribe(dead.conId, () => changes++);
  clock.advance(60_000);
  assert.equal(changes, 0);
  assert.equal(market.quote(dead.conId), undefined);
  assert.deepEqual(barsOf(market, dead, 86_400_000, 3_600_000), []);
});

function barsOf(
  market: Market,
  { conId }: Instrument,
  durationMs: number,
  barMs: number,
  regularHoursOnly = true,
): ReturnType<Market["bars"]> {
  const endMs = market.nowMs();
  return market.bars({ conId, what: "TRADES", endMs, durationMs, barMs, regularHoursOnly });
}

Deno.test("bars keep to the sessions and add up: hours to a day, days to a week", () => {
  const { market } = open(SUNDAY_MS, ["AAPL"]);
  const share = market.find({ symbol: "AAPL", secType: "STK" })[0] ?? assert.fail();
  const hours = barsOf(market, share, 86_400_000, 3_600_000);
  // Friday's session: half an hour, then full hours, on the clock.
  assert.deepEqual(
    hours.map(({ startMs }) => new Date(startMs).toISOString().slice(8, 16)),
    ["17T13:30", "17T14:00", "17T15:00", "17T16:00", "17T17:00", "17T18:00", "17T19:00"],
  );
  const [day] = barsOf(market, share, 86_400_000, 86_400_000);
  assert.ok(day);
  assert.equal(day.startMs, hours[0]?.startMs);
  assert.equal(day.open, hours[0]?.open);
  assert.equal(day.close, hours.at(-1)?.close);
  assert.equal(day.high, Math.max(...hours.map((bar) => bar.high)));
  assert.equal(day.low, Math.min(...hours.map((bar) => bar.low)));
  const volume = hours.reduce((sum, bar) => sum + bar.volume, 0);
  assert.ok(Math.abs(day.volume - volume) <= hours.length);
  for (const bar of hours) {
    assert.ok(bar.low <= Math.min(bar.open, bar.close, bar.average));
    assert.ok(bar.high >= Math.max(bar.open, bar.close, bar.average) && bar.volume > 0);
  }
  const week = barsOf(market, share, 7 * 86_400_000, 86_400_000);
  assert.equal(week.length, 5);
  assert.equal(barsOf(market, share, 5 * 86_400_000, 86_400_000).length, 5);
});

Deno.test("a bar has at least as many trades as prices, and no more than contracts traded", () => {
  const { market } = open(SUNDAY_MS, ["AAPL"]);
  const share = market.find({ symbol: "AAPL", secType: "STK" })[0] ?? assert.fail();
  for (const instrument of [share, nearCall(market, "AAPL", "20260724")]) {
    for (const bar of barsOf(market, instrument, 86_400_000, 300_000)) {
      const prices = new Set([bar.open, bar.high, bar.low, bar.close]).size;
      const { count, volume } = bar;
      assert.ok(count >= Math.min(prices, volume) && count <= volume, `${count} of ${volume}`);
    }
  }
});

Deno.test("the last minute's bar ends where the price is", () => {
  const { market } = open(WEDNESDAY_MS, ["AAPL"]);
  const share = market.find({ symbol: "AAPL", secType: "STK" })[0] ?? assert.fail();
  const bars = barsOf(market, share, 600_000, 60_000);
  assert.equal(bars.length, 10);
  const last = market.quote(share.conId)?.last ?? assert.fail();
  assert.ok(Math.abs((bars.at(-1)?.close ?? 0) - last) < 0.1);
});

Deno.test("shares also trade before and after the regular hours, options and indexes do not", () => {
  const { market } = open(SUNDAY_MS, ["AAPL", "SPX"]);
  const share = market.find({ symbol: "AAPL", secType: "STK" })[0] ?? assert.fail();
  const index = market.find({ symbol: "SPX", secType: "IND" })[0] ?? assert.fail();
  const call = nearCall(market, "AAPL", "20260821");
  const count = (one: Instrument, hours: "all" | "regular"): number =>
    barsOf(market, one, 86_400_000, 3_600_000, hours === "regular").length;
  assert.deepEqual([count(share, "all"), count(share, "regular")], [16, 7]);
  assert.deepEqual([count(index, "all"), count(call, "all")], [7, 7]);
});

Deno.test("a BID_ASK bar has the average bid as open and the average ask as close", () => {
  const { market } = open(WEDNESDAY_MS, ["AAPL"]);
  const { conId } = nearCall(market, "AAPL", "20260821");
  const ask = (what: "BID_ASK" | "MIDPOINT"): ReturnType<Market["bars"]> =>
    market.bars({
      conId,
      what,
      endMs: WEDNESDAY_MS,
      durationMs: 3_600_000,
      barMs: 300_000,
      regularHoursOnly: true,
    });
  const middles = ask("MIDPOINT");
  ask("BID_ASK").forEach((bar, index) => {
    const middle = middles[index]?.average ?? 0;
    assert.ok(bar.open < middle && middle < bar.close);
    assert.ok(bar.low <= bar.open && bar.close <= bar.high);
  });
});
