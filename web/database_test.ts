import { strict as assert } from "node:assert";
import { manualClock } from "../base/clock.ts";
import { DatabaseAway, inTime, QUICK_DEADLINE_MS } from "./database.ts";

const never = (): Promise<never> => new Promise(() => {});

Deno.test("inTime() takes a database that is silent for its deadline as away", async () => {
  const clock = manualClock();
  const asked = inTime(clock, never());
  clock.advance(QUICK_DEADLINE_MS);
  await assert.rejects(asked, DatabaseAway);
  assert.equal(clock.pending, 0);
});

Deno.test("inTime() gives an answer, and an error, as they are, and leaves no timer behind", async () => {
  const clock = manualClock();
  assert.equal(await inTime(clock, Promise.resolve(7)), 7);
  await assert.rejects(inTime(clock, Promise.reject(new RangeError("x"))), RangeError);
  assert.equal(clock.pending, 0);
});

Deno.test("inTime() does not blame the database for the time this process was busy", async () => {
  const clock = manualClock();
  let heldUpMs = 0;
  const busy = { ...clock, monotonicMs: () => clock.monotonicMs() + heldUpMs };
  const { promise, resolve } = Promise.withResolvers<number>();
  const asked = inTime(busy, promise);
  heldUpMs = 3_000; // the timer rings, three seconds after it was due
  clock.advance(QUICK_DEADLINE_MS);
  resolve(7);
  assert.equal(await asked, 7);
});

Deno.test("inTime() leaves a call a quarter of its second where the timer rings late", async () => {
  const clock = manualClock();
  let heldUpMs = 0;
  const busy = { ...clock, monotonicMs: () => clock.monotonicMs() + heldUpMs };
  let tookMs = Infinity;
  const asked = inTime(busy, never()).catch(() => tookMs = busy.monotonicMs());
  heldUpMs = 150;
  clock.advance(QUICK_DEADLINE_MS);
  clock.advance(100);
  await asked;
  assert.ok(tookMs <= 750, `took ${tookMs} ms`);
});
