import { strict as assert } from "node:assert";
import { changeOf } from "./change.ts";

Deno.test("W-41 changeOf() says nothing where a price is not known", () => {
  assert.equal(changeOf(null, 1), null);
  assert.equal(changeOf(1, null), null);
  assert.equal(changeOf(1, 0), null);
  assert.deepEqual(changeOf(8.1, 9), { change: -0.9, percent: -10 });
});
