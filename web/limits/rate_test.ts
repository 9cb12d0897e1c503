import { strict as assert } from "node:assert";
import fc from "fast-check";
import { manualClock } from "../../base/clock.ts";
import { RequestRate } from "./rate.ts";

Deno.test("a key may make a minute's requests at once, and then one each time its turn comes", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 7_000 }), (perMinute) => {
    const clock = manualClock();
    const rate = new RequestRate(clock, perMinute);
    for (let left = perMinute - 1; left >= 0; left--) {
      const { remaining, waitMs } = rate.take("1");
      assert.deepEqual([remaining, waitMs], [left, null]);
    }
    const refused = rate.take("1");
    assert.equal(refused.remaining, 0);
    assert.ok(refused.waitMs !== null && Math.abs(refused.waitMs - 60_000 / perMinute) < 0.01);
    assert.deepEqual(rate.take("1"), refused, "what is refused does not count");
    assert.equal(rate.take("2").waitMs, null, "another key has its own");
    clock.advance(refused.waitMs);
    assert.equal(rate.take("1").waitMs, null);
    assert.notEqual(rate.take("1").waitMs, null);
    clock.advance(60_000);
    assert.equal(rate.take("1").remaining, perMinute - 1);
  }));
});

Deno.test("however its requests fall, a key makes no more than a minute's and what a bucket holds", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 600 }),
    fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 300 }),
    (perMinute, pausesMs) => {
      const clock = manualClock();
      const rate = new RequestRate(clock, perMinute);
      let made = 0;
      for (const pauseMs of pausesMs) {
        clock.advance(pauseMs);
        for (let i = 0; i < 3; i++) if (rate.take("1").waitMs === null) made++;
        const allowed = perMinute + clock.monotonicMs() * perMinute / 60_000;
        assert.ok(made <= allowed + 0.01, `${made} of ${allowed}`);
      }
    },
  ));
});

Deno.test("the header fields tell the policy, what is left, and when all of it is there again", () => {
  const clock = manualClock();
  const rate = new RequestRate(clock, 120);
  rate.take("1");
  assert.deepEqual(rate.headers(rate.take("1")), {
    "RateLimit-Policy": '"key";q=120;w=60',
    "RateLimit": '"key";r=118;t=1',
  });
});

Deno.test("of a stream of names that come once few are remembered, and none that is not full is forgotten", () => {
  const clock = manualClock();
  const rate = new RequestRate(clock, 10);
  for (let tries = 0; tries < 10; tries++) rate.take("guessed");
  for (let at = 0; at < 10_000; at++) {
    rate.take(`name ${at}`);
    clock.advance(5);
    if (at === 1_000) assert.notEqual(rate.take("guessed").waitMs, null, "it was forgotten");
  }
  // A bucket of which one was taken is full again after six seconds: some 1,200 of these.
  assert.ok(rate.size < 3_000, `${rate.size} are remembered`);
});
