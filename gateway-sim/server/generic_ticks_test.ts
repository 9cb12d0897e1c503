import { strict as assert } from "node:assert";
import { chooseGenericTicks } from "./generic_ticks.ts";

Deno.test("chooseGenericTicks() takes what live data may ask for", () => {
  const choice = chooseGenericTicks(["100", "101", "104", "106", "mdoff", "292:BRFG"], "STK", 1);
  assert.deepEqual(choice.ok && [...choice.ticks], [100, 101, 104, 106, 292]);
});

Deno.test("chooseGenericTicks() refuses 100 and 104 for delayed data, as IB's page on it says", () => {
  for (const type of [3, 4] as const) {
    assert.ok(chooseGenericTicks(["101", "106"], "OPT", type).ok);
    for (const tick of ["100", "104"]) assert.ok(!chooseGenericTicks([tick], "OPT", type).ok);
  }
});

Deno.test("chooseGenericTicks() names what was asked and what is legal", () => {
  for (const wrong of ["999", "x", "1e2", "-1"]) {
    const choice = chooseGenericTicks(["101", wrong], "OPT", 1);
    assert.ok(!choice.ok);
    assert.match(choice.cause, new RegExp(`101,${wrong}\\.  Legal ones for \\(OPT\\) are: 100\\(`));
  }
});
