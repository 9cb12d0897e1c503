import { strict as assert } from "node:assert";
import { setImmediate } from "node:timers";
import { type ManualClock, manualClock } from "../../base/clock.ts";
import { parseOcc, parseTicker } from "../../options/contract.ts";
import type { Quote } from "../../options/quote.ts";
import { silentLog } from "../../telemetry/log.ts";
import { assembleQuote } from "../chain/assembly.ts";
import { confirm, startServer, type TestServer } from "../test/server.ts";
import { type EarlyUpdates, sendEarlyUpdates } from "./early_updates.ts";

function quote(occ: string): Quote {
  const contract = parseOcc(occ);
  assert.ok(contract);
  return assembleQuote(contract, 100).quote();
}

const FIRST = quote("EA260918C00210000");
const SECOND = quote("EA260918P00210000");

function begin(server: TestServer, clock: ManualClock): EarlyUpdates {
  const ticker = parseTicker("EA");
  assert.ok(ticker);
  return sendEarlyUpdates({
    server: { url: server.url, key: "k", clock },
    agentId: "deals",
    ticker,
    readId: "r-1",
    clock,
    log: silentLog,
  });
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

const symbols = (server: TestServer): string[][] =>
  server.posted.map(({ body }) => body.columns.map((row) => row.symbol));

Deno.test("sendEarlyUpdates() sends the first contracts soon, and the others in groups", async () => {
  await using server = startServer();
  const clock = manualClock();
  const updates = begin(server, clock);
  updates.add(FIRST, 206.4);
  clock.advance(250);
  await server.received((posted) =>
    posted.body.mode === "update" && posted.body.spotPrice === 206.4
  );
  // The answer is in when nothing waits for it any more.
  while (clock.pending > 0) await turn();
  updates.add(SECOND, 206.5);
  updates.add(FIRST, 206.5);
  clock.advance(1_000);
  await server.received((posted) => posted.body.spotPrice === 206.5);
  assert.deepEqual(symbols(server), [[FIRST.occ], [FIRST.occ, SECOND.occ]]);
  await updates.end();
});

Deno.test("end() waits for the update that is under way, so that the snapshot comes after it", async () => {
  const release = Promise.withResolvers<void>();
  await using server = startServer(async (posted) => {
    await release.promise;
    return confirm(posted);
  });
  const clock = manualClock();
  const updates = begin(server, clock);
  updates.add(FIRST, null);
  clock.advance(250);
  await server.received(() => true);
  let ended = false;
  const ending = updates.end().then(() => {
    ended = true;
  });
  for (let turns = 0; turns < 20; turns++) await turn();
  assert.ok(!ended);
  release.resolve();
  await ending;
});

Deno.test("end() does not wait for ever for a server that hangs", async () => {
  const release = Promise.withResolvers<Response>();
  await using server = startServer(() => release.promise);
  const clock = manualClock();
  const updates = begin(server, clock);
  updates.add(FIRST, null);
  clock.advance(250);
  await server.received(() => true);
  const ending = updates.end();
  clock.advance(5_000);
  await ending;
  release.resolve(new Response());
});

Deno.test("sendEarlyUpdates() sends no more of a read after one was not taken", async () => {
  await using server = startServer(() => new Response("", { status: 409 }));
  const clock = manualClock();
  const updates = begin(server, clock);
  updates.add(FIRST, null);
  clock.advance(250);
  await server.received(() => true);
  while (clock.pending > 0) await turn();
  updates.add(SECOND, null);
  clock.advance(60_000);
  await updates.end();
  assert.equal(server.posted.length, 1);
});
