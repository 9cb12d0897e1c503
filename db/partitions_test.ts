import { strict as assert } from "node:assert";
import { batchesAfter } from "./batches.ts";
import { connectDatabase } from "./connect.ts";
import { ingestBatch } from "./ingest.ts";
import { ensurePartitions } from "./partitions.ts";
import { EA, expectKind, follow } from "./test/fixtures.ts";
import { withTestDatabase } from "./testing.ts";

Deno.test("ensurePartitions() makes a partition a week, once, and batches go there", async () => {
  await withTestDatabase(async (sql) => {
    const { request } = await follow(sql);
    const made = await ensurePartitions(sql, 3);
    assert.equal(made.length, 4);
    for (const name of made) assert.match(name, /^batches_20\d\dw[0-5]\d$/);
    assert.deepEqual(await ensurePartitions(sql, 3), []);
    expectKind(await ingestBatch(sql, request()), "stored");
    const [row] = await sql`SELECT tableoid::regclass::text AS partition FROM batches`;
    assert.equal(row?.["partition"], made[0]);
  });
});

Deno.test("ensurePartitions() leaves a week that the default partition has begun", async () => {
  await withTestDatabase(async (sql) => {
    const { request } = await follow(sql);
    expectKind(await ingestBatch(sql, request()), "stored");
    assert.equal((await ensurePartitions(sql, 1)).length, 1);
    expectKind(await ingestBatch(sql, request()), "stored");
    const read = await Array.fromAsync(batchesAfter(sql, EA, { seq: 0 }));
    assert.deepEqual(read.map(({ seq }) => seq), [1, 2]);
  });
});

Deno.test("ensurePartitions() may be called by several programs at once", async () => {
  await withTestDatabase(async (_, url) => {
    const pools = [1, 2, 3, 4].map(() => connectDatabase({ url, program: "test", max: 1 }));
    await Promise.all(pools.map((pool) => ensurePartitions(pool, 4)));
    const [first] = pools;
    assert.ok(first);
    const [row] =
      await first`SELECT count(*)::integer FROM pg_inherits WHERE inhparent = 'batches'::regclass`;
    assert.equal(row?.["count"], 6);
    await Promise.all(pools.map((pool) => pool.end()));
  });
});
