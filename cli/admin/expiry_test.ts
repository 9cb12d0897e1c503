import { strict as assert } from "node:assert";
import { InvalidArgumentError } from "commander";
import { expiry, span } from "./expiry.ts";

const NOW_MS = Date.UTC(2026, 10, 27, 12);

Deno.test("span() reads a number and a unit, and nothing else", () => {
  assert.deepEqual(["0s", "45s", "30m", "24h", "90d"].map(span), [
    0,
    45_000,
    1_800_000,
    86_400_000,
    7_776_000_000,
  ]);
  for (const text of ["", "24", "h", "-1h", "1.5h", "1w", "24 h", "24H", "9999999999d"]) {
    assert.throws(() => span(text), InvalidArgumentError, text);
  }
});

Deno.test("expiry() takes what is to come, and refuses what has been", () => {
  const at = expiry(NOW_MS);
  assert.equal(at("1s"), NOW_MS + 1_000);
  assert.equal(at("2026-11-28"), Date.UTC(2026, 10, 28));
  for (const text of ["0d", "2026-11-27", "2020-01-01", "2027-02-30", "2999-01-01", "soon", ""]) {
    assert.throws(() => at(text), InvalidArgumentError, text);
  }
});
