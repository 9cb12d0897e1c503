import { strict as assert } from "node:assert";
import { systemClock } from "../../base/clock.ts";
import { problem, problemResponse } from "../../base/problem.ts";
import { confirm, startServer, type TestServer } from "../test/server.ts";
import { fetchWanted, mayCarryKey, postBatch, type PostOutcome } from "./post.ts";

const BODY = JSON.stringify({
  ticker: "EA",
  agentId: "deals",
  agentTimestamp: "2026-07-15T17:15:53.000Z",
  mode: "snapshot",
  spotPrice: null,
  columns: { symbol: [] },
});

function post(
  server: TestServer,
  more: { key?: string; backfill?: boolean } = {},
): Promise<PostOutcome> {
  const clock = systemClock({ offsetMs: -86_400_000 });
  return postBatch({ url: server.url, key: "lm_agent_secret", clock }, { json: BODY, ...more });
}

Deno.test("SP-13: postBatch() sends the key, the idempotency key, and the time of this attempt in domain time", async () => {
  await using server = startServer();
  const outcome = await post(server, { key: "k-1" });
  assert.equal(outcome.kind, "stored");
  const [posted] = server.posted;
  assert.equal(posted?.headers.get("authorization"), "Bearer lm_agent_secret");
  assert.equal(posted?.headers.get("idempotency-key"), "k-1");
  assert.equal(posted?.headers.get("content-encoding"), "gzip");
  assert.equal(posted?.headers.get("lastmark-backfill"), null);
  const agoMs = Date.now() - Date.parse(posted?.body.sentAt ?? "");
  assert.ok(Math.abs(agoMs - 86_400_000) < 60_000);
  assert.ok(!posted?.text.includes("lm_agent_secret"));
});

Deno.test("postBatch() marks a backfill", async () => {
  await using server = startServer();
  await post(server, { backfill: true });
  assert.equal(server.posted[0]?.headers.get("lastmark-backfill"), "1");
});

const outcomes: readonly [number, PostOutcome["kind"]][] = [
  [400, "rejected"],
  [401, "later"],
  [403, "parked"],
  [404, "parked"],
  [409, "conflict"],
  [413, "rejected"],
  [415, "rejected"],
  [422, "rejected"],
  [429, "later"],
  [500, "later"],
  [502, "later"],
  [503, "later"],
];
for (const [status, kind] of outcomes) {
  Deno.test(`postBatch() takes ${status} for ${kind} and tells the server's sentence`, async () => {
    await using server = startServer(() => problemResponse(problem(status, "x", "The sentence")));
    const outcome = await post(server);
    assert.equal(outcome.kind, kind);
    assert.ok(outcome.kind !== "stored" && outcome.message.includes("The sentence"));
  });
}

Deno.test("postBatch() names the first bad field of a 400", async () => {
  const errors = [{ path: "contracts[3].strike", message: "must be above 0" }];
  await using server = startServer(() =>
    problemResponse(problem(400, "invalid-body", "Invalid request body", { errors }))
  );
  const outcome = await post(server);
  assert.ok(outcome.kind === "rejected");
  assert.match(outcome.message, /contracts\[3\]\.strike must be above 0/);
});

Deno.test("postBatch() tells who owns the window of a 409", async () => {
  await using server = startServer(() =>
    problemResponse(problem(409, "conflict", "Newer data already exists", { existingAgent: "b" }))
  );
  const outcome = await post(server);
  assert.ok(outcome.kind === "conflict" && outcome.existingAgent === "b");
});

Deno.test("postBatch() honours Retry-After", async () => {
  await using server = startServer(() =>
    new Response("", { status: 503, headers: { "retry-after": "7" } })
  );
  const outcome = await post(server);
  assert.ok(outcome.kind === "later" && outcome.retryAfterMs === 7_000);
});

Deno.test("postBatch() honours Retry-After as a date, on 409 too, and for an hour at most", async () => {
  let retryAfter = "";
  let status = 409;
  await using server = startServer(() =>
    new Response("{}", { status, headers: { "retry-after": retryAfter } })
  );
  const waitMs = async (): Promise<number | null> => {
    const outcome = await post(server);
    assert.ok(outcome.kind === "later" || outcome.kind === "conflict");
    return outcome.retryAfterMs;
  };
  // HTTP dates are of whole seconds.
  retryAfter = new Date(Date.now() + 100_000).toUTCString();
  const inSeconds = (await waitMs() ?? assert.fail()) / 1_000;
  assert.ok(inSeconds > 40 && inSeconds <= 100, String(inSeconds));
  status = 503;
  for (
    const [text, expected] of [
      [new Date(Date.now() - 100_000).toUTCString(), 0],
      ["999999999", 3_600_000],
      [new Date(Date.now() + 9e9).toUTCString(), 3_600_000],
      ["tomorrow", null],
    ] as const
  ) {
    retryAfter = text;
    assert.equal(await waitMs(), expected, text);
  }
});

Deno.test("SP-3: postBatch() believes no 200 without Lastmark's confirmation", async () => {
  await using server = startServer(() => new Response("<h1>Log in to the hotel</h1>"));
  const outcome = await post(server);
  assert.ok(outcome.kind === "later" && outcome.scope === "server");
});

Deno.test("postBatch() follows no redirect with its key", async () => {
  await using other = startServer();
  await using server = startServer(() => Response.redirect(other.url, 307));
  const outcome = await post(server);
  assert.equal(outcome.kind, "later");
  assert.equal(other.posted.length, 0);
});

Deno.test("postBatch() says that nobody listens, and where", async () => {
  const server = startServer();
  await server[Symbol.asyncDispose]();
  const outcome = await post(server);
  assert.ok(outcome.kind === "later" && outcome.scope === "server");
  assert.match(outcome.message, new RegExp(server.url.host));
});

Deno.test("fetchWanted() reads what the server wants, the close of a deal, and the time there", async () => {
  await using server = startServer(confirm, {
    clockOffsetMs: -86_400_000,
    tickers: [
      { ticker: "EA", dealId: "7", expectedCloseDate: "2027-03-31" },
      { ticker: "spx", dealId: null },
    ],
  });
  const answer = await fetchWanted({ url: server.url, key: "k", clock: systemClock() });
  assert.deepEqual(answer, {
    ok: true,
    clockOffsetMs: -86_400_000,
    tickers: [
      { ticker: "EA", dealId: "7", close: "2027-03-31" },
      { ticker: "SPX", dealId: null, close: null },
    ],
  });
});

const urls: readonly [string, boolean][] = [
  ["https://prices.example.com", true],
  ["http://localhost:8000", true],
  ["http://127.0.0.1:8000", true],
  ["http://[::1]:8000", true],
  ["http://prices.example.com", false],
  ["http://127.0.0.1.example.com", false],
  ["http://10.0.0.4", false],
];
for (const [url, allowed] of urls) {
  Deno.test(`mayCarryKey() ${allowed ? "lets the key go" : "keeps the key from going"} to ${url}`, () => {
    assert.equal(mayCarryKey(new URL(url)), allowed);
  });
}
