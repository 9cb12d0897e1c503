import { strict as assert } from "node:assert";
import { manualClock } from "../../base/clock.ts";
import { fault } from "./fault.ts";
import { Faults } from "./faults.ts";

function faults() {
  const clock = manualClock();
  return { clock, faults: new Faults(clock, 7) };
}

const muteOf = (more: Record<string, unknown> = {}) => fault.parse({ fault: "mute", ...more });

Deno.test("strikes() finds the newest fault of the name that fits the client", () => {
  const { faults: it } = faults();
  it.add(muteOf({ symbol: "EA" }));
  it.add(muteOf({ symbol: "SPX", clientId: 7 }));
  assert.equal(it.strikes("mute", 7)?.symbol, "SPX");
  assert.equal(it.strikes("mute", 8)?.symbol, "EA");
  assert.equal(it.strikes("mute", 8, ({ symbol }) => symbol === "SPX"), undefined);
  assert.equal(it.strikes("drop", 7), undefined);
});

Deno.test("a fault with times ends after so many strikes, one with seconds after so long", () => {
  const { faults: it, clock } = faults();
  it.add(muteOf({ times: 2 }));
  assert.ok(it.strikes("mute", null) && it.strikes("mute", null));
  assert.equal(it.strikes("mute", null), undefined);
  it.add(muteOf({ seconds: 5 }));
  clock.advance(4_999);
  assert.ok(it.strikes("mute", null));
  clock.advance(1);
  assert.equal(it.strikes("mute", null), undefined);
});

Deno.test("a probability strikes so often, the same with the same seed", () => {
  const counts = [0, 0].map(() => {
    const { faults: it } = faults();
    it.add(muteOf({ probability: 0.25 }));
    return Array.from({ length: 4_000 }).filter(() => it.strikes("mute", null)).length;
  });
  assert.equal(counts[0], counts[1]);
  assert.ok(Math.abs((counts[0] ?? 0) - 1_000) < 100, `${counts}`);
});

Deno.test("on() hears of faults that are on and of those that begin, and of the end of each once", () => {
  const { faults: it, clock } = faults();
  const heard: string[] = [];
  it.add(muteOf({ symbol: "A", seconds: 1 }));
  const stop = it.on("mute", ({ symbol }) => {
    heard.push(`+${symbol}`);
    return () => heard.push(`-${symbol}`);
  });
  const b = it.add(muteOf({ symbol: "B" }));
  it.add(muteOf({ symbol: "C" }));
  clock.advance(1_000);
  assert.ok(it.end(b));
  assert.ok(!it.end(b));
  stop();
  it.add(muteOf({ symbol: "D" }));
  assert.equal(it.clear(), 2);
  assert.deepEqual(heard, ["+A", "+B", "+C", "-A", "-B", "-C"]);
});

Deno.test("a fault that is not known, or has a setting of another one, is refused", () => {
  assert.ok(!fault.safeParse({ fault: "earthquake" }).success);
  assert.ok(!fault.safeParse({ fault: "mute", lingerSeconds: 1 }).success);
  assert.ok(!fault.safeParse({ fault: "drop", probability: 2 }).success);
});
