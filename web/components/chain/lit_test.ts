import { strict as assert } from "node:assert";
import type { LastKnownContract } from "../../../options/chain.ts";
import { occ } from "../../../options/testing.ts";
import { changedFields } from "./lit.ts";

function known(fields: LastKnownContract["fields"]): LastKnownContract {
  return {
    occ: occ("EA261218C00210000"),
    asOfMs: 2_000,
    kind: null,
    multiplier: null,
    quotedAtMs: null,
    fields,
    missingReason: null,
  };
}

Deno.test("a field changes when its value does, when it comes, and when it is none now", () => {
  const before = known({
    bid: { value: 1, seenAtMs: 1_000, now: true },
    ask: { value: 2, seenAtMs: 1_000, now: true },
    last: { value: 1.5, seenAtMs: 1_000, now: true },
  });
  const after = known({
    bid: { value: 1.1, seenAtMs: 2_000, now: true },
    ask: { value: 2, seenAtMs: 1_000, now: false },
    last: { value: 1.5, seenAtMs: 2_000, now: true },
    volume: { value: 0, seenAtMs: 2_000, now: true },
  });
  assert.deepEqual([...changedFields(before, after)].sort(), ["ask", "bid", "volume"]);
});

Deno.test("a value that was only seen again does not brighten", () => {
  const before = known({ bid: { value: 1, seenAtMs: 1_000, now: true } });
  const after = known({ bid: { value: 1, seenAtMs: 2_000, now: true } });
  assert.deepEqual(changedFields(before, after), []);
});
