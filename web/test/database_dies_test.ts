import { strict as assert } from "node:assert";
import { join } from "node:path";
import { signalProcess } from "../../base/child_pid.ts";
import { sleep, systemClock } from "../../base/clock.ts";
import { connectDatabase, type Sql } from "../../db/connect.ts";
import { saveDeal } from "../../db/deals.ts";
import { type DataFolder, dataFolder } from "../../db/embedded/data_folder.ts";
import { runningPostmaster } from "../../db/embedded/postmaster.ts";
import { type EmbeddedServer, startEmbedded } from "../../db/embedded/server.ts";
import { createKey } from "../../db/keys.ts";
import { migrate } from "../../db/migrate.ts";
import type { RunningServer } from "../server.ts";
import { bodyOf, EA, mustPost, post, serverOn } from "./harness.ts";

const clock = systemClock();

interface Given {
  readonly folder: DataFolder;
  readonly sql: Sql;
  readonly server: RunningServer;
  readonly key: string;
  /** Starts the database again at its old address. */
  restart(): Promise<void>;
}

/** A server on a database of its own, whose processes a test may stop and kill. */
async function withOwnDatabase(test: (given: Given) => Promise<void>): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const outer = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(outer, { recursive: true }));
  const folder = dataFolder(join(outer, "data"));
  await Deno.mkdir(folder.path, { mode: 0o700 });
  let database = await startEmbedded({ clock, folder, say: () => {} });
  stack.defer(() => database.stop());
  const restart = async (): Promise<void> => {
    const before: EmbeddedServer = database;
    await before.stop();
    database = await startEmbedded({ clock, folder, say: () => {}, port: before.port });
    assert.equal(database.port, before.port);
  };
  await migrate(database.url);
  const sql = connectDatabase({ url: database.url, program: "test", max: 1 });
  stack.defer(() => sql.end({ timeout: 1 }));
  await saveDeal(sql, { ticker: EA, cash: 210, close: "2026-12-31" });
  const { key } = await createKey(sql, { agent: "deals" });
  const server = await serverOn(database.url, []);
  stack.defer(() => server.close());
  await mustPost(server, key, bodyOf()); // the key is known, and connections are open
  await test({ folder, sql, server, key, restart });
}

async function processesOf({ folder, sql }: Given): Promise<number[]> {
  const postmaster = await runningPostmaster(folder.database);
  assert.ok(postmaster);
  const rows = await sql`SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()`;
  return [postmaster.pid, ...rows.map((row) => Number(row["pid"]))];
}

interface Tried {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly tookMs: number;
}

async function tryToPost({ server, key }: Given, body: unknown): Promise<Tried> {
  const beganMs = clock.monotonicMs();
  const response = await post(server, key, body, { "idempotency-key": "the-batch" });
  await response.body?.cancel();
  const tookMs = clock.monotonicMs() - beganMs;
  return { status: response.status, retryAfter: response.headers.get("retry-after"), tookMs };
}

/** For as long as the key is remembered, and longer: each try is told within a second to come again. */
async function awayForLong(given: Given, body: unknown): Promise<void> {
  const untilMs = clock.monotonicMs() + 6_000;
  while (clock.monotonicMs() < untilMs) {
    const { status, retryAfter, tookMs } = await tryToPost(given, body);
    assert.equal(status, 503);
    assert.ok(Number(retryAfter) > 0);
    assert.ok(tookMs < 1_000, `took ${tookMs} ms`);
  }
}

/** The server finds its database again without being started again, and stores the batch once. */
async function comesBack(given: Given, body: unknown): Promise<void> {
  const untilMs = clock.monotonicMs() + 20_000;
  while ((await tryToPost(given, body)).status !== 200) {
    assert.ok(clock.monotonicMs() < untilMs, "the server does not come back");
    await sleep(clock, 50);
  }
  assert.equal((await tryToPost(given, body)).status, 200);
  const stored = await given.sql`SELECT FROM batches`;
  assert.equal(stored.length, 2);
}

Deno.test("while the database's processes stand still each post is answered 503 within a second, and goes through when they run again", async () => {
  await withOwnDatabase(async (given) => {
    const processes = await processesOf(given);
    const body = bodyOf();
    for (const pid of processes) signalProcess(pid, "SIGSTOP");
    try {
      await awayForLong(given, body);
    } finally {
      for (const pid of processes) signalProcess(pid, "SIGCONT");
    }
    await comesBack(given, body);
  });
});

Deno.test("while the database is killed each post is answered 503 within a second, and goes through when it is started again", async () => {
  await withOwnDatabase(async (given) => {
    const [postmaster] = await processesOf(given);
    assert.ok(postmaster);
    const body = bodyOf();
    signalProcess(postmaster, "SIGKILL");
    // A process of the database may outlive its parent by a moment, and store one more post.
    const untilMs = clock.monotonicMs() + 2_000;
    while ((await tryToPost(given, body)).status === 200) {
      assert.ok(clock.monotonicMs() < untilMs, "the database outlives its parent");
    }
    await awayForLong(given, body);
    await given.restart();
    await comesBack(given, body);
  });
});
