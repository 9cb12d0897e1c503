import { strict as assert } from "node:assert";
import { type ManualClock, manualClock } from "../../base/clock.ts";
import { createKey, revokeKey } from "../../db/keys.ts";
import type { Sql } from "../../db/connect.ts";
import { wayTo } from "../test/cuttable.ts";
import {
  bodyOf,
  EA,
  mustPost,
  post,
  serverOn,
  type TestServer,
  withServer,
} from "../test/harness.ts";
import { withoutDatabase } from "../test/services.ts";
import type { SessionSocket } from "./session.ts";
import { SessionClient } from "./session_client.ts";
import { AgentSessions, HELLO_DEADLINE_MS } from "./sessions.ts";

const alive = (tickers: string[]) => ({ type: "heartbeat", tickers, feedAlive: true }) as const;
const dead = (tickers: string[]) => ({ type: "heartbeat", tickers, feedAlive: false }) as const;

/** Lets time pass for the windows of all tickers. */
async function pass(sql: Sql, seconds: number): Promise<void> {
  await sql`
    UPDATE tickers
    SET
      owned_at = owned_at - ${seconds}::integer * interval '1 second',
      last_write_at = last_write_at - ${seconds}::integer * interval '1 second'`;
}

/** Whether another agent gets EA; where not, it must be told whose it is. */
async function takes({ server, key }: TestServer, agentId: string, owner: string) {
  const response = await post(server, key, bodyOf({ agentId }));
  const { existingAgent } = await response.json();
  if (response.status === 200) return true;
  assert.deepEqual([response.status, existingAgent], [409, owner]);
  return false;
}

Deno.test("C-11 a ticker stays its owner's for as long as the owner's heartbeats come, without a write", async () => {
  await withServer(async (given) => {
    const { server, sql, key } = given;
    await mustPost(server, key, bodyOf({ agentId: "deals-0" }));
    // Heartbeats keep the window whichever server they come to.
    const session = await SessionClient.greet(await given.another(), key, "deals-0");
    for (let minute = 0; minute < 5; minute++) {
      await pass(sql, 59);
      assert.deepEqual(await session.ask(alive(["EA", "SPX"])), { type: "windows", own: ["EA"] });
      assert.ok(!await takes(given, "deals-1", "deals-0"));
    }
    // They stop: the window ends 60 s after the last.
    await pass(sql, 58);
    assert.ok(!await takes(given, "deals-1", "deals-0"));
    await pass(sql, 3);
    assert.ok(await takes(given, "deals-1", "deals-0"));
    assert.deepEqual(await session.ask(alive(["EA"])), { type: "windows", own: [] });
    assert.ok(!await takes(given, "deals-0", "deals-1"));
    await session.close();
  });
});

Deno.test("C-12 heartbeats with a feed that is not alive keep no window", async () => {
  await withServer(async (given) => {
    const { server, sql, key } = given;
    await mustPost(server, key, bodyOf({ agentId: "deals-0" }));
    const session = await SessionClient.greet(server, key, "deals-0");
    await pass(sql, 40);
    assert.deepEqual(await session.ask(dead(["EA"])), { type: "windows", own: ["EA"] });
    await pass(sql, 30);
    assert.deepEqual(await session.ask(dead(["EA"])), { type: "windows", own: [] });
    assert.ok(await takes(given, "deals-1", "deals-0"));
    await session.close();
  });
});

Deno.test("C-13 a heartbeat takes no ticker from nobody or another, and no history changes", async () => {
  await withServer(async (given) => {
    const { server, sql, key } = given;
    const session = await SessionClient.greet(server, key, "deals-0");
    assert.deepEqual(await session.ask(alive(["EA", "SPX"])), { type: "windows", own: [] });
    await mustPost(server, key, bodyOf({ agentId: "deals-1" }));
    const state = () => sql`SELECT symbol, seq, owner_agent, owned_at, last_write_at FROM tickers`;
    const before = await state();
    assert.deepEqual(await session.ask(alive(["EA", "SPX"])), { type: "windows", own: [] });
    assert.deepEqual([...await state()], [...before]);
    // Only what a heartbeat names is kept.
    await pass(sql, 61);
    await mustPost(server, key, bodyOf({ agentId: "deals-0" }));
    await pass(sql, 61);
    await session.ask(alive(["SPX"]));
    assert.ok(await takes(given, "deals-1", "deals-0"));
    await session.close();
  });
});

Deno.test("C-13 of a heartbeat and another agent's write at the end of a window, one decides", async () => {
  await withServer(async (given) => {
    const { server, sql, key } = given;
    const session = await SessionClient.greet(await given.another(), key, "deals-0");
    const decided = { heartbeat: 0, write: 0 };
    for (let round = 0; round < 100; round++) {
      await sql`UPDATE tickers SET owner_agent = NULL WHERE symbol = ${EA}`;
      await mustPost(server, key, bodyOf({ agentId: "deals-0" }));
      await pass(sql, 61);
      const [said, taken] = await Promise.all([
        session.ask(alive(["EA"])),
        takes(given, "deals-1", "deals-0"),
      ]);
      assert.deepEqual(said, { type: "windows", own: taken ? [] : ["EA"] });
      decided[taken ? "write" : "heartbeat"]++;
    }
    assert.ok(decided.heartbeat > 0 && decided.write > 0, JSON.stringify(decided));
    await session.close();
  });
});

Deno.test("a heartbeat counts as a sign of life of its agent", async () => {
  await withServer(async ({ server, sql, key }) => {
    const session = await SessionClient.greet(server, key, "deals-7");
    await session.ask(dead([]));
    const [agent] = await sql`
      SELECT last_seen_at > now() - interval '10 s' AS seen FROM agents WHERE name = 'deals-7'`;
    assert.ok(agent?.["seen"]);
    await session.close();
  });
});

Deno.test("a session is told how often to be heard of, and its begin and end are logged", async () => {
  await withServer(async ({ server, key, lines }) => {
    const session = await SessionClient.open(server, key);
    const hello = { type: "hello", agentId: "deals-3", version: "1.2.3" } as const;
    assert.deepEqual(await session.ask(hello), { type: "welcome", heartbeatEveryMs: 20_000 });
    await session.close();
    const of = (event: string) => lines.find((line) => line["event"] === event);
    assert.deepEqual(
      [of("session.opened")?.["agentId"], of("session.opened")?.["version"]],
      ["deals-3", "1.2.3"],
    );
    // The server hears of the end a moment after the agent.
    for (let tries = 0; !of("session.closed"); tries++) {
      assert.ok(tries < 100);
      await fetch(`${server.url}/ping`).then((response) => response.body?.cancel());
    }
    assert.equal(of("session.closed")?.["agentId"], "deals-3");
  });
});

Deno.test("a session is refused without a key, and with a wrong one, before it is upgraded", async () => {
  await withServer(async ({ server }) => {
    const url = `${server.url}/api/price-agent/session`;
    const headers = { connection: "upgrade", upgrade: "websocket" };
    for (const [authorization, status] of [["", 401], ["Bearer lm_agent_x", 403]] as const) {
      const response = await fetch(url, { headers: { ...headers, authorization } });
      assert.equal(response.status, status);
      assert.equal(response.headers.get("content-type"), "application/problem+json");
      await response.body?.cancel();
    }
    await assert.rejects(SessionClient.open(server, "lm_agent_x"), /refused/);
  });
});

const badTalk: [what: string, says: (string | Uint8Array<ArrayBuffer>)[], code: number, RegExp][] =
  [
    ["no JSON", ["{"], 1007, /not understood/],
    ["a message without a type", ['{"agentId":"deals"}'], 1007, /not understood/],
    ["bytes", [new Uint8Array([1])], 1007, /text/],
    ["a message of 100 kB", ["x".repeat(100_000)], 1009, /at most 65536/],
    [
      "a heartbeat before hello",
      ['{"type":"heartbeat","tickers":[],"feedAlive":true}'],
      1008,
      /hello/,
    ],
    ["hello twice", Array(2).fill('{"type":"hello","agentId":"deals"}'), 1008, /once/],
    ["a name that is none", ['{"type":"hello","agentId":"a b"}'], 1007, /agentId: must be/],
    ["another agent's name", ['{"type":"hello","agentId":"desk"}'], 1008, /another agent/],
    [
      "a ticker that is none",
      [
        '{"type":"hello","agentId":"deals"}',
        '{"type":"heartbeat","tickers":["$"],"feedAlive":true}',
      ],
      1007,
      /tickers\.0: names no ticker/,
    ],
    [
      "1,001 tickers",
      [JSON.stringify(alive(Array.from({ length: 1_001 }, (_, i) => `T${i % 9}`)))],
      1007,
      /tickers/,
    ],
  ];
Deno.test("a session that does not keep to the protocol is ended with the reason", async (t) => {
  await withServer(async ({ server, key, lines }) => {
    for (const [what, says, code, reason] of badTalk) {
      await t.step(`${code}: ${what}`, async () => {
        const session = await SessionClient.open(server, key);
        for (const text of says) session.say(text);
        const end = await session.ended;
        assert.equal(end.code, code, end.reason);
        assert.match(end.reason, reason);
      });
    }
    const refused = lines.filter((line) => line["message"] === "Invalid API key");
    assert.deepEqual(refused.map((line) => line["reason"]), ["foreign"]);
  });
});

Deno.test("a message of a type that only a newer agent knows is answered, and the session goes on", async () => {
  await withServer(async ({ server, key }) => {
    const session = await SessionClient.greet(server, key, "deals");
    session.say('{"type":"weather","rain":true}');
    const said = await session.next();
    assert.ok(said.type === "problem" && said.error.includes("weather"));
    assert.deepEqual(await session.ask(alive([])), { type: "windows", own: [] });
    await session.close();
  });
});

Deno.test("the session of a revoked key ends within seconds", async () => {
  await withServer(async (given) => {
    const { server, sql, key } = given;
    const short = await createKey(sql, { agent: "desk" });
    const other = await SessionClient.greet(server, key, "deals");
    const session = await SessionClient.greet(server, short.key, "desk-1");
    const beganMs = performance.now();
    await revokeKey(sql, short.id);
    const end = await session.ended;
    assert.ok(performance.now() - beganMs < 5_000);
    assert.deepEqual(end, { code: 1008, reason: "The key was revoked or has expired." });
    assert.deepEqual(await other.ask(alive([])), { type: "windows", own: [] });
    await other.close();
  });
});

Deno.test("a session outlives the absence of the database, and keeps its windows again afterwards", async () => {
  await withServer(async ({ server, databaseUrl, key }) => {
    const way = wayTo(databaseUrl);
    const far = await serverOn(way.url, []);
    try {
      await mustPost(server, key, bodyOf({ agentId: "deals-0" }));
      const session = await SessionClient.greet(far, key, "deals-0");
      way.cut();
      assert.equal((await session.ask(alive(["EA"]))).type, "problem");
      way.mend();
      for (let tries = 0;; tries++) {
        const said = await session.ask(alive(["EA"]));
        if (said.type === "windows") break;
        assert.ok(tries < 50, "the session does not come back");
      }
      await session.close();
    } finally {
      way.mend();
      await far.close();
      await way.close();
    }
  });
});

Deno.test("a server that ends tells its sessions so", async () => {
  await withServer(async (given) => {
    const server = await given.another();
    const session = await SessionClient.greet(server, given.key, "deals");
    await server.close();
    assert.equal((await session.ended).code, 1001);
  });
});

/** Sessions without a database, which what is tested here must not need. */
function withoutAny(clock: ManualClock) {
  const sessions = new AgentSessions({
    desk: { joined: () => {}, left: () => {}, look: () => {} },
    ...withoutDatabase(),
    clock: { ...clock, every: () => ({ cancel: () => {} }) },
  });
  const ends: string[] = [];
  const join = (name: string) => {
    let readyState: WebSocket["readyState"] = WebSocket.OPEN;
    const socket: SessionSocket = {
      get readyState() {
        return readyState;
      },
      send: () => {},
      close(code) {
        readyState = WebSocket.CLOSED;
        ends.push(`${name} ${code}`);
      },
    };
    return sessions.join(socket, {
      id: "1",
      agent: "deals",
      tickers: null,
      hash: new Uint8Array(32),
    });
  };
  return { join, ends };
}

Deno.test("a line on which no hello comes in time is ended, and no other", () => {
  const clock = manualClock();
  const { join, ends } = withoutAny(clock);
  join("silent");
  join("gone").leave(1006, "");
  clock.advance(HELLO_DEADLINE_MS - 1);
  assert.deepEqual(ends, []);
  clock.advance(1);
  assert.deepEqual(ends, ["silent 1008"]);
  assert.equal(clock.pending, 0);
});

Deno.test("a session that sends on and on without waiting for answers is ended", () => {
  const { join, ends } = withoutAny(manualClock());
  const flood = join("flood");
  flood.hear('{"type":"hello","agentId":"deals"}');
  for (let i = 0; i < 15; i++) flood.hear(JSON.stringify(alive([])));
  assert.deepEqual(ends, []);
  flood.hear(JSON.stringify(alive([])));
  assert.deepEqual(ends, ["flood 1008"]);
});
