import { strict as assert } from "node:assert";
import { type FeedFinding, SilenceWatch } from "./silence.ts";

/** Looks every second and gives what was found, with the second. */
function watch(seconds: number, given: {
  readonly ticks: readonly number[];
  readonly isOpen?: (second: number) => boolean;
  readonly muteAfterMs?: number;
}): readonly [second: number, FeedFinding][] {
  const it = new SilenceWatch(given.muteAfterMs ?? 60_000);
  return Array.from({ length: seconds }, (_, second): [number, FeedFinding] => {
    const lastTick = given.ticks.filter((at) => at <= second).at(-1) ?? -Infinity;
    const isMarketOpen = given.isOpen?.(second) ?? true;
    return [second, it.look({ nowMs: second * 1_000, isMarketOpen, lastTickMs: lastTick * 1_000 })];
  }).filter(([, finding]) => finding !== "as before");
}

Deno.test("a feed that never ticks is asked anew before it is called mute, once", () => {
  assert.deepEqual(watch(500, { ticks: [] }), [[55, "ask anew"], [60, "mute"]]);
});

Deno.test("a feed that answers when it is asked anew only rested", () => {
  assert.deepEqual(watch(120, { ticks: [0, 56] }), [[55, "ask anew"], [111, "ask anew"], [
    116,
    "mute",
  ]]);
});

Deno.test("a mute feed is heard with its next tick, and can be mute again", () => {
  assert.deepEqual(watch(180, { ticks: [0, 70] }), [
    [55, "ask anew"],
    [60, "mute"],
    [70, "heard"],
    [125, "ask anew"],
    [130, "mute"],
  ]);
});

Deno.test("nothing is mute while the market is closed; the silence counts from its opening", () => {
  const isOpen = (second: number): boolean => second < 30 || second >= 300;
  assert.deepEqual(watch(400, { ticks: [0], isOpen }), [[355, "ask anew"], [360, "mute"]]);
});

Deno.test("a feed that is mute at the close is so no longer", () => {
  const isOpen = (second: number): boolean => second < 100;
  assert.deepEqual(watch(400, { ticks: [0], isOpen }), [
    [55, "ask anew"],
    [60, "mute"],
    [100, "heard"],
  ]);
});

Deno.test("a short time to mute leaves half of it for the answer", () => {
  assert.deepEqual(watch(60, { ticks: [], muteAfterMs: 4_000 }), [[2, "ask anew"], [4, "mute"]]);
});
