import { strict as assert } from "node:assert";
import { manualClock } from "../base/clock.ts";
import { DatabaseAway } from "./database.ts";
import { DatabaseWatch } from "./database_watch.ts";

/** A database whose answers are given by hand. */
function watched() {
  const clock = manualClock();
  const questions: PromiseWithResolvers<void>[] = [];
  const watch = new DatabaseWatch(clock, () => {
    const question = Promise.withResolvers<void>();
    questions.push(question);
    return question.promise;
  });
  /** Lets what was settled be heard of. */
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.advance(50);
      await settle();
    }
  };
  return { clock, questions, watch, settle, pass };
}

const never = (): Promise<never> => new Promise(() => {});

Deno.test("quick work asks the database nothing besides", async () => {
  const { watch, questions, clock } = watched();
  assert.equal(await watch.run(() => Promise.resolve(7), 15_000), 7);
  assert.deepEqual([questions.length, clock.pending], [0, 0]);
});

Deno.test("work on a silent database is given up within a second, and all of it asks once", async () => {
  const { watch, questions, pass } = watched();
  const ends = Promise.allSettled([watch.run(never, 15_000), watch.run(never, 15_000)]);
  await pass(650);
  for (const end of await ends) {
    assert.ok(end.status === "rejected" && end.reason instanceof DatabaseAway);
  }
  assert.equal(questions.length, 1);
});

Deno.test("work that takes long on a database that answers goes on to its deadline", async () => {
  const { watch, questions, pass, settle } = watched();
  let ended = false;
  const end = watch.run(never, 3_000).catch((error: unknown) => {
    ended = true;
    return error;
  });
  for (let i = 0; i < 14; i++) {
    await pass(200);
    questions.at(-1)?.resolve();
    await settle();
  }
  assert.ok(!ended);
  await pass(300);
  assert.ok(await end instanceof DatabaseAway);
});

Deno.test("while the database is away no work is sent to it, and the first answer ends that", async () => {
  const { watch, questions, pass } = watched();
  const first = watch.run(never, 15_000).catch(() => {});
  await pass(950);
  await first;
  let sent = 0;
  const work = (): Promise<number> => Promise.resolve(++sent);
  const refused = watch.run(work, 15_000).catch((error: unknown) => error);
  await pass(600);
  assert.ok(await refused instanceof DatabaseAway);
  assert.equal(sent, 0);
  const taken = watch.run(work, 15_000);
  questions.at(-1)?.resolve();
  assert.equal(await taken, 1);
  assert.equal(await watch.run(work, 15_000), 2);
  assert.equal(questions.length, 3);
});
