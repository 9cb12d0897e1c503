import { strict as assert } from "node:assert";
import { createLines } from "./lines.ts";

Deno.test("createLines() gives out no more than the limit, and again what is released", () => {
  const lines = createLines(2);
  assert.deepEqual([lines.take(), lines.take(), lines.take()], [true, true, false]);
  lines.release();
  assert.ok(lines.take());
  assert.equal(lines.used, 2);
});

Deno.test("shrink() holds as many as are held now, at least an underlying and a contract", () => {
  const lines = createLines(95);
  for (let taken = 0; taken < 40; taken++) lines.take();
  lines.shrink();
  assert.equal(lines.limit, 40);
  const none = createLines(95);
  none.shrink();
  assert.equal(none.limit, 2);
});

Deno.test("release() refuses a line that nobody holds", () => {
  assert.throws(() => createLines(1).release(), /released twice/);
});
