import { strict as assert } from "node:assert";
import fc from "fast-check";
import { manualClock } from "../../base/clock.ts";
import { type Leave, Room } from "./room.ts";

Deno.test("a room without a line takes what it has room for, and again what was given back once", () => {
  const room = new Room(manualClock(), { capacity: 2, patienceMs: 0 });
  const first = room.enter(1);
  assert.ok(typeof first === "function" && room.enter(1));
  assert.equal(room.enter(1), undefined);
  first();
  first();
  assert.ok(room.enter(1));
  assert.equal(room.enter(1), undefined);
});

Deno.test("who waits is let in in turn, a big one before small ones that came later", async () => {
  const room = new Room(manualClock(), { capacity: 10, patienceMs: 1_000 });
  const first = room.enter(6);
  const big = room.enter(99);
  const small = room.enter(1);
  assert.ok(typeof first === "function" && big instanceof Promise && small instanceof Promise);
  first();
  const leave = await big;
  assert.ok(leave);
  assert.ok(room.enter(1) instanceof Promise, "all of it is taken");
  leave();
  assert.ok(await small);
});

Deno.test("who has waited long enough goes, and no longer stands in the way", async () => {
  const clock = manualClock();
  const room = new Room(clock, { capacity: 10, patienceMs: 1_000, line: 2 });
  assert.ok(room.enter(6));
  const big = room.enter(10);
  clock.advance(500);
  const small = room.enter(4);
  assert.equal(room.enter(1), undefined, "the line is full");
  clock.advance(500);
  assert.equal(await big, undefined);
  assert.ok(await small);
  assert.equal(clock.pending, 0);
});

Deno.test("there is never more inside than the room holds, and everyone gets an answer", async () => {
  const size = fc.integer({ min: 1, max: 12 });
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(size, fc.boolean())), async (steps) => {
    const clock = manualClock();
    const room = new Room(clock, { capacity: 10, patienceMs: 100 });
    const inside: { size: number; leave: Leave }[] = [];
    let held = 0;
    const answers: Promise<void>[] = [];
    const take = (size: number, leave: Leave | undefined): void => {
      if (!leave) return;
      const fits = Math.min(size, 10);
      held += fits;
      assert.ok(held <= 10, `${held} inside`);
      inside.push({ size: fits, leave });
    };
    for (const [size, leaves] of steps) {
      const entered = room.enter(size);
      if (entered instanceof Promise) answers.push(entered.then((leave) => take(size, leave)));
      else take(size, entered);
      if (leaves) {
        const one = inside.shift();
        held -= one?.size ?? 0;
        one?.leave();
      }
      for (let i = 0; i < 5; i++) await Promise.resolve();
    }
    clock.advance(100);
    await Promise.all(answers);
  }));
});
