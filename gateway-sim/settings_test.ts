import { strict as assert } from "node:assert";
import { parseAccounts, parseTickDelay } from "./settings.ts";

Deno.test("parseTickDelay() reads a range, and one number as both ends", () => {
  assert.deepEqual(parseTickDelay("100-1600"), { leastMs: 100, mostMs: 1600 });
  assert.deepEqual(parseTickDelay("0"), { leastMs: 0, mostMs: 0 });
  for (const wrong of ["", "9-1", "-5", "1.5", "soon"]) {
    assert.throws(() => parseTickDelay(wrong), /Allowed: milliseconds as 0 or 100-1600/);
  }
});

Deno.test("parseAccounts() takes account codes only", () => {
  assert.deepEqual(parseAccounts("DU1234567, U7654321"), ["DU1234567", "U7654321"]);
  for (const wrong of ["", "me", "DU1234567,", "DU123 4567"]) {
    assert.throws(() => parseAccounts(wrong), /Allowed: account codes/);
  }
});
