import { strict as assert } from "node:assert";
import { manualClock } from "../base/clock.ts";
import { parseTicker } from "../options/contract.ts";
import { createProgress } from "./progress.ts";

const EA = parseTicker("EA");

Deno.test("createProgress() draws one line over and over on a terminal, and clears it", () => {
  assert.ok(EA);
  const clock = manualClock();
  const written: string[] = [];
  const progress = createProgress(clock, { terminal: true, write: (text) => written.push(text) });
  for (let done = 1; done <= 100; done++) {
    progress.show(EA, done, 100);
    clock.advance(10);
  }
  progress.end();
  assert.equal(written[0], "\rEA: 1 of 100 contracts\x1b[K");
  assert.equal(written.at(-2), "\rEA: 100 of 100 contracts\x1b[K");
  assert.equal(written.at(-1), "\r\x1b[K");
  assert.ok(written.length < 20, "not a line a contract");
});

Deno.test("createProgress() writes a plain line every ten seconds elsewhere, none for a short read", () => {
  assert.ok(EA);
  const clock = manualClock();
  const written: string[] = [];
  const progress = createProgress(clock, { terminal: false, write: (text) => written.push(text) });
  for (let round = 0; round < 5; round++) {
    clock.advance(3_000);
    progress.show(EA, 400, 400);
    progress.end();
  }
  assert.deepEqual(written, []);
  clock.advance(10_000);
  progress.show(EA, 7, 400);
  assert.deepEqual(written, ["EA: 7 of 400 contracts\n"]);
});
