import { strict as assert } from "node:assert";
import fc from "fast-check";
import { tickDelay } from "./tick_delay.ts";

Deno.test("tickDelay() draws within its bounds, in rising order", () => {
  fc.assert(fc.property(fc.nat(5_000), fc.nat(5_000), fc.nat(), (least, more, seed) => {
    const delay = tickDelay(least, least + more, seed);
    for (let draw = 0; draw < 20; draw++) {
      const { pricesMs, computationsMs, genericsMs } = delay.draw();
      assert.ok(least <= pricesMs && pricesMs <= computationsMs);
      assert.ok(computationsMs <= genericsMs && genericsMs <= least + more);
    }
  }));
});

Deno.test("tickDelay() is equal for equal seeds and differs for others", () => {
  const first = (seed: number): number => tickDelay(100, 1600, seed).draw().pricesMs;
  assert.equal(first(1), first(1));
  assert.notEqual(first(1), first(2));
});
