import { strict as assert } from "node:assert";
import { loadCheckpoint, saveCheckpoint } from "./checkpoints.ts";
import { ingestBatch } from "./ingest.ts";
import { batch, EA, expectKind, follow, type Followed } from "./test/fixtures.ts";
import { withTestDatabase } from "./testing.ts";

const HOUR_MS = 3_600_000;
const T0_MS = Date.UTC(2026, 6, 1);

async function saveAt(on: Followed, seq: number, asOfMs: number): Promise<void> {
  await saveCheckpoint(on.sql, EA, { seq, asOfMs, asOfSeq: seq, state: Uint8Array.of(1, seq) });
}

Deno.test("loadCheckpoint() gives the newest checkpoint, whole", async () => {
  await withTestDatabase(async (sql) => {
    const on = await follow(sql);
    assert.equal(await loadCheckpoint(sql, EA), undefined);
    await saveAt(on, 1, T0_MS);
    await saveAt(on, 2, T0_MS + 1);
    const found = await loadCheckpoint(sql, EA);
    assert.deepEqual(found && { ...found, state: new Uint8Array(found.state) }, {
      seq: 2,
      asOfMs: T0_MS + 1,
      asOfSeq: 2,
      state: Uint8Array.of(1, 2),
    });
  });
});

Deno.test("loadCheckpoint() goes back behind a late batch", async () => {
  await withTestDatabase(async (sql) => {
    const on = await follow(sql);
    const first = expectKind(await ingestBatch(sql, on.request()), "stored");
    const hourAgoMs = first.asOfMs - HOUR_MS;
    await saveAt(on, 0, hourAgoMs - HOUR_MS);
    await saveAt(on, 1, first.asOfMs);
    assert.equal((await loadCheckpoint(sql, EA))?.seq, 1);
    const late = on.request({ batch: batch({ agentTimeMs: hourAgoMs }), backfill: true });
    expectKind(await ingestBatch(sql, late), "stored");
    assert.equal((await loadCheckpoint(sql, EA))?.seq, 0);
    // The reader has folded again, late batch included.
    await saveAt(on, 2, first.asOfMs);
    assert.equal((await loadCheckpoint(sql, EA))?.seq, 2);
    const kept = await sql`SELECT seq::integer FROM checkpoints ORDER BY seq`;
    assert.deepEqual(kept.map((row) => row["seq"]), [0, 2]);
  });
});

Deno.test("saveCheckpoint() thins what is old: by the hour for a day, by the day for a month", async () => {
  await withTestDatabase(async (sql) => {
    const on = await follow(sql);
    const everyMs = HOUR_MS / 4;
    const count = 4 * 24 * 3;
    for (let i = 1; i <= count; i++) await saveAt(on, i, T0_MS + i * everyMs);
    const kept = await sql`SELECT seq::integer FROM checkpoints ORDER BY seq`;
    assert.ok(kept.length >= 24 && kept.length <= 34, `${kept.length} are kept`);
    assert.equal(kept.at(-1)?.["seq"], count);
    assert.ok(Number(kept[0]?.["seq"]) < 4 * 24, "one of the first day is kept");
  });
});
