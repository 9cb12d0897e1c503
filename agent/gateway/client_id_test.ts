import { strict as assert } from "node:assert";
import fc from "fast-check";
import { afterAccepted, afterTaken, firstClientId } from "./client_id.ts";

const slice = { first: 300, last: 302 };

Deno.test("afterTaken() tries the same ID for longer than a half-open socket lingers, then the next", () => {
  let state = firstClientId(slice);
  let waitedMs = 0;
  for (let tries = 0; tries < 3; tries++) {
    const next = afterTaken(state, slice);
    assert.equal(next.state.clientId, 300);
    waitedMs += next.waitMs;
    state = next.state;
  }
  assert.ok(waitedMs > 10_000);
  assert.equal(afterTaken(state, slice).state.clientId, 301);
});

Deno.test("afterTaken() stays within the slice and comes back to its first ID", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 60 }), (refusals) => {
    let state = firstClientId(slice);
    for (let count = 0; count < refusals; count++) state = afterTaken(state, slice).state;
    assert.equal(state.clientId, slice.first + Math.floor(refusals / 4) % 3);
  }));
});

Deno.test("afterAccepted() keeps the ID and forgets the refusals", () => {
  const refused = afterTaken(firstClientId(slice), slice).state;
  assert.deepEqual(afterAccepted(refused), { clientId: 300, refusals: 0 });
});
