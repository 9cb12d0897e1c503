import { strict as assert } from "node:assert";
import { gzipSync } from "node:zlib";
import { createKey, revokeKey } from "../../db/keys.ts";
import type { Sql } from "../../db/connect.ts";
import { MAX_BODY_BYTES } from "../ingest/body.ts";
import { bodyOf, contractOf, mustPost, post, type TestServer, withServer } from "./harness.ts";

/** Everything an ingest call can leave behind. */
async function stored(sql: Sql): Promise<unknown> {
  const [row] = await sql`
    SELECT
      (SELECT count(*)::int FROM batches) AS batches,
      (SELECT count(*)::int FROM contract_sets) AS sets,
      (SELECT count(*)::int FROM idempotency) AS keys,
      (SELECT sum(seq)::int FROM tickers) AS seq,
      (SELECT string_agg(coalesce(owner_agent, '-'), ',') FROM tickers) AS owners`;
  return { ...row };
}

const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
const manyContracts = (count: number) => Array.from({ length: count }, (_, i) => ({ x: i }));

interface Refusal {
  readonly what: string;
  readonly status: number;
  /** Made when the test runs: times count from then. */
  readonly body?: () => unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: string | null;
  /** The path of the field that must be named. */
  readonly path?: string;
  readonly error?: string;
}

const withContract = (change: Record<string, unknown>) => () =>
  bodyOf({ contracts: [contractOf(), contractOf({ strike: 215, ...change })] });

const gzip = { "content-encoding": "gzip" };
const refusals: readonly Refusal[] = [
  { what: "no key", key: null, status: 401, error: "API key required" },
  {
    what: "a key under another scheme",
    key: null,
    headers: { authorization: "Basic eDp5" },
    status: 401,
  },
  { what: "a wrong key", key: "nonsense", status: 403, error: "Invalid API key" },
  {
    what: "a wrong key, before a body that is bad too",
    key: "nonsense",
    body: () => "{",
    headers: { "content-type": "text/plain" },
    status: 403,
  },
  {
    what: "an agent that the key does not belong to",
    body: () => bodyOf({ agentId: "options" }),
    status: 403,
    error: "Invalid API key",
  },
  {
    what: "an agent whose name only begins with the key's",
    body: () => bodyOf({ agentId: "deals-x" }),
    status: 403,
  },
  {
    what: "a foreign agent, before fields that are bad too",
    body: () => bodyOf({ agentId: "options", ticker: 7 }),
    status: 403,
  },
  { what: "a form", headers: { "content-type": "application/x-www-form-urlencoded" }, status: 415 },
  { what: "brotli", headers: { "content-encoding": "br" }, status: 415 },
  {
    what: "a body too large",
    body: () => JSON.stringify(bodyOf({ padding: "x".repeat(MAX_BODY_BYTES) })),
    status: 413,
  },
  {
    what: "a gzip bomb",
    body: () => new Uint8Array(gzipSync(new Uint8Array(64 * MAX_BODY_BYTES))),
    headers: gzip,
    status: 413,
  },
  {
    what: "50,001 contracts, before what is wrong with each",
    body: () => bodyOf({ contracts: manyContracts(50_001) }),
    status: 413,
  },
  { what: "plain text called gzip", body: () => "{}", headers: gzip, status: 400 },
  { what: "no body", body: () => "", status: 400 },
  { what: "no JSON", body: () => "ticker=EA", status: 400 },
  { what: "NaN", body: () => '{"ticker":"EA","spotPrice":NaN}', status: 400 },
  { what: "bytes that are no UTF-8", body: () => new Uint8Array([0x22, 0xff, 0x22]), status: 400 },
  { what: "an array", body: () => [bodyOf()], status: 400, path: "body" },
  { what: "null", body: () => "null", status: 400, path: "body" },
  { what: "no ticker", body: () => bodyOf({ ticker: undefined }), status: 400, path: "ticker" },
  {
    what: "a ticker that is none",
    body: () => bodyOf({ ticker: "$$$" }),
    status: 400,
    path: "ticker",
  },
  { what: "no agent", body: () => bodyOf({ agentId: undefined }), status: 400, path: "agentId" },
  {
    what: "no time",
    body: () => bodyOf({ agentTimestamp: undefined }),
    status: 400,
    path: "agentTimestamp",
  },
  {
    what: "a time without a zone",
    body: () => bodyOf({ agentTimestamp: "2026-07-15T13:15:53" }),
    status: 400,
    path: "agentTimestamp",
  },
  {
    what: "a time 61 s ahead",
    body: () => bodyOf({ agentTimestamp: ago(-61_000) }),
    status: 400,
    path: "agentTimestamp",
  },
  {
    what: "a time before 2000",
    body: () => bodyOf({ agentTimestamp: "1999-12-31T00:00:00Z" }),
    headers: { "lastmark-backfill": "1" },
    status: 400,
    path: "agentTimestamp",
  },
  {
    what: "a time older than 5 minutes that is no backfill",
    body: () => bodyOf({ agentTimestamp: ago(301_000) }),
    status: 400,
    path: "agentTimestamp",
  },
  {
    what: "no contracts",
    body: () => bodyOf({ contracts: undefined }),
    status: 400,
    path: "contracts",
  },
  {
    what: "a text as bid",
    body: withContract({ bid: "1.05" }),
    status: 400,
    path: "contracts[1].bid",
  },
  {
    what: "a negative bid",
    body: withContract({ bid: -2 }),
    status: 400,
    path: "contracts[1].bid",
  },
  {
    what: "an infinite ask",
    body: () => JSON.stringify(bodyOf()).replace('"ask":1.15', '"ask":1e999'),
    status: 400,
    path: "contracts[0].ask",
  },
  {
    what: "a bid that no column holds",
    body: withContract({ bid: 200_001 }),
    status: 400,
    path: "contracts[1].bid",
  },
  {
    what: "a strike of four decimals",
    body: withContract({ strike: 210.0001 }),
    status: 400,
    path: "contracts[1].strike",
  },
  {
    what: "a strike of 0",
    body: withContract({ strike: 0 }),
    status: 400,
    path: "contracts[1].strike",
  },
  {
    what: "a day that is none",
    body: withContract({ expiry: "2030-02-30" }),
    status: 400,
    path: "contracts[1].expiry",
  },
  {
    what: "a right that is none",
    body: withContract({ right: "X" }),
    status: 400,
    path: "contracts[1].right",
  },
  {
    what: "a symbol that does not agree with its strike",
    body: withContract({ symbol: "EA301220C00210000" }),
    status: 400,
    path: "contracts[1].strike",
  },
  {
    what: "half a contract traded",
    body: withContract({ volume: 1.5 }),
    status: 400,
    path: "contracts[1].volume",
  },
  {
    what: "a kind that is none",
    body: withContract({ market_data_type: "guessed" }),
    status: 400,
    path: "contracts[1].market_data_type",
  },
  {
    what: "a contract twice",
    body: withContract({ strike: 210 }),
    status: 400,
    path: "contracts[1].symbol",
  },
  {
    what: "a mode that is none",
    body: () => bodyOf({ mode: "stream" }),
    status: 400,
    path: "mode",
  },
  {
    what: "an idempotency key with a space",
    headers: { "idempotency-key": "a b" },
    status: 400,
    path: "header Idempotency-Key",
  },
  {
    what: "a time of sending in the year 9999",
    body: () => bodyOf({ agentTimestamp: ago(600_000), sentAt: "9999-12-31T23:59:59Z" }),
    headers: { "lastmark-backfill": "1" },
    status: 400,
    path: "sentAt",
  },
  {
    what: "a NUL in the read's name",
    body: () => bodyOf({ readId: "a\0b" }),
    status: 400,
    path: "readId",
  },
  {
    what: "a NUL in a reason",
    body: () => bodyOf({ missing: [{ contract: "EA301220C00210000", reason: "\0" }] }),
    status: 400,
    path: "missing[0].reason",
  },
  { what: "a ticker that is not followed", body: () => bodyOf({ ticker: "ZZZ" }), status: 404 },
];

Deno.test("the ingest call refuses every bad input with one clear body and stores nothing", async (t) => {
  await withServer(async ({ server, sql, key, lines }) => {
    const before = await stored(sql);
    for (const refusal of refusals) {
      await t.step(`${refusal.status}: ${refusal.what}`, async () => {
        const from = lines.length;
        const response = await post(
          server,
          refusal.key === undefined ? key : refusal.key,
          (refusal.body ?? bodyOf)(),
          refusal.headers,
        );
        const body = await response.json();
        assert.equal(response.status, refusal.status, JSON.stringify(body));
        assert.equal(response.headers.get("content-type"), "application/problem+json");
        assert.equal(body.status, refusal.status);
        assert.match(body.type, /^\/problems\/[a-z-]+$/);
        assert.ok(body.error && body.title);
        if (refusal.error !== undefined) assert.equal(body.error, refusal.error);
        if (refusal.path !== undefined) {
          const paths = body.errors.map((field: { path: string }) => field.path);
          assert.ok(paths.includes(refusal.path), `${refusal.path} is not in ${paths}`);
        }
        const said = lines.slice(from).map((line) => line["message"]);
        assert.deepEqual(said, refusal.status === 403 ? ["Invalid API key"] : []);
        assert.deepEqual(await stored(sql), before);
      });
    }
  });
});

Deno.test("the ingest call names at most 20 bad fields", async () => {
  await withServer(async ({ server, key }) => {
    const contracts = Array.from(
      { length: 30 },
      (_, i) => contractOf({ strike: 100 + i, bid: "x" }),
    );
    const response = await post(server, key, bodyOf({ contracts }));
    assert.equal((await response.json()).errors.length, 20);
  });
});

Deno.test("the ingest call refuses revoked and expired keys", async () => {
  await withServer(async ({ server, sql, lines }) => {
    const revoked = await createKey(sql, { agent: "deals" });
    await revokeKey(sql, revoked.id);
    const expired = await createKey(sql, { agent: "deals", expiresAtMs: Date.now() - 1 });
    for (const [reason, { key }] of Object.entries({ revoked, expired })) {
      const response = await post(server, key, bodyOf());
      assert.equal(response.status, 403);
      assert.equal((await response.json()).reason, reason);
      assert.equal(lines.at(-1)?.["message"], "Invalid API key");
      assert.equal(lines.at(-1)?.["reason"], reason);
    }
  });
});

Deno.test("the ingest call stores a chain, answers what it received and logs it", async () => {
  await withServer(async ({ server, sql, key, lines }) => {
    const body = bodyOf({ agentId: "deals-1", ticker: "ea", extra: 1 });
    const answer = await mustPost(server, key, body, {
      traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    });
    const { snapshotId, dealId, serverReceivedAt } = answer;
    assert.deepEqual(answer, {
      success: true,
      dealId,
      snapshotId,
      contractsReceived: 1,
      serverReceivedAt,
      ignored: ["extra"],
    });
    assert.ok(dealId && snapshotId);
    const line = lines.find((line) => line["message"] === "Price data ingested successfully");
    assert.deepEqual(
      [line?.["agentId"], line?.["ticker"], line?.["snapshotId"], line?.["contractCount"]],
      ["deals-1", "EA", snapshotId, 1],
    );
    assert.deepEqual(
      [line?.["serverTime"], line?.["agentTime"]],
      [serverReceivedAt, body["agentTimestamp"]],
    );
    const [batch] = await sql`SELECT trace_id, agent_id FROM batches`;
    assert.deepEqual({ ...batch }, {
      trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
      agent_id: "deals-1",
    });
  });
});

Deno.test("the ingest call answers a watched ticker without a deal", async () => {
  await withServer(async ({ server, key }) => {
    const contracts = [contractOf({ symbol: "SPXW" })];
    const answer = await mustPost(server, key, bodyOf({ ticker: "SPX", contracts }));
    assert.equal(answer["dealId"], null);
  });
});

Deno.test("the ingest call takes gzip", async () => {
  await withServer(async ({ server, key }) => {
    const body = new Uint8Array(gzipSync(JSON.stringify(bodyOf())));
    const answer = await mustPost(server, key, body, gzip);
    assert.equal(answer["contractsReceived"], 1);
  });
});

Deno.test("the ingest call takes an empty chain as activity only", async () => {
  await withServer(async ({ server, sql, key }) => {
    const before = await stored(sql);
    const answer = await mustPost(server, key, bodyOf({ contracts: [] }));
    assert.equal(answer["snapshotId"], null);
    assert.equal(answer["contractsReceived"], 0);
    assert.deepEqual(await stored(sql), before);
    const seen = await sql`SELECT FROM agents WHERE name = 'deals' AND last_seen_at IS NOT NULL`;
    assert.equal(seen.length, 1);
  });
});

Deno.test("the ingest call gives another agent 409 within the window, in the words of the first version", async () => {
  await withServer(async ({ server, sql, key, lines }) => {
    const first = await mustPost(server, key, bodyOf({ agentId: "deals-0" }));
    const before = await stored(sql);
    const response = await post(server, key, bodyOf({ agentId: "deals-1" }));
    assert.equal(response.status, 409);
    const { error, skipped, existingAgent, existingTime, retryAfter } = await response.json();
    assert.deepEqual({ error, skipped, existingAgent, existingTime }, {
      error: "Newer data already exists",
      skipped: true,
      existingAgent: "deals-0",
      existingTime: first["serverReceivedAt"],
    });
    assert.ok(retryAfter > 55 && retryAfter <= 60);
    assert.equal(response.headers.get("retry-after"), String(retryAfter));
    assert.deepEqual(await stored(sql), before);
    const line = lines.find((line) => line["message"] === "Price conflict");
    const { ticker, newAgent, action, newTime } = line ?? {};
    assert.deepEqual({ ticker, newAgent, action, existing: line?.["existingAgent"] }, {
      ticker: "EA",
      newAgent: "deals-1",
      action: "keeping_existing",
      existing: "deals-0",
    });
    assert.equal(line?.["existingTime"], first["serverReceivedAt"]);
    assert.ok(Date.parse(String(newTime)) >= Date.parse(String(existingTime)));
  });
});

Deno.test("the ingest call takes a backfill of any age, from whomever, and marks it late", async () => {
  await withServer(async ({ server, sql, key }) => {
    await mustPost(server, key, bodyOf({ agentId: "deals-0" }));
    const late = bodyOf({ agentId: "deals-1", agentTimestamp: ago(86_400_000) });
    await mustPost(server, key, late, { "lastmark-backfill": "1" });
    const rows = await sql`SELECT late, agent_id FROM batches ORDER BY seq`;
    assert.deepEqual(rows.map((row) => [row["late"], row["agent_id"]]), [
      [false, "deals-0"],
      [true, "deals-1"],
    ]);
  });
});

async function retry({ server, key }: TestServer, body: unknown): Promise<unknown> {
  return await mustPost(server, key, body, { "idempotency-key": "batch-1" });
}

Deno.test("the ingest call gives a repeated batch its first answer, though it was sent at another time", async () => {
  await withServer(async (given) => {
    const body = bodyOf();
    const first = await retry(given, { ...body, sentAt: ago(5_000) });
    const again = await retry(given, { ...body, sentAt: ago(0) });
    assert.deepEqual(again, first);
    assert.equal((await given.sql`SELECT FROM batches`).length, 1);
  });
});

Deno.test("the ingest call refuses an idempotency key that came with another body", async () => {
  await withServer(async (given) => {
    await retry(given, bodyOf());
    const before = await stored(given.sql);
    const other = bodyOf({ spotPrice: 206.42 });
    const response = await post(given.server, given.key, other, { "idempotency-key": "batch-1" });
    assert.equal(response.status, 422);
    assert.equal((await response.json()).error, "Idempotency key already used");
    assert.deepEqual(await stored(given.sql), before);
  });
});
