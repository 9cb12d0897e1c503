import { strict as assert } from "node:assert";
import fc from "fast-check";
import { type Admission, arrivalMs, messageRate } from "./message_rate.ts";

/** Admissions of messages that arrive at these times. */
function admissions(limit: number, timesMs: readonly number[]): Admission[] {
  let nowMs = 0;
  const rate = messageRate(limit, () => nowMs);
  return timesMs.map((timeMs) => {
    nowMs = timeMs;
    return rate.admit();
  });
}

const evenly = (perSecond: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => (index * 1000) / perSecond);

Deno.test("45 messages a second, ib_async's pace, are never remarked upon", () => {
  assert.ok(admissions(50, evenly(45, 1_000)).every((it) => it === "accept"));
});

Deno.test("a burst is warned of once, then refused five times, then closed", () => {
  const all = admissions(50, Array.from({ length: 60 }, () => 0));
  assert.deepEqual(all.slice(0, 46).filter((it) => it !== "accept"), []);
  assert.equal(all[46], "warn");
  assert.deepEqual(all.slice(47, 50), ["accept", "accept", "accept"]);
  assert.deepEqual(all.slice(50, 56), ["refuse", "refuse", "refuse", "refuse", "refuse", "close"]);
});

Deno.test("a limit of 0 accepts everything and still counts", () => {
  let nowMs = 0;
  const rate = messageRate(0, () => nowMs);
  for (let index = 0; index < 5_000; index++) {
    nowMs = index / 10;
    assert.equal(rate.admit(), "accept");
  }
  assert.equal(rate.total, 5_000);
  assert.equal(rate.peak, 5_000);
  nowMs = 2_000;
  assert.equal(rate.current, 0);
});

Deno.test("nothing is refused below the limit in any second; something is above it", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 40 }),
    fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 200 }),
    (limit, times) => {
      const sorted = times.toSorted((a, b) => a - b);
      for (const [index, admission] of admissions(limit, sorted).entries()) {
        const nowMs = sorted[index] ?? 0;
        const within = sorted.slice(0, index + 1).filter((it) => it > nowMs - 1000).length;
        assert.equal(admission === "refuse" || admission === "close", within > limit);
      }
    },
  ));
});

Deno.test("a client that waits as long as waitMs() says is never warned", () => {
  let nowMs = 0;
  const rate = messageRate(50, () => nowMs);
  for (let index = 0; index < 500; index++) {
    nowMs += rate.waitMs();
    assert.equal(rate.admit(), "accept");
  }
  assert.ok(nowMs > 9_500 && nowMs < 12_500, `${nowMs} ms for 500 messages`);
});

/** Admissions where every `stallMs` all that came meanwhile is read at once. */
function admissionsOfReads(
  limit: number,
  timesMs: readonly number[],
  stallMs: number,
): Admission[] {
  const reads = Map.groupBy(timesMs, (timeMs) => Math.ceil(timeMs / stallMs) * stallMs);
  const rate = messageRate(limit, () => 0);
  let beforeMs = -stallMs;
  return [...reads].flatMap(([nowMs, group]) => {
    const read = { beforeMs, nowMs };
    beforeMs = nowMs;
    return group.map((_, index) => rate.admit(arrivalMs(read, 1 - (index + 1) / group.length)));
  });
}

for (const stallMs of [30, 120, 200, 240]) {
  Deno.test(`45 messages a second are not refused where the gateway reads every ${stallMs} ms`, () => {
    const all = admissionsOfReads(50, evenly(45, 1_000), stallMs);
    assert.deepEqual(all.filter((it) => it === "refuse" || it === "close"), []);
  });
}

Deno.test("bursts are refused however they are read", () => {
  // Thirty at once, twice a second: sixty a second.
  const bursts = [0, 500, 1_000].flatMap((atMs) => Array.from({ length: 30 }, () => atMs));
  for (const stallMs of [1, 100, 250]) {
    assert.ok(admissionsOfReads(50, bursts, stallMs).includes("refuse"), `${stallMs} ms`);
  }
});
