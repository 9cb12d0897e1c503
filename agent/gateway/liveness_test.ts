import { strict as assert } from "node:assert";
import { manualClock } from "../../base/clock.ts";
import { LIVENESS_PERIOD_MS, watchLiveness } from "./liveness.ts";

Deno.test("watchLiveness() calls a gateway deaf after two questions without a word", () => {
  const clock = manualClock();
  const seen: string[] = [];
  watchLiveness({ clock, ask: () => seen.push("ask"), onDeaf: () => seen.push("deaf") });
  clock.advance(10 * LIVENESS_PERIOD_MS);
  assert.deepEqual(seen, ["ask", "ask", "deaf"]);
  assert.equal(clock.pending, 0);
});

Deno.test("watchLiveness() takes anything that is heard for life", () => {
  const clock = manualClock();
  let deaf = 0;
  const liveness = watchLiveness({
    clock,
    // It stays silent to every second question.
    ask: () => clock.monotonicMs() % (2 * LIVENESS_PERIOD_MS) === 0 && liveness.heard(),
    onDeaf: () => deaf++,
  });
  clock.advance(100 * LIVENESS_PERIOD_MS);
  assert.equal(deaf, 0);
  liveness.stop();
  assert.equal(clock.pending, 0);
});
