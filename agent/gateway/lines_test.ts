import { strict as assert } from "node:assert";
import { manualClock } from "../../base/clock.ts";
import { createLines, type LineShare } from "./lines.ts";

function takeAll(share: LineShare, most = 1_000): number {
  let taken = 0;
  while (taken < most && share.take()) taken++;
  return taken;
}

Deno.test("the budget gives out no more than its limit, and again what is released", () => {
  const lines = createLines(3, manualClock());
  const [one, other] = [lines.forRead(0), lines.forRead(0)];
  assert.deepEqual([one.take(), other.take(), other.take(), one.take()], [true, true, true, false]);
  other.release();
  assert.ok(one.take());
  assert.deepEqual([lines.used, one.used, other.used], [3, 2, 1]);
});

Deno.test("shrink() holds as many as are held now, at least an underlying and a contract", () => {
  const lines = createLines(95, manualClock());
  const read = lines.forRead(0);
  takeAll(read, 40);
  read.shrink();
  assert.equal(lines.limit, 40);
  const none = createLines(95, manualClock());
  none.forRead(0).shrink();
  assert.equal(none.limit, 2);
});

Deno.test("a budget that shrank grows back to its setting, and no further", () => {
  const clock = manualClock();
  const lines = createLines(95, clock);
  const read = lines.forRead(0);
  takeAll(read, 2);
  read.shrink();
  clock.advance(3_999);
  assert.equal(lines.limit, 2);
  clock.advance(1);
  assert.equal(lines.limit, 4);
  clock.advance(20_000);
  assert.equal(lines.limit, 95, "within half a minute");
  clock.advance(3_600_000);
  assert.equal(lines.limit, 95);
});

Deno.test("a refusal counts from what had grown back", () => {
  const clock = manualClock();
  const lines = createLines(95, clock);
  const read = lines.forRead(0);
  takeAll(read, 10);
  read.shrink();
  clock.advance(8_000);
  takeAll(read);
  assert.equal(read.used, 40);
  read.release();
  read.shrink();
  assert.equal(lines.limit, 39);
});

Deno.test("release() refuses a line that nobody holds", () => {
  assert.throws(() => createLines(1, manualClock()).forRead(0).release(), /released twice/);
});

Deno.test("only the most urgent of the open reads has its turn", () => {
  const lines = createLines(9, manualClock());
  const watch = lines.forRead(0);
  assert.ok(watch.turn);
  const page = lines.forRead(2);
  assert.deepEqual([watch.turn, page.turn], [false, true]);
  watch.raise(2);
  assert.deepEqual([watch.turn, page.turn], [true, true]);
  watch.raise(1);
  assert.ok(watch.turn, "to raise never lowers");
  const third = lines.forRead(1);
  assert.ok(!third.turn);
  page.close();
  watch.close();
  assert.ok(third.turn);
});

Deno.test("a read must yield its lines only when a more urgent one was refused one", () => {
  const lines = createLines(4, manualClock());
  const watch = lines.forRead(0);
  takeAll(watch, 3);
  const page = lines.forRead(2);
  assert.ok(page.take());
  assert.ok(!watch.mustYield);
  assert.ok(!page.take());
  assert.ok(watch.mustYield);
  assert.ok(!page.mustYield);
  watch.release();
  assert.ok(page.take());
  assert.ok(!watch.mustYield);
});

Deno.test("streams leave lines for reads, and share the others evenly", () => {
  const lines = createLines(95, manualClock());
  const first = lines.forStream();
  assert.equal(takeAll(first), 55);
  const second = lines.forStream();
  assert.deepEqual([first.most, second.most], [27, 27]);
  while (first.used > first.most) first.release();
  assert.equal(takeAll(second), 27);
  assert.equal(takeAll(lines.forRead(0)), 41);
  second.close();
  assert.equal(first.most, 55);
});

Deno.test("streams leave reads half of a small budget", () => {
  const lines = createLines(7, manualClock());
  assert.equal(takeAll(lines.forStream()), 3);
  assert.equal(takeAll(lines.forRead(0)), 4);
});
