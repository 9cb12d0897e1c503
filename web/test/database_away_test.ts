import { strict as assert } from "node:assert";
import type { RunningServer } from "../server.ts";
import { type CuttableWay, wayTo } from "./cuttable.ts";
import { bodyOf, contractOf, mustPost, post, serverOn, withServer } from "./harness.ts";
import { LiveClient } from "./live_client.ts";

interface Away {
  readonly server: RunningServer;
  readonly way: CuttableWay;
  readonly key: string;
  readonly lines: readonly Record<string, unknown>[];
  /** A server that keeps its own way to the database. */
  readonly near: RunningServer;
}

/** A server that knows EA's chain, on a database that can be taken away from it. */
async function withAway(test: (given: Away) => Promise<void>): Promise<void> {
  await withServer(async ({ server: near, databaseUrl, key }) => {
    const way = wayTo(databaseUrl);
    const lines: Record<string, unknown>[] = [];
    const server = await serverOn(way.url, lines);
    try {
      await mustPost(server, key, bodyOf());
      await ask(server, "/api/chains/EA");
      await test({ server, way, key, lines, near });
    } finally {
      way.mend();
      await server.close();
      await way.close();
    }
  });
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
  readonly tookMs: number;
}

async function answerOf(asked: Promise<Response>, beganMs: number): Promise<Answer> {
  const response = await asked;
  const text = await response.text();
  const retryAfter = response.headers.get("retry-after");
  return { status: response.status, text, retryAfter, tookMs: performance.now() - beganMs };
}

function ask(server: RunningServer, path: string): Promise<Answer> {
  return answerOf(fetch(server.url + path), performance.now());
}

function ingest(server: RunningServer, key: string): Promise<Answer> {
  return answerOf(post(server, key, bodyOf()), performance.now());
}

const ways: [string, (way: CuttableWay) => void][] = [
  ["refuses connections", (way) => way.cut()],
  ["says nothing", (way) => way.freeze()],
];

for (const [how, takeAway] of ways) {
  Deno.test(`while the database ${how}, calls are answered 503 within a second and known chains are still given`, async () => {
    await withAway(async ({ server, way, key }) => {
      takeAway(way);
      const posted = await ingest(server, key);
      assert.equal(posted.status, 503, posted.text);
      assert.ok(Number(posted.retryAfter) > 0);
      assert.equal(JSON.parse(posted.text).error, "Database unavailable");
      assert.ok(posted.tookMs < 1_000, `took ${posted.tookMs} ms`);

      const health = await ask(server, "/health");
      assert.deepEqual([health.status, JSON.parse(health.text).status], [503, "down"]);
      assert.ok(health.tookMs < 1_000, `took ${health.tookMs} ms`);
      assert.equal((await ask(server, "/ping")).status, 200);

      const chain = await ask(server, "/api/chains/EA");
      assert.deepEqual([chain.status, JSON.parse(chain.text).contracts.length], [200, 1]);
      const page = await ask(server, "/chains/EA");
      assert.equal(page.status, 200);
      const unknown = await ask(server, "/chains/ZZZ");
      assert.deepEqual([unknown.status, unknown.retryAfter !== null], [503, true]);
      assert.match(unknown.text, /<h1>Database unavailable/);

      way.mend();
      for (let tries = 0; (await ingest(server, key)).status !== 200; tries++) {
        assert.ok(tries < 50, "the server does not come back");
      }
    });
  });
}

Deno.test("a page keeps its line while the database is away, and then gets what came meanwhile", async () => {
  await withAway(async ({ server, way, key, near, lines }) => {
    const page = await LiveClient.open(server);
    page.say({ type: "subscribe", ticker: "EA" });
    await page.reaches(1);
    way.cut();
    await mustPost(near, key, bodyOf({ contracts: [contractOf({ bid: 1.1 })] }));
    assert.equal((await ask(server, "/health")).status, 503);
    way.mend();
    await page.reaches(2);
    assert.equal(page.rows.get("EA301220C00210000")?.bid, 1.1);
    const complaints = lines.filter((line) => line["event"] === "hub.database_away");
    assert.ok(complaints.length <= 1, "one line when the database goes, not one a second");
    await page.close();
  });
});

Deno.test("a server hears of others' commits at once again after its line to the database broke", async () => {
  await withAway(async ({ server, way, key, near }) => {
    const page = await LiveClient.open(server);
    page.say({ type: "subscribe", ticker: "EA" });
    await page.reaches(1);
    way.cut();
    assert.equal((await ask(server, "/health")).status, 503);
    way.mend();
    // A look a second would take half a second on average; NOTIFY takes a few milliseconds.
    let quick = 0;
    for (let seq = 2; seq < 30 && quick < 5; seq++) {
      const beganMs = performance.now();
      await mustPost(near, key, bodyOf({ contracts: [contractOf({ bid: seq / 100 })] }));
      await page.reaches(seq);
      quick = performance.now() - beganMs < 250 ? quick + 1 : 0;
    }
    assert.ok(quick >= 5, "LISTEN was not taken up again");
    await page.close();
  });
});
