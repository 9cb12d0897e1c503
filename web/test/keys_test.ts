import { strict as assert } from "node:assert";
import { sleep, systemClock } from "../../base/clock.ts";
import { createKey, listKeys, revokeKey, rotateKey } from "../../db/keys.ts";
import type { Sql } from "../../db/connect.ts";
import type { RunningServer } from "../server.ts";
import { startWeb } from "./web_process.ts";
import { bodyOf, contractOf, EA, mustPost, post, SPX, withServer } from "./harness.ts";

const clock = systemClock();

/** In force on every server after so long (the promise). */
const IN_FORCE_MS = 5_000;

type Server = Pick<RunningServer, "url" | "port">;

function askTickers({ url }: Server, key: string): Promise<Response> {
  return fetch(`${url}/api/price-agent/tickers`, { headers: { authorization: `Bearer ${key}` } });
}

async function statusOf(asked: Promise<Response>): Promise<number> {
  const response = await asked;
  await response.body?.cancel();
  return response.status;
}

/** The status of both calls that a key opens. */
async function statusesOf(server: Server, key: string): Promise<number[]> {
  const sent = { ...server, close: () => Promise.resolve() };
  return [await statusOf(askTickers(server, key)), await statusOf(post(sent, key, bodyOf()))];
}

/** Goes on asking until the key is refused; how long that took. */
async function refusedAfterMs(server: Server, key: string): Promise<number> {
  const beganMs = clock.monotonicMs();
  while (await statusOf(askTickers(server, key)) !== 403) {
    assert.ok(clock.monotonicMs() - beganMs < 2 * IN_FORCE_MS, "the key is still taken");
    await sleep(clock, 20);
  }
  return clock.monotonicMs() - beganMs;
}

Deno.test("on two servers both keys open while one takes over from the other, and a revoked one nothing within 5 s", async () => {
  await withServer(async ({ sql, databaseUrl, key: old }) => {
    await using servers = new AsyncDisposableStack();
    const start = async (): Promise<Server> => {
      const server = await startWeb({ databaseUrl, port: 0 });
      servers.defer(() => server.kill());
      return server;
    };
    const both = [await start(), await start()];
    for (const server of both) assert.deepEqual(await statusesOf(server, old), [200, 200]);
    const [{ id = "" } = {}] = await listKeys(sql);
    const made = await rotateKey(sql, id, { overlapMs: 60_000 });
    assert.ok(made);
    for (const server of both) {
      for (const key of [old, made.key]) {
        assert.deepEqual(await statusesOf(server, key), [200, 200]);
      }
    }
    assert.ok(await revokeKey(sql, id));
    for (const server of both) {
      const body = { ...server, close: () => Promise.resolve() };
      const late = await post(body, old, bodyOf());
      assert.deepEqual([late.status, (await late.json()).reason], [403, "revoked"]);
    }
    assert.equal(await batches(sql), 6, "the statement looks for itself");
    for (const ms of await Promise.all(both.map((server) => refusedAfterMs(server, old)))) {
      assert.ok(ms < IN_FORCE_MS, `${ms} ms`);
    }
    for (const server of both) assert.deepEqual(await statusesOf(server, made.key), [200, 200]);
  });
});

async function batches(sql: Sql): Promise<number> {
  return (await sql`SELECT FROM batches`).length;
}

Deno.test("a key in use on another server than the one that is asked is refused there too when it is revoked", async () => {
  await withServer(async ({ server, another, sql, key }) => {
    const other = await another();
    for (const one of [server, other]) assert.equal(await statusOf(askTickers(one, key)), 200);
    const [{ id = "" } = {}] = await listKeys(sql);
    await revokeKey(sql, id);
    assert.equal(await statusOf(post(server, key, bodyOf())), 403);
    assert.ok(await refusedAfterMs(other, key) < IN_FORCE_MS);
  });
});

Deno.test("a key with tickers opens those, however they are written, and no other", async () => {
  await withServer(async ({ server, sql, lines }) => {
    const { key } = await createKey(sql, { agent: "deals", tickers: [EA] });
    await mustPost(server, key, bodyOf({ ticker: " ea ", agentId: "deals-3" }));
    const contracts = [contractOf({ symbol: "SPXW" })];
    const before = await batches(sql);
    const refused = await post(server, key, bodyOf({ ticker: "spx", contracts, bad: true }));
    assert.equal(refused.status, 403);
    const { error, reason } = await refused.json();
    assert.deepEqual({ error, reason }, { error: "Invalid API key", reason: "out_of_scope" });
    assert.equal(await batches(sql), before);
    const { message, ticker, keyAgent } = lines.at(-1) ?? {};
    assert.deepEqual({ message, ticker, keyAgent }, {
      message: "Invalid API key",
      ticker: "SPX",
      keyAgent: "deals",
    });
    const named = async (by: string): Promise<string[]> => {
      const { tickers } = await (await askTickers(server, by)).json();
      return tickers.map((one: { ticker: string }) => one.ticker);
    };
    assert.deepEqual(await named(key), [EA]);
    const all = await createKey(sql, { agent: "deals" });
    assert.deepEqual((await named(all.key)).sort(), [EA, SPX]);
  });
});

Deno.test("a key ends at its time, and says so", async () => {
  await withServer(async ({ server, sql }) => {
    const { id, key } = await createKey(sql, { agent: "deals" });
    await mustPost(server, key, bodyOf());
    await sql`UPDATE keys SET expires_at = clock_timestamp() WHERE id = ${id}::bigint`;
    const late = await post(server, key, bodyOf());
    assert.deepEqual([late.status, (await late.json()).reason], [403, "expired"]);
    assert.equal(await statusOf(askTickers(server, key)), 403);
  });
});

Deno.test("when a key was last used is known, without a write on any post", async () => {
  await withServer(async ({ another, sql, key }) => {
    const version = async (): Promise<unknown> => (await sql`SELECT xmin::text FROM keys`)[0];
    const server = await another();
    const before = await version();
    for (let i = 0; i < 20; i++) await mustPost(server, key, bodyOf());
    assert.deepEqual(await version(), before);
    await server.close();
    const [listed] = await listKeys(sql);
    assert.ok(listed?.lastUsedAtMs && listed.lastUsedAtMs >= listed.createdAtMs);
  });
});
