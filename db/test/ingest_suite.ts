/**
 * What the ingest statement promises, on whatever server `withDatabase` gives: the embedded one in
 * `ingest_test.ts`, PostgreSQL 15 in `containers_test.ts`.
 */
import { strict as assert } from "node:assert";
import { quotesOf } from "../../options/columns.ts";
import { batchesAfter } from "../batches.ts";
import type { Sql } from "../connect.ts";
import { removeDeal, saveDeal } from "../deals.ts";
import { ingestBatch, type IngestRequest } from "../ingest.ts";
import { readInstallation, setClockOffset } from "../installation.ts";
import { revokeKey } from "../keys.ts";
import { StoredSets } from "../stored_sets.ts";
import { addWatch } from "../watches.ts";
import {
  AGENT_TIME_MS,
  batch,
  EA,
  expectKind,
  follow,
  type Followed,
  quote,
  ticker,
} from "./fixtures.ts";

/** Gives a test a fresh, migrated database. */
export type WithDatabase = (test: (sql: Sql, url: string) => Promise<void>) => Promise<void>;

const HASH = new Uint8Array(32).fill(1);
const MINUTE_MS = 60_000;

const fromOther: IngestRequest["batch"] = batch({ agentId: "other" });

async function batchCount(sql: Sql): Promise<number> {
  return Number((await sql`SELECT count(*) FROM batches`)[0]?.["count"]);
}

/** Moves the installation's clock, as time would. */
async function later(sql: Sql, byMs: number): Promise<void> {
  await sql`UPDATE installation SET clock_offset_ms = clock_offset_ms + ${byMs}`;
}

/** Defines the tests; `where` is put before each name. */
export function ingestSuite(where: string, withDatabase: WithDatabase): void {
  const test = (name: string, body: (followed: Followed) => Promise<void>): void => {
    Deno.test(`${where}${name}`, () => withDatabase(async (sql) => body(await follow(sql))));
  };

  test("ingestBatch() stores a batch and says its snapshot, position and deal", async (on) => {
    const { sql, request } = on;
    const first = expectKind(await ingestBatch(sql, request()), "stored");
    assert.equal(first.seq, 1);
    assert.equal(first.dealId, "1");
    assert.equal(first.asOfMs, first.serverReceivedAtMs);
    const sent = batch({
      readId: "read-1",
      spot: 1234.5678,
      missing: [{ contract: "EA261218P00210000", reason: 'never quoted, "so far"' }],
    });
    const second = expectKind(
      await ingestBatch(sql, request({ batch: sent, traceId: "t" })),
      "stored",
    );
    assert.notEqual(second.snapshotId, first.snapshotId);
    assert.deepEqual(await Array.fromAsync(batchesAfter(sql, EA, { seq: 1 })), [{
      seq: 2,
      asOfMs: second.asOfMs,
      receivedAtMs: second.serverReceivedAtMs,
      agentTimeMs: AGENT_TIME_MS,
      agentId: "deals",
      mode: "snapshot",
      late: false,
      readId: "read-1",
      traceId: "t",
      snapshotId: second.snapshotId,
      spot: 1234.5678,
      columns: sent.columns,
      missing: sent.missing,
    }]);
  });

  test("ingestBatch() dates by the database's clock and the installation's offset", async (on) => {
    await setClockOffset(on.sql, -86_400_000);
    const stored = expectKind(await ingestBatch(on.sql, on.request()), "stored");
    const { nowMs } = await readInstallation(on.sql);
    assert.ok(stored.serverReceivedAtMs <= nowMs && stored.serverReceivedAtMs > nowMs - MINUTE_MS);
    assert.ok(nowMs < Date.now() - 86_000_000);
  });

  test("ingestBatch() never dates a batch before the one before it", async (on) => {
    const first = expectKind(await ingestBatch(on.sql, on.request()), "stored");
    await later(on.sql, -MINUTE_MS);
    const second = expectKind(await ingestBatch(on.sql, on.request()), "stored");
    assert.equal(second.serverReceivedAtMs, first.serverReceivedAtMs);
    assert.equal(second.seq, 2);
  });

  test("ingestBatch() refuses a ticker that is not followed, and one no longer", async (on) => {
    const { sql, request } = on;
    const unknown = request({ batch: batch({ ticker: ticker("XYZ") }) });
    expectKind(await ingestBatch(sql, unknown), "unknown_ticker");
    await addWatch(sql, ticker("XYZ"));
    const watched = expectKind(await ingestBatch(sql, unknown), "stored");
    assert.equal(watched.dealId, null);
    await removeDeal(sql, EA);
    expectKind(await ingestBatch(sql, request()), "unknown_ticker");
    assert.equal(await batchCount(sql), 1);
  });

  test("ingestBatch() refuses an unknown, a foreign and a revoked key", async (on) => {
    const { sql, request, keyId } = on;
    expectKind(await ingestBatch(sql, request({ keyHash: HASH })), "key_refused");
    const foreign = request({ batch: fromOther, keyHash: request().keyHash });
    expectKind(await ingestBatch(sql, foreign), "key_refused");
    const numbered = request({ batch: batch({ agentId: "deals-7" }) });
    expectKind(await ingestBatch(sql, numbered), "stored");
    await sql`UPDATE keys SET expires_at = now() WHERE id = ${keyId}::bigint`;
    expectKind(await ingestBatch(sql, numbered), "key_refused");
    await sql`UPDATE keys SET expires_at = NULL WHERE id = ${keyId}::bigint`;
    assert.ok(await revokeKey(sql, keyId));
    expectKind(await ingestBatch(sql, numbered), "key_refused");
    assert.equal(await batchCount(sql), 1);
  });

  test("ingestBatch() keeps a ticker for who wrote it last until the window is over", async (on) => {
    const { sql, request } = on;
    const owner = expectKind(await ingestBatch(sql, request()), "stored");
    const conflict = expectKind(await ingestBatch(sql, request({ batch: fromOther })), "conflict");
    assert.equal(conflict.existingAgent, "deals");
    assert.equal(conflict.existingTimeMs, owner.serverReceivedAtMs);
    assert.ok(conflict.retryAfterS > 50 && conflict.retryAfterS <= 60, `${conflict.retryAfterS}`);
    await later(sql, 30_000);
    expectKind(await ingestBatch(sql, request()), "stored");
    await later(sql, 59_000);
    expectKind(await ingestBatch(sql, request({ batch: fromOther })), "conflict");
    await later(sql, 2_000);
    expectKind(await ingestBatch(sql, request({ batch: fromOther })), "stored");
    expectKind(await ingestBatch(sql, request()), "conflict");
    assert.equal(await batchCount(sql), 3);
  });

  test("ingestBatch() lets exactly one of 32 writers win, round after round", async (on) => {
    const { sql, request } = on;
    const writers = Array.from({ length: 32 }, (_, i) =>
      request({
        batch: batch({ agentId: `deals-${i}` }),
      }));
    for (let round = 1; round <= 50; round++) {
      await later(sql, 61_000);
      const outcomes = await Promise.all(writers.map((writer) => ingestBatch(sql, writer)));
      const winners = writers.filter((_, i) => outcomes[i]?.kind === "stored");
      assert.equal(winners.length, 1, `round ${round}`);
      for (const outcome of outcomes) {
        if (outcome.kind === "stored") continue;
        assert.equal(expectKind(outcome, "conflict").existingAgent, winners[0]?.batch.agentId);
      }
      assert.equal(await batchCount(sql), round);
    }
  });

  test("ingestBatch() numbers the batches of an agent's parallel posts without a gap", async (on) => {
    const { sql, request } = on;
    await Promise.all(Array.from({ length: 40 }, () => ingestBatch(sql, request())));
    const seqs = (await Array.fromAsync(batchesAfter(sql, EA, { seq: 0 }))).map(({ seq }) => seq);
    assert.deepEqual(seqs, Array.from({ length: 40 }, (_, i) => i + 1));
  });

  test("ingestBatch() gives a repeated idempotency key its first answer", async (on) => {
    const { sql, request } = on;
    const keyed = request({ idempotencyKey: "k" });
    const { kind: _, ...first } = expectKind(await ingestBatch(sql, keyed), "stored");
    // It is the answer whatever has become of the ticker since.
    await later(sql, 61_000);
    expectKind(await ingestBatch(sql, request({ batch: fromOther })), "stored");
    await removeDeal(sql, EA);
    assert.deepEqual(await ingestBatch(sql, keyed), { kind: "repeated", ...first });
    const sentLater = { ...keyed, batch: batch({ sentAtMs: AGENT_TIME_MS + 5_000 }) };
    assert.deepEqual(await ingestBatch(sql, sentLater), { kind: "repeated", ...first });
    const other = batch({ quotes: [quote("EA261218C00210000", { bid: 1.05, ask: 1.11 })] });
    const reused = request({ batch: other, idempotencyKey: "k" });
    expectKind(await ingestBatch(sql, reused), "key_reused");
    await saveDeal(sql, { ticker: EA, cash: 210, close: null });
    await later(sql, 61_000);
    const others = request({ batch: fromOther, idempotencyKey: "k" });
    expectKind(await ingestBatch(sql, others), "stored");
    assert.equal(await batchCount(sql), 3);
  });

  test("ingestBatch() remembers no refusal", async (on) => {
    const { sql, request } = on;
    const keyed = request({ batch: fromOther, idempotencyKey: "k" });
    expectKind(await ingestBatch(sql, request()), "stored");
    expectKind(await ingestBatch(sql, keyed), "conflict");
    await later(sql, 61_000);
    expectKind(await ingestBatch(sql, keyed), "stored");
  });

  test("ingestBatch() stores one of many posts with one idempotency key at once", async (on) => {
    const { sql, request } = on;
    for (let round = 1; round <= 10; round++) {
      const keyed = request({ idempotencyKey: `k${round}` });
      const outcomes = await Promise.all(Array.from({ length: 8 }, () => ingestBatch(sql, keyed)));
      const answers = outcomes.map(({ kind, ...answer }) => {
        assert.ok(kind === "stored" || kind === "repeated", kind);
        return JSON.stringify(answer);
      });
      assert.equal(new Set(answers).size, 1);
      assert.equal(outcomes.filter(({ kind }) => kind === "stored").length, 1);
      assert.equal(await batchCount(sql), round);
    }
  });

  test("ingestBatch() counts an empty batch as activity only", async (on) => {
    const { sql, request } = on;
    expectKind(await ingestBatch(sql, request()), "stored");
    const empty = request({ batch: batch({ agentId: "other", quotes: [] }) });
    const answer = expectKind(await ingestBatch(sql, empty), "stored");
    assert.equal(answer.snapshotId, null);
    assert.equal(answer.seq, null);
    assert.equal(await batchCount(sql), 1);
    const [agent] =
      await sql`SELECT last_seen_at IS NOT NULL AS seen FROM agents WHERE name = 'other'`;
    assert.ok(agent?.["seen"]);
    expectKind(await ingestBatch(sql, request({ batch: fromOther })), "conflict");
  });

  test("ingestBatch() takes a backfill as history: no window, its own time, marked late", async (on) => {
    const { sql, request } = on;
    const live = expectKind(await ingestBatch(sql, request()), "stored");
    const agentTimeMs = live.serverReceivedAtMs - 10 * MINUTE_MS;
    const late = batch({ agentId: "other", agentTimeMs, sentAtMs: null });
    const filled = expectKind(
      await ingestBatch(sql, request({ batch: late, backfill: true })),
      "stored",
    );
    assert.equal(filled.asOfMs, agentTimeMs);
    // Its window is still that of the agent which wrote live.
    expectKind(await ingestBatch(sql, request({ batch: fromOther })), "conflict");
    const last = expectKind(await ingestBatch(sql, request()), "stored");
    const read = await Array.fromAsync(batchesAfter(sql, EA, { seq: 0 }));
    assert.deepEqual(read.map(({ seq, late, asOfMs }) => ({ seq, late, asOfMs })), [
      { seq: 2, late: true, asOfMs: agentTimeMs },
      { seq: 1, late: false, asOfMs: live.asOfMs },
      { seq: 3, late: false, asOfMs: last.asOfMs },
    ]);
  });

  test("ingestBatch() corrects a backfill's time by the agent's skew, never past its receipt", async (on) => {
    const { sql, request } = on;
    // An agent whose clock is an hour slow sends now what it read ten minutes ago.
    const sentAtMs = Date.now() - 60 * MINUTE_MS;
    const slow = batch({ agentTimeMs: sentAtMs - 10 * MINUTE_MS, sentAtMs });
    const first = expectKind(
      await ingestBatch(sql, request({ batch: slow, backfill: true })),
      "stored",
    );
    assert.equal(first.serverReceivedAtMs - first.asOfMs, 10 * MINUTE_MS);
    const ahead = batch({ agentTimeMs: Date.now() + 5 * MINUTE_MS, sentAtMs: null });
    const second = expectKind(
      await ingestBatch(sql, request({ batch: ahead, backfill: true })),
      "stored",
    );
    assert.equal(second.asOfMs, second.serverReceivedAtMs);
  });

  test("ingestBatch() sends a set's names once, and again where the set is gone", async (on) => {
    const { sql, request } = on;
    const sets = new StoredSets();
    const { columns } = batch();
    expectKind(await ingestBatch(sql, request(), sets), "stored");
    assert.ok(sets.isStored(sets.of(columns.occ)));
    expectKind(await ingestBatch(sql, request(), sets), "stored");
    await sql`TRUNCATE batches, contract_sets CASCADE`;
    expectKind(await ingestBatch(sql, request(), sets), "stored");
    assert.equal((await Array.fromAsync(batchesAfter(sql, EA, { seq: 0 }))).length, 1);
  });

  test("ingestBatch() keeps the same contracts once, in whatever order they come", async (on) => {
    const { sql, request } = on;
    const a = quote("EA261218C00210000", { bid: 1 });
    const b = quote("EA261218P00210000", { bid: 2 });
    await ingestBatch(sql, request({ batch: batch({ quotes: [a, b] }) }));
    await ingestBatch(sql, request({ batch: batch({ quotes: [b, a] }) }));
    assert.equal(Number((await sql`SELECT count(*) FROM contract_sets`)[0]?.["count"]), 1);
    const [first, second] = await Array.fromAsync(batchesAfter(sql, EA, { seq: 0 }));
    assert.deepEqual(first && quotesOf(first.columns), [a, b]);
    assert.deepEqual(second && quotesOf(second.columns), [a, b]);
  });
}
