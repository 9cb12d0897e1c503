import { strict as assert } from "node:assert";
import { manualClock } from "../../base/clock.ts";
import type { KeyUse } from "../../db/keys.ts";
import { silentLog } from "../../telemetry/log.ts";
import { LastUsed, WRITE_EVERY_MS } from "./last_used.ts";

/** Uses, and what was written of them. */
function usesOf() {
  const clock = manualClock();
  const written: (readonly KeyUse[])[] = [];
  const database = { away: false };
  const lastUsed = new LastUsed({
    clock,
    log: silentLog,
    write: (uses) => {
      if (database.away) return Promise.reject(new Error("away"));
      written.push(uses);
      return Promise.resolve();
    },
  });
  return { clock, written, database, lastUsed };
}

Deno.test("however often keys are used, it is written once in a while, the newest use of each", () => {
  const { clock, written, lastUsed } = usesOf();
  for (let i = 0; i < 1_000; i++) lastUsed.used(i % 2 === 0 ? "1" : "2");
  clock.advance(1_000);
  lastUsed.used("2");
  assert.deepEqual(written, []);
  clock.advance(3 * WRITE_EVERY_MS);
  assert.deepEqual(written, [[
    { id: "1", agoMs: WRITE_EVERY_MS },
    { id: "2", agoMs: WRITE_EVERY_MS - 1_000 },
  ]]);
});

Deno.test("what could not be written is written later, unless there is something newer", async () => {
  const { clock, written, database, lastUsed } = usesOf();
  lastUsed.used("1");
  lastUsed.used("2");
  database.away = true;
  clock.advance(WRITE_EVERY_MS);
  lastUsed.used("2");
  for (let i = 0; i < 5; i++) await Promise.resolve();
  database.away = false;
  clock.advance(WRITE_EVERY_MS);
  const byId = (a: KeyUse, b: KeyUse): number => Number(a.id) - Number(b.id);
  assert.deepEqual(written.map((uses) => [...uses].sort(byId)), [[
    { id: "1", agoMs: 2 * WRITE_EVERY_MS },
    { id: "2", agoMs: WRITE_EVERY_MS },
  ]]);
});

Deno.test("what is left is written at the end", async () => {
  const { clock, written, lastUsed } = usesOf();
  lastUsed.used("1");
  await lastUsed.stop();
  assert.deepEqual(written, [[{ id: "1", agoMs: 0 }]]);
  assert.equal(clock.pending, 0);
});
