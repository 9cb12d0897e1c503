import { strict as assert } from "node:assert";
import { batchesAfter } from "./batches.ts";
import { saveCheckpoint } from "./checkpoints.ts";
import type { Sql } from "./connect.ts";
import { ingestBatch } from "./ingest.ts";
import { maintain, partitionStates } from "./maintain.ts";
import { isHypertable } from "./partitions.ts";
import { dropHistory } from "./retention.ts";
import { rewriteDays } from "./rewrite.ts";
import { EA, expectKind, follow } from "./test/fixtures.ts";
import { withTestDatabase } from "./testing.ts";

const DAY_MS = 86_400_000;
const LATER_MS = Date.UTC(2100, 0);

/** Two batches of twenty days ago, in a partition of their own, and one of today. */
async function fill(sql: Sql): Promise<void> {
  const { request } = await follow(sql);
  for (const seq of [1, 2]) {
    expectKind(await ingestBatch(sql, request()), "stored");
    await sql`
      UPDATE batches
      SET received_at = received_at - interval '20 days', as_of = as_of - interval '20 days'
      WHERE seq = ${seq}`;
  }
  if (!(await isHypertable(sql))) {
    await sql`ALTER TABLE batches DETACH PARTITION batches_default`;
    await sql.unsafe(
      "CREATE TABLE batches_old PARTITION OF batches FOR VALUES FROM ('2020-01-01') TO ('" +
        new Date(Date.now() - 10 * DAY_MS).toISOString() + "')",
    );
    await sql`INSERT INTO batches SELECT * FROM batches_default`;
    await sql`DROP TABLE batches_default`;
  }
  await maintain(sql, { retentionDays: null, rewriteAfterDays: 10_000 });
  expectKind(await ingestBatch(sql, request()), "stored");
}

const checkpoint = (seq: number, asOfMs: number) => ({
  seq,
  asOfMs,
  asOfSeq: seq,
  state: Uint8Array.of(1),
});

async function seqs(sql: Sql): Promise<number[]> {
  return (await Array.fromAsync(batchesAfter(sql, EA, { seq: 0 }))).map(({ seq }) => seq);
}

Deno.test("dropHistory() drops what a checkpoint covers, with its slabs and contract sets", async () => {
  await withTestDatabase(async (sql) => {
    await fill(sql);
    await rewriteDays(sql, Date.now() - 10 * DAY_MS);
    const before = Date.now() - 5 * DAY_MS;
    const waiting = await dropHistory(sql, before);
    assert.equal(waiting.partitions.length, 0);
    assert.equal(waiting.kept.length, 1);
    await saveCheckpoint(sql, EA, checkpoint(1, Date.now() - 20 * DAY_MS));
    assert.equal((await dropHistory(sql, before)).partitions.length, 0);
    assert.deepEqual(await seqs(sql), [1, 2, 3]);
    await saveCheckpoint(sql, EA, checkpoint(2, Date.now() - 20 * DAY_MS));
    const done = await dropHistory(sql, before);
    assert.equal(done.partitions.length, 1);
    assert.deepEqual(done.kept, []);
    assert.deepEqual(await seqs(sql), [3]);
    const [left] = await sql`SELECT count(*)::integer FROM slabs`;
    assert.equal(left?.["count"], 0);
    assert.equal((await sql`SELECT FROM contract_sets`).length, 1);
  });
});

Deno.test("maintain() keeps all history where no retention is set, and rewrites what is old", async () => {
  await withTestDatabase(async (sql) => {
    await fill(sql);
    await saveCheckpoint(sql, EA, checkpoint(3, Date.now()));
    const done = await maintain(sql, { retentionDays: null });
    assert.deepEqual(done?.partitions, []);
    assert.equal(done?.rewritten, 2);
    assert.deepEqual(await seqs(sql), [1, 2, 3]);
    const states = await partitionStates(sql);
    assert.deepEqual(states.map(({ rewritten }) => rewritten).filter((count) => count > 0), [2]);
    const dropped = await maintain(sql, { retentionDays: 5 });
    assert.equal(dropped?.partitions.length, 1);
    assert.deepEqual(await seqs(sql), [3]);
  });
});

Deno.test("maintain() is done by one program at a time", async () => {
  await withTestDatabase(async (sql) => {
    await sql.begin(async (other) => {
      await other`SELECT pg_advisory_xact_lock(hashtext('lastmark maintenance'))`;
      assert.equal(await maintain(sql, { retentionDays: null }), null);
    });
    assert.ok(await maintain(sql, { retentionDays: null }));
  });
});

Deno.test("maintain() gives the space of rewritten batches back", async () => {
  await withTestDatabase(async (sql) => {
    await fill(sql);
    const old = "SELECT tableoid::regclass::text AS name FROM batches WHERE seq = 1";
    const [{ name } = { name: "" }] = await sql.unsafe<{ name: string }[]>(old);
    // Bytes that do not compress, as many as a few chains.
    await sql`
      UPDATE batches
      SET read_id = (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 20000) AS i)
      WHERE seq = 1`;
    await sql`UPDATE batches SET read_id = NULL WHERE seq = 1`;
    const bytes = async (): Promise<number> => {
      const [row] = await sql`SELECT pg_total_relation_size(${name}::text::regclass)::integer AS b`;
      return Number(row?.["b"]);
    };
    const before = await bytes();
    await maintain(sql, { retentionDays: null });
    assert.ok(await bytes() < before - 500_000, `${before} bytes, then ${await bytes()}`);
  });
});

Deno.test("rewriteDays() that is cut off anywhere loses nothing and doubles nothing", async () => {
  await withTestDatabase(async (sql, url) => {
    const { request } = await follow(sql);
    for (let at = 0; at < 96; at++) expectKind(await ingestBatch(sql, request()), "stored");
    // The last twelve each on a day of its own, the others twelve a day.
    await sql`
      UPDATE batches
      SET as_of = as_of - CASE WHEN seq > 84 THEN seq ELSE (seq - 1) / 12 END * interval '1 day'`;
    const read = () => Array.fromAsync(batchesAfter(sql, EA, { seq: 0 }));
    const before = await read();
    const code = `
      import { connectDatabase } from "${new URL("./connect.ts", import.meta.url)}";
      import { rewriteDays } from "${new URL("./rewrite.ts", import.meta.url)}";
      const sql = connectDatabase({ url: Deno.args[0], program: "cut off", max: 2 });
      console.log("begins");
      await rewriteDays(sql, ${LATER_MS});
      await sql.end();`;
    const file = await Deno.makeTempFile({
      suffix: ".ts",
      dir: new URL(".", import.meta.url).pathname,
    });
    try {
      await Deno.writeTextFile(file, code);
      for (const steps of [1, 5, 30]) {
        const child = new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", file, url],
          stdout: "piped",
        }).spawn();
        const reader = child.stdout.getReader();
        await reader.read();
        const goal = 96 - steps;
        const left = async (): Promise<number> =>
          (await sql`SELECT FROM batches WHERE block IS NOT NULL AND NOT packed`).length;
        const deadline = performance.now() + 20_000;
        while (await left() > goal && performance.now() < deadline) {
          assert.deepEqual(await read(), before);
        }
        try {
          child.kill("SIGKILL");
        } catch (error) {
          // It was done before it was seen to be so far.
          if (!(error instanceof TypeError)) throw error;
        }
        await child.status;
        await reader.cancel();
        assert.deepEqual(await read(), before);
        // Every slab is of batches, and every rewritten batch has its slab.
        const [odd] = await sql`
          SELECT count(*)::integer
          FROM (SELECT DISTINCT day_id FROM batches WHERE block IS NULL) AS b
          FULL JOIN (SELECT DISTINCT day_id FROM slabs) AS s ON s.day_id = b.day_id
          WHERE s.day_id IS NULL OR b.day_id IS NULL`;
        assert.equal(odd?.["count"], 0);
      }
      await rewriteDays(sql, LATER_MS);
      assert.deepEqual(await read(), before);
    } finally {
      await Deno.remove(file);
    }
  });
});
