import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { BAR_LENGTHS, barLengthMs, durationBeginMs } from "./bars.ts";

const WEDNESDAY_NOON = Date.UTC(2026, 6, 15, 16);

Deno.test("durationBeginMs() counts days as trading days, across a weekend and a holiday", () => {
  const begin = (text: string, toMs: number) => {
    const ms = durationBeginMs(text, toMs);
    return ms === undefined ? undefined : new Date(ms).toISOString();
  };
  assert.equal(begin("1D", WEDNESDAY_NOON), "2026-07-15T04:00:00.000Z");
  // Monday 2026-07-06 after the holiday on Friday the 3rd.
  assert.equal(begin("2D", Date.UTC(2026, 6, 6, 16)), "2026-07-02T04:00:00.000Z");
  // On a Saturday the day before is the first that counts.
  assert.equal(begin("1D", Date.UTC(2026, 6, 18, 16)), "2026-07-17T04:00:00.000Z");
  // Before it opens a day does not count.
  assert.equal(begin("1D", Date.UTC(2026, 6, 15, 13)), "2026-07-14T04:00:00.000Z");
  // Midnight in New York belongs to the day that ends with it.
  assert.equal(begin("1D", Date.UTC(2026, 6, 16, 4)), "2026-07-15T04:00:00.000Z");
});

Deno.test("durationBeginMs() counts weeks, months and years by the calendar, and knows clock changes", () => {
  const begin = (text: string, toMs: number) => new Date(durationBeginMs(text, toMs) ?? NaN);
  assert.equal(begin("1W", WEDNESDAY_NOON).toISOString(), "2026-07-09T04:00:00.000Z");
  assert.equal(begin("1M", Date.UTC(2026, 2, 31, 16)).toISOString(), "2026-03-01T05:00:00.000Z");
  assert.equal(begin("1Y", WEDNESDAY_NOON).toISOString(), "2025-07-16T04:00:00.000Z");
});

Deno.test("durationBeginMs() refuses what is no duration or is longer than twenty years", () => {
  for (const text of ["", "10", "10d", "0D", "-1D", "10 D", "9999Y", "9999W", "1D ", "1e3D"]) {
    assert.equal(durationBeginMs(text, WEDNESDAY_NOON), undefined, text);
  }
});

Deno.test("durationBeginMs() of more days begins no later", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 300 }),
    fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2029, 0, 1) }),
    (days, toMs) => {
      const one = durationBeginMs(`${days}D`, toMs) ?? NaN;
      const more = durationBeginMs(`${days + 1}D`, toMs) ?? NaN;
      assert.ok(more < one && one < toMs);
    },
  ));
});

Deno.test("bars are listed from the shortest to the longest", () => {
  const lengths = BAR_LENGTHS.map(barLengthMs);
  assert.deepEqual(lengths, lengths.toSorted((a, b) => a - b));
  assert.equal(barLengthMs("30s"), 30_000);
  assert.equal(barLengthMs("1d"), 86_400_000);
});
