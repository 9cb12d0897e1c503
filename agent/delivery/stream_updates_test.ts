import { strict as assert } from "node:assert";
import { setImmediate } from "node:timers";
import { type ManualClock, manualClock } from "../../base/clock.ts";
import { parseTicker } from "../../options/contract.ts";
import { quoteOf } from "../../options/testing.ts";
import { silentLog } from "../../telemetry/log.ts";
import { confirm, type Posted, startServer, type TestServer } from "../test/server.ts";
import {
  sendStreamUpdates,
  type StreamUpdates,
  type StreamUpdatesOptions,
} from "./stream_updates.ts";

const CALL = "EA260918C00210000";
const PUT = "EA260918P00210000";

function begin(
  server: TestServer,
  clock: ManualClock,
  given: Partial<StreamUpdatesOptions> = {},
): StreamUpdates {
  return sendStreamUpdates({
    server: { url: server.url, key: "k", clock },
    agentId: "deals",
    ticker: parseTicker("EA") ?? assert.fail(),
    clock,
    log: silentLog,
    readId: () => "r-1",
    isHeld: () => false,
    onConflict: () => {},
    ...given,
  });
}

/** Turns of the event loop, until the condition holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

const bids = ({ body }: Posted): unknown[] =>
  body.columns.map((row) => [row.symbol, row["bid"] ?? null]);

Deno.test("changes are posted as an update that names the snapshot to come", async () => {
  await using server = startServer();
  const updates = begin(server, manualClock());
  updates.add([quoteOf(CALL, { bid: 3.1 }), quoteOf(PUT, { bid: 2, ask: 2.2 })], 206.4);
  const { body, text } = await server.received(() => true);
  assert.deepEqual([body.mode, body.spotPrice, JSON.parse(text).readId], ["update", 206.4, "r-1"]);
  assert.equal(body.columns.length, 2);
});

Deno.test("what changes while an update is under way goes with the next, each contract once", async () => {
  const release = Promise.withResolvers<void>();
  await using server = startServer(async (posted) => {
    await release.promise;
    return confirm(posted);
  });
  const updates = begin(server, manualClock());
  updates.add([quoteOf(CALL, { bid: 3.1 })], 206);
  await server.received(() => true);
  updates.add([quoteOf(CALL, { bid: 3.2 }), quoteOf(PUT, { bid: 2 })], 207);
  updates.add([quoteOf(CALL, { bid: 3.3 })], 208);
  release.resolve();
  const second = await server.received((posted) => posted.body.spotPrice === 208);
  assert.deepEqual(bids(second), [[CALL, 3.3], [PUT, 2]]);
  assert.equal(server.posted.length, 2);
});

Deno.test("what was not taken goes with the next update, unless there is something newer", async () => {
  const release = Promise.withResolvers<void>();
  await using server = startServer(async (posted) => {
    if (posted.body.spotPrice === 208) return confirm(posted);
    await release.promise;
    return new Response("", { status: 503, headers: { "retry-after": "5" } });
  });
  const clock = manualClock();
  const updates = begin(server, clock);
  updates.add([quoteOf(CALL, { bid: 3.1 }), quoteOf(PUT, { bid: 2 })], 206);
  await server.received(() => true);
  updates.add([quoteOf(CALL, { bid: 3.2 })], 207);
  release.resolve();
  // Its deadline is pending until the answer is in.
  await until(() => clock.pending === 0);
  clock.advance(4_000);
  updates.add([], 207);
  clock.advance(1_000);
  updates.add([], 208);
  const second = await server.received((posted) => posted.body.spotPrice === 208);
  assert.deepEqual(bids(second), [[CALL, 3.2], [PUT, 2]]);
  assert.equal(server.posted.length, 2, "none before the server wants it");
});

Deno.test("an update that another agent's window refuses says so, and for how long", async () => {
  await using server = startServer(() =>
    Response.json({ error: "Newer data already exists" }, {
      status: 409,
      headers: { "retry-after": "42" },
    })
  );
  const conflict = Promise.withResolvers<readonly unknown[]>();
  const updates = begin(server, manualClock(), { onConflict: (...said) => conflict.resolve(said) });
  updates.add([quoteOf(CALL, { bid: 3.1 })], 206);
  assert.deepEqual(await conflict.promise, ["EA", 42_000]);
});

Deno.test("no update overtakes a snapshot that waits", async () => {
  await using server = startServer();
  let isHeld = true;
  const updates = begin(server, manualClock(), { isHeld: () => isHeld });
  updates.add([quoteOf(CALL, { bid: 3.1 })], 206);
  isHeld = false;
  updates.add([], 207);
  const posted = await server.received((one) => one.body.spotPrice === 207);
  assert.deepEqual(bids(posted), [[CALL, 3.1]]);
  assert.equal(server.posted.length, 1);
});

Deno.test("between() works when no update is under way, and lets none begin before", async () => {
  const release = Promise.withResolvers<void>();
  await using server = startServer(async (posted) => {
    await release.promise;
    return confirm(posted);
  });
  let readId = "r-1";
  const updates = begin(server, manualClock(), { readId: () => readId });
  updates.add([quoteOf(CALL, { bid: 3.1 })], 206);
  await server.received(() => true);
  const between = updates.between(() => {
    readId = "r-2";
  });
  updates.add([quoteOf(PUT, { bid: 2 })], 207);
  assert.equal(readId, "r-1", "one is under way");
  release.resolve();
  await between;
  const next = await server.received((one) => one.body.spotPrice === 207);
  assert.equal(JSON.parse(next.text).readId, "r-2");
});

Deno.test("end() sends no more", async () => {
  await using server = startServer();
  const updates = begin(server, manualClock());
  updates.end();
  updates.add([quoteOf(CALL, { bid: 3.1 })], 206);
  const other = begin(server, manualClock());
  other.add([quoteOf(CALL, { bid: 3.1 })], 207);
  await server.received((posted) => posted.body.spotPrice === 207);
  assert.equal(server.posted.length, 1);
});
