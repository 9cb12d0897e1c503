import { strict as assert } from "node:assert";
import { addWatch } from "../../db/watches.ts";
import { createKey } from "../../db/keys.ts";
import type { AgentStatus } from "../../options/wire/agent_status.ts";
import type { AgentMessageText, SessionServerMessage } from "../../options/wire/session.ts";
import { bodyOf, mustPost, type TestServer, ticker, withServer } from "../test/harness.ts";
import { SessionClient } from "./session_client.ts";

type Server = TestServer["server"];

function statusOf(
  state: AgentStatus["gateway"]["state"],
  tickers: AgentStatus["tickers"] = [],
): AgentStatus {
  return {
    gateway: {
      state,
      sinceMs: 1,
      detail: null,
      connected: state === "ok",
      clientId: 300,
      serverVersion: 193,
      lastDisconnectAtMs: null,
      lastDisconnectReason: null,
      lastIbError: null,
      lastReconnectAttemptAtMs: null,
      lastReconnectError: null,
      reconnectAttempts: 1,
      reconnectFailures: 0,
      lastHeartbeatAtMs: null,
      lastHeartbeatError: null,
      heartbeatFailures: 0,
      lastTickAtMs: null,
      lines: { used: 3, limit: 95 },
      messageRate: 7,
    },
    tickers,
    spool: { waiting: 2, parked: 0, rejected: 0, dropped: 0, bytes: 9, durable: true },
    counts: { started: 8, read: 6, failed: 2, conflicts: 1, muteFound: 0 },
  };
}

interface Agent {
  readonly client: SessionClient;
  /** The next message that is no answer to what it said. */
  asked(): Promise<SessionServerMessage>;
  say(message: AgentMessageText): void;
  leases(): Promise<readonly string[]>;
}

/** Whatever is waited for comes within this time. */
async function inTime<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it never came: ${what}`)), 20_000);
  });
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function agentOn(
  server: Server,
  key: string,
  agentId: string,
  change: Partial<Extract<AgentMessageText, { type: "hello" }>> = {},
): Promise<Agent> {
  const client = await SessionClient.open(server, key);
  const welcome = await client.ask({
    type: "hello",
    agentId,
    runId: crypto.randomUUID(),
    requests: ["read", "probe"],
    ...change,
  });
  assert.equal(welcome.type, "welcome");
  const agent: Agent = {
    client,
    say: (message) => client.say(JSON.stringify(message)),
    async asked() {
      for (;;) {
        const message = await inTime(client.next(), "a request");
        if (message.type !== "windows" && message.type !== "leases") return message;
      }
    },
    async leases() {
      for (;;) {
        const message = await inTime(client.next(), "leases");
        if (message.type === "leases") return message.tickers.map(({ ticker }) => ticker);
      }
    },
  };
  agent.say({ type: "heartbeat", tickers: [], feedAlive: true });
  return agent;
}

const fetchChain = (server: Server, symbol = "EA"): Promise<Response> =>
  fetch(`${server.url}/api/ma-options/fetch-chain`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ticker: symbol }),
  });

async function requestOf(agent: Agent): Promise<string> {
  const asked = await agent.asked();
  assert.ok(asked.type === "request" && asked.request.kind === "read");
  return asked.requestId;
}

Deno.test("S-1 a cold chain is asked of an agent that another server has, and answered with its first contracts", async () => {
  await withServer(async ({ server, key, another }) => {
    const other = await another();
    const agent = await agentOn(other, key, "deals");
    const answering = fetchChain(server);
    const requestId = await requestOf(agent);
    await mustPost(other, key, bodyOf());
    agent.say({ type: "first", requestId });
    const response = await answering;
    const chain = await response.json();
    assert.deepEqual([response.status, chain.contracts.length], [200, 1]);
    await agent.client.close();
  });
});

Deno.test("S-2 who asks for the same at the same time, on whatever server, asks once", async () => {
  await withServer(async ({ server, key, another, sql }) => {
    const other = await another();
    const agent = await agentOn(server, key, "deals");
    const answering = Array.from({ length: 20 }, (_, at) => fetchChain(at % 2 ? server : other));
    const requestId = await requestOf(agent);
    await mustPost(server, key, bodyOf());
    agent.say({
      type: "result",
      requestId,
      outcome: { kind: "done", contracts: 1, missing: 0, seconds: 1 },
    });
    for (const response of await Promise.all(answering)) {
      assert.equal(response.status, 200);
      await response.body?.cancel();
    }
    const [count] = await sql`SELECT count(*)::integer AS count FROM agent_requests`;
    assert.equal(count?.["count"], 1);
    await agent.client.close();
  });
});

Deno.test("S-3 nobody is there: 503 requiresAgent at once; an agent that fails: 504 with its sentence", async () => {
  await withServer(async ({ server, key }) => {
    const none = await fetchChain(server);
    assert.deepEqual([none.status, (await none.json()).requiresAgent], [503, true]);
    const agent = await agentOn(server, key, "deals");
    const answering = fetchChain(server);
    const requestId = await requestOf(agent);
    const message = "The gateway knows no underlying EA.";
    agent.say({
      type: "result",
      requestId,
      outcome: { kind: "failed", reason: "unknown", message },
    });
    const response = await answering;
    assert.deepEqual([response.status, (await response.json()).detail], [504, message]);
    await agent.client.close();
  });
});

Deno.test("S-4 an agent that answers nothing in 15 s: 504 with its state and what to do", async () => {
  await withServer(async ({ server, key }) => {
    const agent = await agentOn(server, key, "deals");
    agent.say({ type: "status", status: statusOf("deaf") });
    const response = await fetchChain(server);
    const { agentState, reason, detail } = await response.json();
    assert.deepEqual([response.status, agentState, reason], [504, "deaf", "gateway_deaf"]);
    assert.match(detail, /restart it/);
    await agent.client.close();
  });
});

Deno.test("S-5 a request is sent again, under its ID, to an agent that comes back in the same run", async () => {
  await withServer(async ({ server, key, another }) => {
    const other = await another();
    const runId = crypto.randomUUID();
    const first = await agentOn(server, key, "deals", { runId });
    const answering = fetchChain(server);
    const requestId = await requestOf(first);
    await first.client.close();
    const again = await agentOn(other, key, "deals", { runId });
    assert.equal(await requestOf(again), requestId);
    await mustPost(server, key, bodyOf());
    again.say({ type: "first", requestId });
    const response = await answering;
    assert.equal(response.status, 200);
    await response.body?.cancel();
    await again.client.close();
  });
});

Deno.test("S-6 a request of an agent that does not come back moves to another after five seconds", async () => {
  await withServer(async ({ server, key, another }) => {
    const one = await agentOn(server, key, "deals-0");
    const answering = fetchChain(server);
    const requestId = await requestOf(one);
    const two = await agentOn(await another(), key, "deals-1");
    await one.client.close();
    assert.equal(await requestOf(two), requestId);
    await mustPost(server, key, bodyOf());
    two.say({ type: "first", requestId });
    assert.equal((await answering).status, 200);
    await two.client.close();
  });
});

Deno.test("S-7 the owner of a ticker is asked first, and none whose key does not open it", async () => {
  await withServer(async ({ server, key, sql }) => {
    const narrow = await createKey(sql, { agent: "narrow", tickers: [ticker("SPX")] });
    const outside = await agentOn(server, narrow.key, "narrow");
    const one = await agentOn(server, key, "deals-0");
    const two = await agentOn(server, key, "deals-1");
    await mustPost(server, key, bodyOf({ agentId: "deals-1" }));
    const asking = fetch(`${server.url}/options/chain`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ticker: "EA" }),
    });
    const requestId = await requestOf(two);
    two.say({ type: "first", requestId });
    assert.equal((await asking).status, 200, "what is known is the answer");
    for (const agent of [outside, one, two]) await agent.client.close();
  });
});

/** Follows more tickers, so that there is something to share. */
async function watched(sql: TestServer["sql"], count: number): Promise<void> {
  for (let at = 0; at < count; at++) await addWatch(sql, ticker(`W${at}`));
}

Deno.test("S-8 every ticker is leased to one agent, evenly, and moves when its agent is gone", async () => {
  await withServer(async ({ server, key, sql, another }) => {
    await watched(sql, 10);
    const other = await another();
    // Its key opens two of the tickers only.
    const { key: narrowKey } = await createKey(sql, {
      agent: "narrow",
      tickers: [ticker("W0"), ticker("W1")],
    });
    const narrow = await agentOn(server, narrowKey, "narrow", { auto: true });
    const held = async (): Promise<number[]> => {
      const rows = await sql`
        SELECT count(*)::integer AS count FROM ticker_leases GROUP BY holder ORDER BY 1`;
      return rows.map((row) => Number(row["count"]));
    };
    const settled = async (expected: readonly number[], withinMs: number): Promise<void> => {
      for (const endMs = performance.now() + withinMs;;) {
        const now = await held();
        if (JSON.stringify(now) === JSON.stringify(expected)) return;
        assert.ok(performance.now() < endMs, `${now}, not ${expected}`);
        await fetch(`${server.url}/ping`).then((response) => response.body?.cancel());
      }
    };
    await settled([2], 8_000);
    const agents = [
      await agentOn(server, key, "deals-0", { auto: true }),
      await agentOn(other, key, "deals-1", { auto: true }),
      await agentOn(other, key, "deals-2", { auto: true }),
    ];
    await settled([2, 3, 3, 4], 8_000);
    await agents[0]?.client.close();
    await settled([2, 5, 5], 15_000);
    // What it was told first may be what it had before the others came: nothing, or all.
    while ((await agents[1]?.leases())?.length !== 5);
    for (const agent of [narrow, ...agents.slice(1)]) await agent.client.close();
  });
});

Deno.test("S-9 what an agent reads by hand is leased to nobody", async () => {
  await withServer(async ({ server, key }) => {
    const byHand = await agentOn(server, key, "deals-0");
    byHand.say({ type: "heartbeat", tickers: ["EA"], feedAlive: true });
    assert.equal((await byHand.client.next()).type, "windows");
    assert.equal((await byHand.client.next()).type, "windows");
    const auto = await agentOn(server, key, "deals-1", { auto: true });
    assert.deepEqual(await auto.leases(), ["SPX"]);
    for (const agent of [byHand, auto]) await agent.client.close();
  });
});

Deno.test("S-10 every server tells how every agent is, and why prices are not newer", async () => {
  await withServer(async ({ server, key, another }) => {
    const other = await another();
    await mustPost(server, key, bodyOf());
    const agent = await agentOn(server, key, "deals");
    agent.say({ type: "status", status: statusOf("competing_session") });
    const health = async () => {
      const response = await fetch(`${other.url}/api/price-agent/health`);
      assert.equal(response.status, 200);
      return (await response.json()).agents[0];
    };
    const endMs = performance.now() + 8_000;
    while ((await health()).state !== "competing_session") assert.ok(performance.now() < endMs);
    const { agentId, connected, sentence, spoolDepth, updates, gateway } = await health();
    assert.deepEqual([agentId, connected, spoolDepth, updates], ["deals", true, 2, 1]);
    assert.match(sentence, /log out there/);
    assert.deepEqual(gateway.lines, { used: 3, limit: 95 });
    const status = await (await fetch(`${other.url}/api/ib-connection/status`)).json();
    assert.deepEqual(
      status.agents.map(({ agentId, state, clientId }: Record<string, unknown>) => [
        agentId,
        state,
        clientId,
      ]),
      [["deals", "competing_session", 300]],
    );
    await agent.client.close();
  });
});

Deno.test("S-11 a probe is one agent's short connection, or says why there is none", async () => {
  await withServer(async ({ server, key }) => {
    const probe = async () =>
      (await (await fetch(`${server.url}/api/ib-connection/status?probe=1`)).json()).probe;
    assert.deepEqual((await probe()).message, "No agent is connected.");
    const agent = await agentOn(server, key, "deals");
    const probing = probe();
    const asked = await agent.asked();
    assert.ok(asked.type === "request" && asked.request.kind === "probe");
    const found = {
      ok: true,
      clientId: 200,
      serverVersion: 193,
      tookMs: 40,
      message: "The gateway lets a client in.",
    };
    agent.say({
      type: "result",
      requestId: asked.requestId,
      outcome: { kind: "done", probe: found },
    });
    assert.deepEqual(await probing, found);
    await agent.client.close();
  });
});

Deno.test("S-12 what agents did is in agent_activity", async () => {
  await withServer(async ({ server, key, sql }) => {
    await mustPost(server, key, bodyOf());
    await mustPost(server, key, bodyOf({ mode: "update" }));
    const agent = await agentOn(server, key, "deals");
    agent.say({ type: "status", status: statusOf("ok") });
    for (const endMs = performance.now() + 5_000;;) {
      const [row] = await sql`
        SELECT snapshots::integer, updates::integer, average_contracts::float, starts::integer,
          conflicts::integer, failure_ratio::float
        FROM agent_activity WHERE agent = 'deals'`;
      if (row?.["conflicts"] === 1) {
        assert.deepEqual({ ...row }, {
          snapshots: 1,
          updates: 1,
          average_contracts: 1,
          starts: 1,
          conflicts: 1,
          failure_ratio: 0.25,
        });
        break;
      }
      assert.ok(performance.now() < endMs, JSON.stringify(row));
    }
    await agent.client.close();
  });
});
