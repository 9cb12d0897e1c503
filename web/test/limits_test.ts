import { strict as assert } from "node:assert";
import { manualClock } from "../../base/clock.ts";
import { createKey } from "../../db/keys.ts";
import { buildApp } from "../app.ts";
import { DEFAULT_LIMITS, limitsOf } from "../limits/limits.ts";
import { routes } from "../routes.ts";
import { errorPage } from "../routes/_error.tsx";
import { startWeb } from "./web_process.ts";
import { bodyOf, mustPost, post, withServer } from "./harness.ts";
import { LiveClient } from "./live_client.ts";
import { THE_KEY, withoutDatabase } from "./services.ts";

const MIB = 1024 * 1024;

Deno.test("a key that calls too often gets 429 and stores nothing, while another goes on", async () => {
  await withServer(async ({ another, sql, key }) => {
    const server = await another({ requestsPerKey: 3 });
    for (const left of [2, 1, 0]) {
      const response = await post(server, key, bodyOf());
      await response.body?.cancel();
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("ratelimit-policy"), '"key";q=3;w=60');
      assert.match(response.headers.get("ratelimit") ?? "", new RegExp(`^"key";r=${left};t=\\d+$`));
    }
    const refused = await post(server, key, bodyOf());
    assert.equal(refused.status, 429);
    assert.equal((await refused.json()).type, "/problems/too-many-requests");
    const waitS = Number(refused.headers.get("retry-after"));
    assert.ok(waitS > 0 && waitS <= 20, `${waitS} s`);
    assert.equal((await sql`SELECT FROM batches`).length, 3);
    await mustPost(server, (await createKey(sql, { agent: "deals" })).key, bodyOf());
  });
});

Deno.test("the limits are settings of the server", async () => {
  await withServer(async ({ databaseUrl, key }) => {
    const env = { REQUESTS_PER_KEY: "1", LIVE_CONNECTIONS: "1", INGEST_MEMORY: "16" };
    const server = await startWeb({ databaseUrl, port: 0, env });
    try {
      const running = { ...server, close: () => Promise.resolve() };
      await mustPost(running, key, bodyOf());
      const refused = await post(running, key, bodyOf());
      await refused.body?.cancel();
      assert.equal(refused.status, 429);
      const page = await LiveClient.open(running);
      assert.equal((await askForLine(server.port)).status, 503);
      await page.close();
    } finally {
      await server.kill();
    }
  });
});

Deno.test("an agent and a set that post as fast as they can are not held up by the default limit", async () => {
  await withServer(async ({ server, key }) => {
    for (let i = 0; i < 100; i++) {
      await mustPost(server, key, bodyOf({ agentId: `deals-${i % 5}`, contracts: [] }));
    }
  });
});

/** An ingest call of which so much is known beforehand, and that never ends. */
function endlessPost(headers: Readonly<Record<string, string>>): Request {
  return new Request("http://localhost/api/price-agent/ingest-chain", {
    method: "POST",
    headers: { ...headers, authorization: `Bearer ${THE_KEY}` },
    body: new ReadableStream(),
  });
}

Deno.test("bodies beyond what the memory holds wait their turn, and after 5 s are answered 503", async () => {
  const clock = manualClock();
  const limits = limitsOf(clock, { ...DEFAULT_LIMITS, ingestMemoryBytes: 40 * MIB });
  const app = buildApp({ services: withoutDatabase({ clock, limits }), routes, errorPage });
  const send = (headers: Readonly<Record<string, string>>): Promise<Response> =>
    Promise.resolve(app.fetch(endlessPost(headers), { peer: "127.0.0.1" }));
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 100; i++) await Promise.resolve();
  };
  const answers = [
    send({}), // of unknown length: counts as 16 MiB
    send({ "content-encoding": "gzip", "content-length": "100" }),
    send({ "content-length": String(8 * MIB) }),
  ];
  await settle();
  const late = send({ "content-length": "1" });
  await settle();
  clock.advance(5_000);
  const refused = await late;
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get("retry-after"), "2");
  assert.equal((await refused.json()).error, "Server busy");
  clock.advance(25_000);
  for (const answer of answers) assert.equal((await answer).status, 408, "it never came");
  assert.equal(typeof limits.bodies.enter(40 * MIB), "function", "all room was given back");
});

Deno.test("a page too many gets 503, and a line when another page is closed", async () => {
  await withServer(async ({ another }) => {
    const server = await another({ liveConnections: 1 });
    const page = await LiveClient.open(server);
    const upgrade = async (): Promise<number> => {
      const response = await askForLine(server.port);
      if (response.status === 503) assert.ok(Number(response.retryAfter) > 0);
      return response.status;
    };
    assert.equal(await upgrade(), 503);
    await page.close();
    for (let tries = 0; await upgrade() !== 101; tries++) assert.ok(tries < 100, "no line");
  });
});

/** A handshake by hand: a browser's WebSocket does not say with what status it was refused. */
async function askForLine(
  port: number,
): Promise<{ status: number; retryAfter: string | undefined }> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(
    "GET /api/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  ));
  const buffer = new Uint8Array(65_536);
  const head = new TextDecoder().decode(buffer.subarray(0, await connection.read(buffer) ?? 0));
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]),
    retryAfter: /\r\nretry-after: (\d+)/i.exec(head)?.[1],
  };
}
