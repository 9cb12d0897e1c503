import { strict as assert } from "node:assert";
import { manualClock, sleep, systemClock } from "./clock.ts";

Deno.test("systemClock() adds the offset to domain time and leaves real time alone", () => {
  const clock = systemClock({ offsetMs: -86_400_000 });
  assert.ok(Math.abs(clock.realNowMs() - clock.nowMs() - 86_400_000) < 50);
});

Deno.test("manualClock() runs due timers in order of their time, not of their making", () => {
  const clock = manualClock();
  const rang: string[] = [];
  clock.after(20, () => rang.push("late"));
  clock.after(10, () => rang.push("early"));
  clock.advance(15);
  assert.deepEqual(rang, ["early"]);
  clock.advance(5);
  assert.deepEqual(rang, ["early", "late"]);
  assert.equal(clock.pending, 0);
});

Deno.test("sleep() rejects with the signal's reason and leaves no timer behind", async () => {
  const clock = manualClock();
  const abort = new AbortController();
  const slept = sleep(clock, 1_000, abort.signal);
  assert.equal(clock.pending, 1);
  abort.abort(new Error("stopped"));
  await assert.rejects(slept, /stopped/);
  assert.equal(clock.pending, 0);
});
