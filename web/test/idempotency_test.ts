/**
 * `Idempotency-Key`: a repeated post answers as the first did and stores once, on whichever server
 * it arrives, together or apart, and whatever was killed in between.
 */
import { strict as assert } from "node:assert";
import type { Sql } from "../../db/connect.ts";
import { addWatch } from "../../db/watches.ts";
import { parseTicker } from "../../options/contract.ts";
import { wayTo } from "./cuttable.ts";
import { bodyOf, contractOf, EA, mustPost, post, serverOn, withServer } from "./harness.ts";
import { type KeptAnswer, KeptConnection, requestBytes } from "./kept_connection.ts";
import { withProcesses } from "./processes.ts";
import type { WebProcess } from "./web_process.ts";

/** Servers that are killed right after a commit, and at any other moment. */
const KILLS_AFTER_COMMIT = 20;
const KILLS_AT_A_STEP = 8;

const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

async function seqOf(sql: Sql): Promise<number> {
  const [row] = await sql`SELECT seq::integer FROM tickers WHERE symbol = ${EA}`;
  return row?.["seq"];
}

/** The answer to a batch as the history has it. */
async function storedAnswer(sql: Sql, bid: number): Promise<Record<string, unknown>> {
  const rows = await sql`
    SELECT
      q.snapshot_id::text AS "snapshotId",
      to_char(q.received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
        AS "serverReceivedAt"
    FROM option_quotes AS q
    WHERE q.ticker = ${EA} AND q.bid = ${bid}`;
  assert.equal(rows.length, 1, `stored ${rows.length} times`);
  return { success: true, dealId: "1", contractsReceived: 1, ...rows[0] };
}

/** What a batch may be; of all of them the second copy is the first again. */
const KINDS = [
  { what: "a snapshot", change: {}, headers: {}, advances: 1 },
  { what: "an update", change: { mode: "update" }, headers: {}, advances: 1 },
  {
    what: "a backfill",
    change: { agentTimestamp: ago(3_600_000) },
    headers: { "lastmark-backfill": "1" },
    advances: 1,
  },
  { what: "activity", change: { contracts: [] }, headers: {}, advances: 0 },
] as const;

Deno.test("copies of a post that arrive together on two servers are stored once and answered alike", async () => {
  await withProcesses(async ({ servers, sql, key }) => {
    const copies = await Promise.all(
      [0, 1, 0, 1].map((i) => KeptConnection.open(servers[i === 0 ? 0 : 1].port)),
    );
    const stored = new Set<unknown>();
    for (let round = 0; round < 200; round++) {
      const kind = KINDS[round % KINDS.length] ?? KINDS[0];
      const body = bodyOf({ contracts: [contractOf({ bid: 1, volume: round })], ...kind.change });
      const headers = { ...kind.headers, "idempotency-key": `batch-${round}` };
      const before = await seqOf(sql);
      // Each copy says its own time of sending.
      const requests = copies.map((_, i) =>
        requestBytes(key, { ...body, sentAt: ago(i * 1_000) }, headers)
      );
      const answers = await Promise.all(
        copies.map((copy, i) => copy.ask(requests[i] ?? new Uint8Array())),
      );
      const said = `round ${round}, ${kind.what}`;
      for (const answer of answers) assert.equal(answer.status, 200, said);
      assert.equal(new Set(answers.map(({ json }) => JSON.stringify(json))).size, 1, said);
      assert.equal(await seqOf(sql), before + kind.advances, said);
      stored.add(JSON.stringify(answers[0]?.json));
      // And again, when all is over.
      const again = await copies[round % 2]?.ask(requests[0] ?? new Uint8Array());
      assert.deepEqual(again, answers[0], said);
      assert.equal(await seqOf(sql), before + kind.advances, said);
    }
    // Two pieces of activity in one millisecond would say the same.
    assert.ok(stored.size > 190);
    for (const copy of copies) copy.close();
  });
});

Deno.test("of two bodies that come together with one key, one is stored and the other refused with 422", async () => {
  await withProcesses(async ({ servers, sql, key }) => {
    const copies = await Promise.all(
      [0, 1, 1, 0].map((i) => KeptConnection.open(servers[i === 0 ? 0 : 1].port)),
    );
    for (let round = 0; round < 50; round++) {
      const headers = { "idempotency-key": `batch-${round}` };
      const body = bodyOf();
      const requests = copies.map((_, i) =>
        requestBytes(key, { ...body, spotPrice: 200 + i % 2 }, headers)
      );
      const answers = await Promise.all(
        copies.map((copy, i) => copy.ask(requests[i] ?? new Uint8Array())),
      );
      const byBody = [0, 1].map((body) => answers.filter((_, i) => i % 2 === body));
      const statuses = byBody.map((some) => some.map(({ status }) => status));
      const winner = statuses[0]?.[0] === 200 ? 0 : 1;
      assert.deepEqual(statuses[winner], [200, 200]);
      assert.deepEqual(statuses[1 - winner], [422, 422]);
      assert.deepEqual(byBody[winner]?.[0], byBody[winner]?.[1]);
      assert.equal(await seqOf(sql), round + 1);
    }
    for (const copy of copies) copy.close();
  });
});

/** The answer, or nothing where the server died before it gave one. */
function answerOrDeath(asked: Promise<KeptAnswer>): Promise<KeptAnswer | undefined> {
  return asked.catch(() => undefined);
}

Deno.test("a post whose server is killed between commit and answer, or at any step, is stored once when it is repeated", async () => {
  await withProcesses(async ({ servers: [survivor], sql, databaseUrl, key, start }) => {
    let step: (speaker: string) => Promise<void> | undefined = () => undefined;
    const way = wayTo(databaseUrl, (speaker) => step(speaker));
    const died = { afterCommit: 0, before: 0 };
    // Started while its predecessor is tried; who waits for it hears of a failure.
    const startNext = (): Promise<WebProcess> => {
      const started = start(way.url);
      started.catch(() => {});
      return started;
    };
    let next = startNext();
    for (let round = 0; round < KILLS_AFTER_COMMIT + KILLS_AT_A_STEP; round++) {
      const victim: WebProcess = await next;
      const bid = (100 + round) / 100;
      const request = requestBytes(key, bodyOf({ contracts: [contractOf({ bid, ask: 50 })] }), {
        "idempotency-key": `batch-${round}`,
      });
      const before = await seqOf(sql);
      let killed: Promise<void> | undefined;
      let steps = 0;
      step = async (speaker) => {
        const kills = round < KILLS_AFTER_COMMIT
          // What the database says is held until it is known whether it has committed.
          ? speaker === "database" && await seqOf(sql) > before
          : ++steps > round - KILLS_AFTER_COMMIT;
        if (kills) killed ??= victim.kill();
        await killed;
      };
      const connection = await KeptConnection.open(victim.port);
      const answer = await answerOrDeath(connection.ask(request));
      connection.close();
      await killed;
      step = () => undefined;
      next = startNext();
      if (round < KILLS_AFTER_COMMIT) assert.ok(!answer && killed, `round ${round} was answered`);
      if (!answer) died[await seqOf(sql) > before ? "afterCommit" : "before"]++;
      const other = await KeptConnection.open(survivor.port);
      const repeated = await other.ask(request);
      other.close();
      if (answer) assert.deepEqual(repeated, answer);
      assert.deepEqual(repeated, { status: 200, json: await storedAnswer(sql, bid) });
      assert.equal(await seqOf(sql), before + 1);
    }
    // The one that comes after the last kill knows all of them too.
    const last = await next;
    const connection = await KeptConnection.open(last.port);
    for (let round = 0; round < KILLS_AFTER_COMMIT; round++) {
      const bid = (100 + round) / 100;
      const request = requestBytes(key, bodyOf({ contracts: [contractOf({ bid: 7 })] }), {
        "idempotency-key": `batch-${round}`,
      });
      assert.equal((await connection.ask(request)).status, 422);
      await storedAnswer(sql, bid);
    }
    connection.close();
    assert.ok(died.afterCommit >= KILLS_AFTER_COMMIT, JSON.stringify(died));
    await last.kill();
    await way.close();
  });
});

Deno.test("a post whose answer the agent never read, or that it broke off, is stored once when it is repeated", async () => {
  await withProcesses(async ({ servers, sql, key }) => {
    const lost = { committed: 0, open: 0 };
    const kept = await KeptConnection.open(servers[1].port);
    for (let round = 0; round < 60; round++) {
      const bid = (100 + round) / 100;
      const request = requestBytes(key, bodyOf({ contracts: [contractOf({ bid, ask: 50 })] }), {
        "idempotency-key": `batch-${round}`,
      });
      const before = await seqOf(sql);
      const connection = await KeptConnection.open(servers[0].port);
      const half = round % 3 === 0;
      await connection.send(half ? request.subarray(0, request.length - 20) : request);
      if (round % 3 === 1) { while (await seqOf(sql) === before); }
      connection.close();
      lost[await seqOf(sql) > before ? "committed" : "open"]++;
      const repeated = await kept.ask(request);
      assert.deepEqual(repeated, { status: 200, json: await storedAnswer(sql, bid) });
      assert.equal(await seqOf(sql), before + 1);
    }
    assert.ok(lost.committed >= 20 && lost.open >= 20, JSON.stringify(lost));
    kept.close();
  });
});

Deno.test("only a 200 is remembered: a key whose post was refused is free", async () => {
  await withServer(async ({ server, sql, databaseUrl, key }) => {
    const refusals: [number, () => Promise<Response>, () => Promise<unknown>][] = [];
    const send = (name: string, body: unknown, to: { url: string } = server) =>
      post(to, key, body, { "idempotency-key": name });
    const nothing = () => Promise.resolve();
    // 400, 413 and 404.
    refusals.push([
      400,
      () => send("a", bodyOf({ contracts: [contractOf({ bid: "x" })] })),
      nothing,
    ]);
    refusals.push([
      413,
      () => send("b", bodyOf({ contracts: Array.from({ length: 50_001 }, () => 0) })),
      nothing,
    ]);
    const other = bodyOf({ ticker: "ATVI" });
    const atvi = parseTicker("ATVI");
    assert.ok(atvi);
    refusals.push([404, () => send("c", other), () => addWatch(sql, atvi)]);
    // 409.
    const outdate = () => sql`UPDATE tickers SET owned_at = owned_at - interval '61 s'`;
    refusals.push([409, async () => {
      await mustPost(server, key, bodyOf({ agentId: "deals-9" }));
      return await send("d", bodyOf());
    }, outdate]);
    // 503.
    const way = wayTo(databaseUrl);
    const far = await serverOn(way.url, []);
    refusals.push([503, async () => {
      await mustPost(far, key, bodyOf());
      way.cut();
      return await send("e", bodyOf(), far);
    }, nothing]);
    try {
      for (const [status, refused, mend] of refusals) {
        const response = await refused();
        assert.equal(response.status, status, await response.text());
        await mend();
      }
      const before = await seqOf(sql);
      const good = bodyOf({ spotPrice: 1 });
      const answers = [];
      for (const name of ["a", "b", "d", "e"]) {
        const response = await send(name, good);
        assert.equal(response.status, 200, `${name} is not free`);
        answers.push((await response.json()).snapshotId);
      }
      assert.equal(new Set(answers).size, 4);
      assert.equal(await seqOf(sql), before + 4);
      const taken = await send("c", other);
      assert.equal(taken.status, 200, await taken.text());
    } finally {
      way.mend();
      await far.close();
      await way.close();
    }
  });
});
