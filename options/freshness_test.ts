import { strict as assert } from "node:assert";
import { ageText, FRESHNESS_LOOKS, freshnessOf } from "./freshness.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

Deno.test("freshnessOf() changes class exactly at 5 minutes, 30 minutes and 24 hours", () => {
  const table = [
    [-SECOND, "live"],
    [0, "live"],
    [5 * MINUTE - 1, "live"],
    [5 * MINUTE, "recent"],
    [30 * MINUTE - 1, "recent"],
    [30 * MINUTE, "stale"],
    [24 * HOUR - 1, "stale"],
    [24 * HOUR, "cached"],
  ] as const;
  for (const [age, word] of table) {
    for (const kind of [null, "realtime", "frozen"] as const) {
      assert.equal(freshnessOf(age, kind), word, `${age} ${kind}`);
    }
  }
});

Deno.test("freshnessOf() counts delayed kinds 15 minutes older, so never live", () => {
  for (const kind of ["delayed", "delayed_frozen"] as const) {
    assert.equal(freshnessOf(0, kind), "recent");
    assert.equal(freshnessOf(15 * MINUTE - 1, kind), "recent");
    assert.equal(freshnessOf(15 * MINUTE, kind), "stale");
    assert.equal(freshnessOf(24 * HOUR - 15 * MINUTE, kind), "cached");
  }
});

Deno.test("ageText() says an age in its largest whole unit", () => {
  const table = [
    [-1, "0 s"],
    [12_900, "12 s"],
    [59_999, "59 s"],
    [MINUTE, "1 min"],
    [372_000, "6 min"],
    [HOUR - 1, "59 min"],
    [3 * HOUR, "3 h"],
    [24 * HOUR - 1, "23 h"],
    [48 * HOUR, "2 d"],
  ] as const;
  for (const [age, text] of table) assert.equal(ageText(age), text);
});

Deno.test("FRESHNESS_LOOKS tells the classes apart by word, by shape and by colour", () => {
  for (const trait of ["word", "shape", "colour"] as const) {
    assert.equal(new Set(Object.values(FRESHNESS_LOOKS).map((look) => look[trait])).size, 4);
  }
});
