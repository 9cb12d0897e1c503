import { strict as assert } from "node:assert";
import fc from "fast-check";
import { backoffMs } from "./backoff.ts";

Deno.test("backoffMs() stays between half and the whole of the doubled, capped delay", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 1_000 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    (failures, random) => {
      const ms = backoffMs(failures, { firstMs: 1_000, mostMs: 30_000 }, () => random);
      const wholeMs = Math.min(30_000, 1_000 * 2 ** Math.min(failures - 1, 30));
      assert.ok(ms >= wholeMs / 2 && ms <= wholeMs);
    },
  ));
});
