import { strict as assert } from "node:assert";
import { bodyOf, contractOf, mustPost, post, serverOn, withServer } from "./harness.ts";
import { LiveClient } from "./live_client.ts";
import { removeDeal } from "../../db/deals.ts";
import { EA } from "./harness.ts";

/** A chain of some strikes, each bid as given. */
function chainOf(bids: readonly (number | null)[], change: Record<string, unknown> = {}) {
  const contracts = bids.map((bid, i) => contractOf({ strike: 200 + i, bid, ask: 50 }));
  return bodyOf({ contracts, ...change });
}

Deno.test("a page that subscribes gets the chain, and then each change as a delta", async () => {
  await withServer(async ({ server, key }) => {
    await mustPost(server, key, chainOf([1, 2, 3]));
    const page = await LiveClient.open(server);
    page.say({ type: "subscribe", ticker: "ea" });
    await page.reaches(1);
    assert.equal(page.rows.size, 3);
    await mustPost(server, key, chainOf([1, 2.5, 3], { spotPrice: 207 }));
    await page.reaches(2);
    const [delta] = page.of("delta");
    // The rows were all seen anew; a value that did not move is still a newer one.
    assert.equal(delta?.contracts.length, 3);
    assert.equal(page.rows.get("EA301220C00201000")?.bid, 2.5);
    assert.equal(page.state?.spotPrice, 207);
    await page.close();
  });
});

Deno.test("a page that subscribed to one expiry gets its contracts only, but every expiry's name", async () => {
  await withServer(async ({ server, key }) => {
    const contracts = [contractOf(), contractOf({ expiry: "2030-12-27" })];
    await mustPost(server, key, bodyOf({ contracts }));
    const page = await LiveClient.open(server);
    page.say({ type: "subscribe", ticker: "EA", expiry: "2030-12-27" });
    await page.reaches(1);
    assert.deepEqual([...page.rows.keys()], ["EA301227C00210000"]);
    assert.deepEqual(page.of("chain")[0]?.chain.expirations, ["2030-12-20", "2030-12-27"]);
    await mustPost(server, key, bodyOf({ contracts: [contractOf({ bid: 0.5 })] }));
    await page.reaches(2);
    assert.deepEqual(page.of("delta")[0]?.contracts, []);
    await page.close();
  });
});

Deno.test("a page that comes back gets what it missed, and has the chain that a new page gets", async () => {
  await withServer(async ({ server, key }) => {
    await mustPost(server, key, chainOf([1, 2, 3]));
    const before = await LiveClient.open(server);
    before.say({ type: "subscribe", ticker: "EA" });
    await before.reaches(1);
    await before.close();
    await mustPost(
      server,
      key,
      bodyOf({ contracts: [contractOf({ strike: 201, bid: 2.5, ask: 50 })] }),
    );
    await mustPost(
      server,
      key,
      bodyOf({ contracts: [contractOf({ strike: 230, bid: 9, ask: 50 })] }),
    );

    const back = await LiveClient.open(server);
    back.resumeFrom(before);
    back.say({ type: "subscribe", ticker: "EA", sinceSeq: before.seq });
    await back.reaches(3);
    assert.equal(back.of("chain").length, 0);
    assert.equal(back.of("delta")[0]?.contracts.length, 2);
    const fresh = await LiveClient.open(server);
    fresh.say({ type: "subscribe", ticker: "EA" });
    await fresh.reaches(3);
    assert.deepEqual(back.chain(), fresh.chain());
    await Promise.all([back.close(), fresh.close()]);
  });
});

Deno.test("a page that comes back to where it was is told so", async () => {
  await withServer(async ({ server, key }) => {
    await mustPost(server, key, chainOf([1]));
    const page = await LiveClient.open(server);
    page.say({ type: "subscribe", ticker: "EA" });
    await page.reaches(1);
    page.say({ type: "subscribe", ticker: "EA", sinceSeq: 1 });
    await page.until(() => page.of("delta").length === 1, "an empty delta");
    assert.deepEqual(page.of("delta")[0]?.contracts, []);
    await page.close();
  });
});

Deno.test("a page whose position nobody knows gets the whole chain", async () => {
  await withServer(async ({ server, key }) => {
    await mustPost(server, key, chainOf([1]));
    const page = await LiveClient.open(server);
    page.say({ type: "subscribe", ticker: "EA", sinceSeq: 99 });
    await page.reaches(1);
    assert.equal(page.of("chain").length, 1);
    await page.close();
  });
});

Deno.test("a price posted to one server is on a page of another within a second", async () => {
  await withServer(async ({ server, key, another }) => {
    const other = await another();
    await mustPost(server, key, chainOf([1]));
    const page = await LiveClient.open(other);
    page.say({ type: "subscribe", ticker: "EA" });
    await page.reaches(1);
    for (let seq = 2; seq <= 6; seq++) {
      const began = performance.now();
      await mustPost(server, key, chainOf([seq]));
      await page.reaches(seq);
      const tookMs = performance.now() - began;
      assert.ok(tookMs < 1_000, `took ${tookMs} ms`);
    }
    await page.close();
  });
});

Deno.test("a page resumes on another server, even before that one heard of what it has", async () => {
  await withServer(async ({ server, key, another }) => {
    const other = await another();
    const warm = await LiveClient.open(other);
    warm.say({ type: "subscribe", ticker: "EA" });
    await warm.until(() => warm.seq === 0, "the empty chain");
    await mustPost(server, key, chainOf([1, 2]));
    const page = await LiveClient.open(server);
    page.say({ type: "subscribe", ticker: "EA" });
    await page.reaches(1);
    await mustPost(server, key, chainOf([3, 4]));
    await page.reaches(2);
    const moved = await LiveClient.open(other);
    moved.resumeFrom(page);
    moved.say({ type: "subscribe", ticker: "EA", sinceSeq: page.seq });
    await moved.until(() => moved.messages.some((m) => m.type === "delta"), "a delta");
    assert.equal(moved.of("chain").length, 0);
    assert.deepEqual(moved.chain(), page.chain());
    await Promise.all([warm.close(), page.close(), moved.close()]);
  });
});

Deno.test("a commit that no server told of is found by looking", async () => {
  await withServer(async ({ server, sql, key }) => {
    await mustPost(server, key, chainOf([1]));
    const page = await LiveClient.open(server);
    page.say({ type: "subscribe", ticker: "EA" });
    await page.reaches(1);
    // As if another server had been killed between its commit and its NOTIFY.
    await sql`
      WITH next AS (UPDATE tickers SET seq = seq + 1 WHERE symbol = 'EA' RETURNING id, seq)
      INSERT INTO batches (id, ticker_id, seq, as_of, received_at, agent_time, late, mode, agent_id,
        contract_set, block, spot)
      SELECT 1000, next.id, next.seq, domain_now(), domain_now(), domain_now(), false, 'snapshot',
        'deals', contract_set, block, 300
      FROM batches, next WHERE batches.ticker_id = next.id`;
    await page.reaches(2);
    assert.equal(page.state?.spotPrice, 300);
    await page.close();
  });
});

Deno.test("a late batch changes only what nothing newer is known of, on every page", async () => {
  await withServer(async ({ server, key }) => {
    await mustPost(server, key, chainOf([1]));
    const page = await LiveClient.open(server);
    page.say({ type: "subscribe", ticker: "EA" });
    await page.reaches(1);
    const agentTimestamp = new Date(Date.now() - 3_600_000).toISOString();
    await mustPost(server, key, chainOf([7, 8], { agentTimestamp, spotPrice: 1 }), {
      "lastmark-backfill": "1",
    });
    await page.reaches(2);
    assert.equal(page.rows.get("EA301220C00200000")?.bid, 1);
    assert.equal(page.rows.get("EA301220C00201000")?.bid, 8);
    assert.equal(page.rows.get("EA301220C00201000")?.bidSeenAt, agentTimestamp);
    assert.equal(page.state?.spotPrice, 206.41);
    const fresh = await LiveClient.open(server);
    fresh.say({ type: "subscribe", ticker: "EA" });
    await fresh.reaches(2);
    assert.deepEqual(page.chain(), fresh.chain());
    await Promise.all([page.close(), fresh.close()]);
  });
});

Deno.test("a new server gives a resuming page only what it missed, from the newest checkpoint on", async () => {
  await withServer(async ({ server, key, another, sql }) => {
    for (let i = 1; i <= 55; i++) {
      await mustPost(server, key, chainOf([i / 10], { mode: "update" }));
    }
    const page = await LiveClient.open(server);
    page.say({ type: "subscribe", ticker: "EA" });
    await page.reaches(55);
    await page.close();
    // The checkpoint is written off the path of the call; the page can be there before it.
    const kept = async () => (await sql`SELECT FROM checkpoints`).length > 0;
    for (let i = 0; i < 100 && !await kept(); i++) {
      await fetch(`${server.url}/ping`).then((r) => r.text());
    }
    assert.ok(await kept());
    const extra = bodyOf({ contracts: [contractOf({ strike: 300 })] });
    await mustPost(server, key, extra);
    const next = await another();
    const back = await LiveClient.open(next);
    back.resumeFrom(page);
    back.say({ type: "subscribe", ticker: "EA", sinceSeq: 55 });
    await back.reaches(56);
    assert.equal(back.of("chain").length, 0);
    assert.deepEqual(back.of("delta")[0]?.contracts.map((row) => row.strike), [300]);
    await back.close();
  });
});

Deno.test("the list of tickers comes whole, then only the rows that changed, then without what went", async () => {
  await withServer(async ({ server, sql, key }) => {
    const page = await LiveClient.open(server);
    page.say({ type: "subscribe_tickers" });
    await page.until(() => page.of("tickers").length === 1, "the list");
    const [whole] = page.of("tickers");
    assert.deepEqual([whole?.whole, whole?.rows.map((row) => row.ticker)], [true, ["EA", "SPX"]]);
    await mustPost(server, key, chainOf([1]));
    await page.until(() => page.of("tickers").length === 2, "the changed row");
    const [, changed] = page.of("tickers");
    assert.deepEqual([changed?.whole, changed?.rows.map((row) => row.ticker)], [false, ["EA"]]);
    assert.equal(changed?.rows[0]?.spotPrice, 206.41);
    await removeDeal(sql, EA);
    await page.until(() => page.of("tickers").length === 3, "the list without EA");
    assert.deepEqual(page.of("tickers")[2]?.rows.map((row) => row.ticker), ["SPX"]);
    await page.close();
  });
});

const badMessages: [string, string, RegExp][] = [
  ["no JSON", "hello", /not understood/],
  ["no type", "{}", /type/],
  ["a ticker that is none", '{"type":"subscribe","ticker":"$"}', /ticker/],
  ["a day that is none", '{"type":"subscribe","ticker":"EA","expiry":"soon"}', /expiry/],
  ["a position that is none", '{"type":"subscribe","ticker":"EA","sinceSeq":-1}', /sinceSeq/],
  ["a ticker that is not followed", '{"type":"subscribe","ticker":"ZZZ"}', /neither/],
  ["too much", JSON.stringify({ type: "subscribe", ticker: "x".repeat(5_000) }), /not understood/],
];
Deno.test("the line says what it did not understand, and goes on", async (t) => {
  await withServer(async ({ server }) => {
    const page = await LiveClient.open(server);
    for (const [index, [what, text, sentence]] of badMessages.entries()) {
      await t.step(what, async () => {
        page.sayRaw(text);
        await page.until(() => page.of("problem").length === index + 1, "a problem");
        assert.match(page.of("problem")[index]?.error ?? "", sentence);
      });
    }
    page.say({ type: "subscribe", ticker: "EA" });
    await page.until(() => page.seq === 0, "the chain");
    await page.close();
  });
});

Deno.test("the line is refused to another site's page", async () => {
  await withServer(async ({ server }) => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    await connection.write(new TextEncoder().encode(
      `GET /api/live HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nOrigin: https://evil.example\r\n` +
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ));
    const buffer = new Uint8Array(256);
    const length = await connection.read(buffer) ?? 0;
    assert.match(new TextDecoder().decode(buffer.subarray(0, length)), /^HTTP\/1\.1 403/);
    connection.close();
  });
});

Deno.test("a handshake that is none is refused, and what is wrong with it said", async () => {
  await withServer(async ({ server, lines }) => {
    // fetch() may not send these headers; a raw connection may.
    using line = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    await line.write(new TextEncoder().encode(
      "GET /api/live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: close, Upgrade\r\n\r\n",
    ));
    const answer = await new Response(line.readable).text();
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assert.match(answer, /"error":"Bad handshake","detail":"[^"]*sec-websocket-key/i);
    assert.deepEqual(lines.filter((said) => said["level"] === "error"), []);
  });
});

Deno.test("a server that ends tells its pages, and a page that comes to the next misses nothing", async () => {
  await withServer(async ({ server, key, databaseUrl }) => {
    const ending = await serverOn(databaseUrl, []);
    await mustPost(server, key, chainOf([1]));
    const page = await LiveClient.open(ending);
    page.say({ type: "subscribe", ticker: "EA" });
    await page.reaches(1);
    const code = page.closed();
    await ending.close();
    assert.equal(await code, 1001);
    assert.equal((await post(server, key, chainOf([2]))).status, 200);
    const back = await LiveClient.open(server);
    back.resumeFrom(page);
    back.say({ type: "subscribe", ticker: "EA", sinceSeq: page.seq });
    await back.reaches(2);
    assert.equal(back.rows.get("EA301220C00200000")?.bid, 2);
    await back.close();
  });
});
