import { strict as assert } from "node:assert";
import fc from "fast-check";
import { type Clock, manualClock, sleep, systemClock } from "../../base/clock.ts";
import { createPacer } from "./pacer.ts";

/** A clock whose timers ring late, each by the next of `latenessMs`, as those of a busy program do. */
function lateClock(base: Clock, latenessMs: readonly number[]): Clock {
  let next = 0;
  return {
    ...base,
    after: (delayMs, callback) =>
      base.after(delayMs + (latenessMs[next++ % latenessMs.length] ?? 0), callback),
  };
}

/** When each of `count` turns was given, in milliseconds. */
async function turns(
  rate: number,
  count: number,
  latenessMs: readonly number[],
): Promise<number[]> {
  const clock = manualClock();
  const pacer = createPacer({ ratePerSecond: rate, clock: lateClock(clock, latenessMs) });
  const givenMs: number[] = [];
  const all = Promise.all(Array.from({ length: count }, async () => {
    await pacer.turn();
    givenMs.push(clock.monotonicMs());
  }));
  do {
    // A turn's promise resolves in microtasks, which must run before the clock moves on.
    for (let microtasks = 0; microtasks < 4; microtasks++) await Promise.resolve();
    clock.advance(1);
  } while (clock.pending > 0);
  await all;
  return givenMs;
}

const rates = fc.integer({ min: 20, max: 48 });
const lateness = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 20 });

Deno.test("createPacer() never gives more turns than the rate in any second", async () => {
  await fc.assert(
    fc.asyncProperty(rates, lateness, async (rate, latenessMs) => {
      const givenMs = await turns(rate, 150, latenessMs);
      givenMs.forEach((ms, index) => {
        const inSecond = givenMs.slice(index).filter((other) => other < ms + 1_000).length;
        assert.ok(inSecond <= rate, `${inSecond} turns in the second after ${ms} ms at ${rate}/s`);
      });
    }),
    { numRuns: 30 },
  );
});

Deno.test("createPacer() never gives two turns closer than half an interval", async () => {
  await fc.assert(
    fc.asyncProperty(rates, lateness, async (rate, latenessMs) => {
      const givenMs = await turns(rate, 100, latenessMs);
      for (const [index, ms] of givenMs.entries()) {
        const before = givenMs[index - 1];
        if (before !== undefined) assert.ok(ms - before >= 500 / rate - 1e-6);
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("createPacer() keeps its rate although every timer rings some milliseconds late", async () => {
  const givenMs = await turns(45, 450, [1, 3, 9]);
  assert.ok((givenMs.at(-1) ?? Infinity) < 10_300, `450 turns took ${givenMs.at(-1)} ms`);
});

Deno.test("createPacer() gives turns in the order they were asked for", async () => {
  const clock = manualClock();
  const pacer = createPacer({ ratePerSecond: 45, clock });
  const order: number[] = [];
  for (let caller = 0; caller < 10; caller++) void pacer.turn().then(() => order.push(caller));
  clock.advance(1_000);
  await Promise.resolve();
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

for (const ratePerSecond of [0, 45]) {
  Deno.test(`stop() rejects who waits and who comes later, at rate ${ratePerSecond}`, async () => {
    const clock = manualClock();
    const pacer = createPacer({ ratePerSecond, clock });
    await pacer.turn();
    const waiting = ratePerSecond === 0 ? undefined : pacer.turn();
    pacer.stop(new Error("the connection was lost"));
    if (waiting) await assert.rejects(waiting, /lost/);
    await assert.rejects(pacer.turn(), /lost/);
    assert.equal(clock.pending, 0);
  });
}

Deno.test("createPacer() without a limit lets the event loop run between many messages", async () => {
  const pacer = createPacer({ ratePerSecond: 0, clock: systemClock() });
  let otherWork = false;
  void sleep(systemClock(), 0).then(() => {
    otherWork = true;
  });
  while (!otherWork && pacer.given < 100_000) await pacer.turn();
  assert.ok(otherWork);
});

Deno.test("slowDown() gives turns further apart, and within a minute as close as before", async () => {
  const clock = manualClock();
  const pacer = createPacer({ ratePerSecond: 40, clock });
  const inASecond = async (): Promise<number> => {
    const before = pacer.given;
    for (let step = 0; step < 100; step++) {
      while (waiting < 5) {
        waiting++;
        pacer.turn().then(() => waiting--).catch(() => {/* stopped at the end */});
      }
      clock.advance(10);
      for (let microtasks = 0; microtasks < 4; microtasks++) await Promise.resolve();
    }
    return pacer.given - before;
  };
  let waiting = 0;
  await inASecond();
  assert.equal(await inASecond(), 40);
  pacer.slowDown(1.1);
  const warned = await inASecond();
  assert.ok(warned >= 35 && warned <= 38, `${warned} after a warning`);
  pacer.slowDown(2);
  const refused = await inASecond();
  assert.ok(refused >= 19 && refused <= 22, `${refused} after a refusal`);
  pacer.slowDown(1.1);
  assert.ok(await inASecond() <= 22, "a warning does not make it faster");
  for (let second = 0; second < 60; second++) await inASecond();
  assert.equal(await inASecond(), 40);
  pacer.stop(new Error("The test is over."));
});
