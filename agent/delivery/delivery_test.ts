import { strict as assert } from "node:assert";
import { setImmediate } from "node:timers";
import { type ManualClock, manualClock } from "../../base/clock.ts";
import { problem, problemResponse } from "../../base/problem.ts";
import { parseTicker, type Ticker } from "../../options/contract.ts";
import { silentLog } from "../../telemetry/log.ts";
import { confirm, type Posted, startServer, type TestServer } from "../test/server.ts";
import { createDelivery } from "./delivery.ts";
import { openSpool, type Spool } from "./spool.ts";

function ticker(text: string): Ticker {
  const read = parseTicker(text);
  assert.ok(read);
  return read;
}

const EA = ticker("EA");
const SPX = ticker("SPX");

/** The clocks of real time and of the delivery's waits stand still until a test moves them. */
const START_MS = Date.UTC(2026, 6, 15);

interface Bench {
  readonly clock: ManualClock;
  readonly spool: Spool;
  readonly server: TestServer;
  readonly delivery: ReturnType<typeof createDelivery>;
  add(key: string, of?: Ticker): void;
}

async function withDelivery(
  answer: (posted: Posted) => Response | Promise<Response>,
  work: (bench: Bench) => Promise<void>,
  onConflict: (ticker: Ticker, retryAfterMs: number | null) => void = () => {},
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lastmark-delivery-" });
  const clock = manualClock(START_MS);
  await using server = startServer(answer);
  const spool = openSpool({ folder, clock, log: silentLog });
  const delivery = createDelivery({
    spool,
    server: { url: server.url, key: "k", clock },
    clock,
    log: silentLog,
    onConflict,
  });
  try {
    await work({
      clock,
      spool,
      server,
      delivery,
      add(key, of = EA) {
        const json = JSON.stringify({
          ticker: of,
          agentId: "deals",
          agentTimestamp: new Date(START_MS).toISOString(),
          mode: "snapshot",
          spotPrice: null,
          columns: { symbol: [] },
        });
        spool.add({ key, ticker: of, json, storedAtMs: clock.realNowMs() });
        delivery.wake();
      },
    });
  } finally {
    await delivery.end(1_000);
    spool.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const keyOf = (posted: Posted): string | null => posted.headers.get("idempotency-key");
const keys = (server: TestServer): (string | null)[] => server.posted.map(keyOf);

/** Resolves when so many requests were answered. */
async function answered(server: TestServer, count: number): Promise<void> {
  await server.received(() => server.posted.length >= count);
}

/** Lets what hangs on an answer, and not on a clock, happen, and what follows from it at once. */
async function until(condition: () => boolean): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve)); while (!condition());
}

Deno.test("SP-3: a snapshot leaves the spool on 200", async () => {
  await withDelivery(confirm, async ({ delivery, spool, add }) => {
    add("a");
    delivery.start();
    await until(() => spool.waiting().length === 0);
    assert.equal(delivery.counts.stored, 1);
  });
});

Deno.test("SP-4: a snapshot leaves the spool on 409, counted as a conflict", async () => {
  const conflict = (): Response => problemResponse(problem(409, "conflict", "Newer data exists"));
  await withDelivery(conflict, async ({ delivery, spool, add }) => {
    add("a");
    delivery.start();
    await until(() => spool.waiting().length === 0);
    assert.deepEqual([delivery.counts.conflicts, delivery.counts.rejected], [1, 0]);
  });
});

for (const status of [400, 413, 415, 422]) {
  Deno.test(`SP-5: a snapshot that is refused with ${status} is kept aside, with the sentence`, async () => {
    const refuse = (): Response => problemResponse(problem(status, "x", "It is wrong"));
    await withDelivery(refuse, async ({ delivery, spool, add, server }) => {
      add("a");
      delivery.start();
      await until(() => spool.waiting().length === 0);
      assert.match(spool.rejected()[0]?.message ?? "", /It is wrong/);
      assert.equal(server.posted.length, 1);
    });
  });
}

for (const status of [403, 404]) {
  Deno.test(`SP-6: ${status} parks the ticker and lets the others go`, async () => {
    let allowed = false;
    const answer = (posted: Posted): Response =>
      posted.body.ticker === "EA" && !allowed
        ? problemResponse(problem(status, "x", "Not this one"))
        : confirm(posted);
    await withDelivery(answer, async ({ clock, delivery, spool, add, server }) => {
      add("ea-1");
      add("spx-1", SPX);
      delivery.start();
      await until(() => spool.waiting().length === 1);
      add("ea-2");
      add("spx-2", SPX);
      await until(() => spool.waiting().length === 2);
      assert.deepEqual(keys(server), ["ea-1", "spx-1", "spx-2"]);
      allowed = true;
      await until(() => clock.pending === 1);
      clock.advance(5 * 60_000);
      await until(() => spool.waiting().length === 0);
      assert.deepEqual(keys(server).slice(3), ["ea-2", "ea-1"]);
    });
  });
}

Deno.test("SP-10: what the server could not take is tried again, with the same key", async () => {
  let away = 2;
  const answer = (posted: Posted): Response =>
    away-- > 0 ? new Response("", { status: 503 }) : confirm(posted);
  await withDelivery(answer, async ({ clock, delivery, spool, add, server }) => {
    add("a");
    delivery.start();
    for (const tries of [1, 2]) {
      await until(() => delivery.counts.retries === tries);
      clock.advance(5_000);
    }
    await until(() => spool.waiting().length === 0);
    assert.deepEqual(keys(server), ["a", "a", "a"]);
    assert.equal(delivery.counts.retries, 2);
  });
});

Deno.test("SP-10: Retry-After is honoured", async () => {
  const answer = (): Response =>
    new Response("", { status: 429, headers: { "retry-after": "40" } });
  await withDelivery(answer, async ({ clock, delivery, add, server }) => {
    add("a");
    delivery.start();
    await until(() => delivery.counts.retries === 1);
    clock.advance(39_000);
    assert.equal(clock.pending, 1, "it still waits");
    add("b");
    await until(() => clock.pending === 1);
    assert.equal(server.posted.length, 1);
    // Not all agents come back at the same moment: up to a tenth is added.
    clock.advance(5_000);
    await answered(server, 2);
  });
});

Deno.test("SP-6: parked tickers are counted and named, for as long as they are parked", async () => {
  const park = (): Response => problemResponse(problem(404, "x", "Not this one"));
  await withDelivery(park, async ({ clock, delivery, add }) => {
    add("a");
    delivery.start();
    await until(() => delivery.counts.parked === 1);
    assert.deepEqual(delivery.parked, [EA]);
    clock.advance(5 * 60_000);
    await until(() => delivery.counts.parked === 2);
    assert.deepEqual(delivery.parked, [EA]);
  });
});

Deno.test("SP-15: a 409 has the ticker left alone until the window is over", async () => {
  const conflict = (): Response =>
    new Response("{}", { status: 409, headers: { "retry-after": "37" } });
  const said: [Ticker, number | null][] = [];
  const onConflict = (ticker: Ticker, retryAfterMs: number | null): void =>
    void said.push([ticker, retryAfterMs]);
  await withDelivery(conflict, async ({ delivery, spool, add }) => {
    add("a");
    delivery.start();
    await until(() => spool.waiting().length === 0);
    assert.deepEqual(said, [[EA, 37_000]]);
  }, onConflict);
});

Deno.test("SP-10: a snapshot over which the server stumbles (500) does not hold up the others", async () => {
  const answer = (posted: Posted): Response =>
    keyOf(posted) === "poison" ? new Response("", { status: 500 }) : confirm(posted);
  await withDelivery(answer, async ({ delivery, spool, add }) => {
    add("poison");
    add("b", SPX);
    delivery.start();
    await until(() => delivery.counts.stored === 1);
    assert.equal(spool.waiting().length, 1);
  });
});

Deno.test("SP-11: what waited for more than 60 s is sent as a backfill, what did not is not", async () => {
  await withDelivery(confirm, async ({ clock, delivery, spool, add, server }) => {
    add("old");
    clock.advance(61_000);
    add("new", SPX);
    delivery.start();
    await until(() => spool.waiting().length === 0);
    const marks = server.posted.map((p) => [keyOf(p), p.headers.get("lastmark-backfill")]);
    assert.deepEqual(
      new Map(marks.map(([key, mark]) => [key, mark])),
      new Map([
        ["old", "1"],
        ["new", null],
      ]),
    );
  });
});

Deno.test("SP-11: what is older than a snapshot that was sent is a backfill, however short it waited", async () => {
  await withDelivery(confirm, async ({ delivery, add, server }) => {
    for (const key of ["first", "second", "newest"]) add(key);
    add("other", SPX);
    delivery.start();
    await answered(server, 4);
    const backfills = server.posted.filter((p) => p.headers.has("lastmark-backfill"));
    assert.deepEqual(backfills.map(keyOf), ["first", "second"]);
  });
});

Deno.test("SP-11: what is older than a snapshot that an earlier program sent is a backfill too", async () => {
  const none = (): Response => new Response("", { status: 503 });
  await withDelivery(none, async ({ clock, spool, add }) => {
    for (const key of ["first", "second", "newest"]) add(key);
    spool.remove(spool.waiting().at(-1)?.id ?? assert.fail());
    await using server = startServer();
    const next = createDelivery({
      spool,
      server: { url: server.url, key: "k", clock },
      clock,
      log: silentLog,
    });
    next.start();
    await answered(server, 2);
    await next.end(1_000);
    const backfills = server.posted.filter((p) => p.headers.has("lastmark-backfill"));
    assert.deepEqual(backfills.map(keyOf), ["first", "second"]);
  });
});

Deno.test("end() waits for a snapshot on its way and leaves the others in the spool", async () => {
  const release = Promise.withResolvers<void>();
  const answer = async (posted: Posted): Promise<Response> => {
    await release.promise;
    return confirm(posted);
  };
  await withDelivery(answer, async ({ clock, delivery, spool, add, server }) => {
    add("a");
    add("b", SPX);
    delivery.start();
    await answered(server, 1);
    const ended = delivery.end(3_000);
    clock.advance(3_000);
    await ended;
    release.resolve();
    assert.equal(spool.waiting().length, 2);
  });
});

Deno.test("after a spool that could not be read, the delivery looks again by itself", async () => {
  await withDelivery(confirm, async ({ add, clock, delivery, server, spool }) => {
    const { waiting } = spool;
    let failed = false;
    spool.waiting = () => {
      spool.waiting = waiting;
      failed = true;
      throw new Error("disk I/O error");
    };
    add("one");
    delivery.start();
    await until(() => failed && clock.pending > 0);
    assert.deepEqual(keys(server), []);
    clock.advance(5_000);
    await answered(server, 1);
    assert.deepEqual(keys(server), ["one"]);
  });
});
