import { strict as assert } from "node:assert";
import { manualClock } from "../../base/clock.ts";
import { tickingClock } from "./ticking.ts";

const START = Date.parse("2026-07-16T15:18:00Z");

Deno.test("a page's clock shows the server's time until something listens, then ticks", () => {
  // The browser's own clock is hours off.
  const browser = manualClock(START + 7_200_000);
  const clock = tickingClock(START, browser);
  browser.advance(5_000);
  assert.equal(clock.nowMs(), START);
  assert.equal(browser.pending, 0);
  const seen: number[] = [];
  const end = clock.onTick(() => seen.push(clock.nowMs() - START));
  browser.advance(2_000);
  assert.deepEqual(seen, [6_000, 7_000]);
  end();
  assert.equal(browser.pending, 0);
});

Deno.test("a page's clock takes the server's time at the next tick", () => {
  const browser = manualClock();
  const clock = tickingClock(START, browser);
  clock.onTick(() => {});
  clock.set(START + 60_000);
  assert.equal(clock.nowMs(), START);
  browser.advance(1_000);
  assert.equal(clock.nowMs(), START + 61_000);
});

Deno.test("all listeners share one timer", () => {
  const browser = manualClock();
  const clock = tickingClock(START, browser);
  const ends = [1, 2, 3].map(() => clock.onTick(() => {}));
  assert.equal(browser.pending, 1);
  for (const end of ends) end();
  assert.equal(browser.pending, 0);
});
