import { strict as assert } from "node:assert";
import fc from "fast-check";
import { ivRank } from "./iv_rank.ts";

const days = (...ivs: readonly number[]) =>
  ivs.map((atmIv, at) => ({ day: `2026-07-${String(at + 1).padStart(2, "0")}`, atmIv }));

Deno.test("the highest of the days has rank 100, the lowest 0", () => {
  assert.equal(ivRank(days(0.2, 0.3, 0.4))?.rank, 100);
  assert.equal(ivRank(days(0.4, 0.3, 0.2))?.rank, 0);
  assert.equal(ivRank(days(0.2, 0.4, 0.3))?.rank, 50);
});

Deno.test("the percentile counts the earlier days that were lower", () => {
  assert.equal(ivRank(days(0.2, 0.25, 0.5, 0.3))?.percentile, 67);
  assert.equal(ivRank(days(0.2, 0.4, 0.2))?.percentile, 0);
});

Deno.test("one day, none, or days that are all alike have no rank", () => {
  assert.equal(ivRank([]), undefined);
  assert.equal(ivRank(days(0.2)), undefined);
  assert.equal(ivRank(days(0.2, 0.2, 0.2)), undefined);
});

Deno.test("rank and percentile are between 0 and 100, and say the days they go by", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 5, noNaN: true }), { maxLength: 50 }),
      (ivs) => {
        const found = ivRank(days(...ivs));
        if (!found) return;
        assert.ok(found.rank >= 0 && found.rank <= 100);
        assert.ok(found.percentile >= 0 && found.percentile <= 100);
        assert.deepEqual([found.days, found.firstDay], [ivs.length, "2026-07-01"]);
      },
    ),
  );
});
