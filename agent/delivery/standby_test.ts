import { strict as assert } from "node:assert";
import { manualClock } from "../../base/clock.ts";
import { parseTicker } from "../../options/contract.ts";
import { silentLog } from "../../telemetry/log.ts";
import { createStandby, StoodDown } from "./standby.ts";

const EA = parseTicker("EA") ?? assert.fail();
const SPX = parseTicker("SPX") ?? assert.fail();

Deno.test("SP-15: after a 409 the ticker is left alone until just after the window, others are not", () => {
  const clock = manualClock();
  const standby = createStandby({ clock, log: silentLog });
  standby.conflict(EA, 37_000);
  const end = standby.standing(EA, clock.monotonicMs()) ?? assert.fail();
  assert.ok(end > 37_000 && end <= 38_000, String(end));
  assert.equal(standby.standing(SPX, clock.monotonicMs()), null);
  assert.equal(standby.nextEndMs([SPX, EA], clock.monotonicMs()), end);
  clock.advance(end);
  assert.equal(standby.standing(EA, clock.monotonicMs()), null);
  assert.equal(standby.nextEndMs([SPX, EA], clock.monotonicMs()), null);
});

Deno.test("SP-15: a 409 that does not say for how long stands for the default window", () => {
  const standby = createStandby({ clock: manualClock(), log: silentLog });
  standby.conflict(EA, null);
  assert.notEqual(standby.standing(EA, 60_000), null);
  assert.equal(standby.standing(EA, 61_000), null);
});

Deno.test("SP-15: a read that is on breaks off when its ticker is left alone, and the next one is free", () => {
  const standby = createStandby({ clock: manualClock(), log: silentLog });
  const other = standby.untilStandDown(SPX);
  const read = standby.untilStandDown(EA);
  standby.standDown(EA, 1_000);
  assert.ok(read.reason instanceof StoodDown);
  assert.ok(!other.aborted);
  assert.ok(!standby.untilStandDown(EA).aborted);
});
