import { strict as assert } from "node:assert";
import { type ManualClock, manualClock } from "../../base/clock.ts";
import { parseTicker } from "../../options/contract.ts";
import type { AgentStatus } from "../../options/wire/agent_status.ts";
import {
  type AgentMessage,
  agentMessage,
  type SessionServerMessage,
} from "../../options/wire/session.ts";
import { jsonLog } from "../../telemetry/log.ts";
import { GatewayWatch } from "../gateway/watch.ts";
import { agentStatusOf } from "../status.ts";
import { ANSWER_DEADLINE_MS, type Feed, keepSession } from "./session.ts";

/** A server that takes sessions. */
class Sessions {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly said: AgentMessage[] = [];
  readonly statuses: AgentStatus[] = [];
  readonly keys: (string | null)[] = [];
  readonly sockets: WebSocket[] = [];
  /** A server that hangs does not answer. */
  answers = true;
  /** What it refuses the next sessions with. */
  refuses: number | undefined;

  constructor() {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      if (new URL(request.url).pathname === "/ping") return new Response();
      this.keys.push(request.headers.get("authorization"));
      if (this.refuses !== undefined) return new Response(null, { status: this.refuses });
      const { socket, response } = Deno.upgradeWebSocket(request);
      this.sockets.push(socket);
      socket.onmessage = ({ data }) => this.#hear(socket, data);
      return response;
    });
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.#server.addr.port}`);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.close();
    await this.#server.shutdown();
  }

  #hear(socket: WebSocket, data: string): void {
    const said = agentMessage.parse(JSON.parse(data));
    if (said.type === "status") return void this.statuses.push(said.status);
    this.said.push(said);
    if (!this.answers) return;
    const answer = said.type === "hello"
      ? { type: "welcome", heartbeatEveryMs: 20_000 }
      : { type: "windows", own: [], since: "of a newer server" };
    socket.send(JSON.stringify(answer));
  }
}

const EA = parseTicker("EA") ?? assert.fail();

const RUN_ID = "3b241101-e2bb-4255-8caf-4136c566a962";

function statusWith(clientId: number): AgentStatus {
  const clock = manualClock();
  return agentStatusOf({
    gateway: new GatewayWatch(clock, clientId).status(),
    lines: { used: 1, limit: 95 },
    messageRate: 3,
    reader: {
      reading: [],
      waiting: [],
      lastReads: [],
      streams: [],
      mute: [],
      muteFound: 0,
      counts: { started: 0, read: 0, failed: 0 },
    },
    tickers: [EA],
    standsBy: () => false,
    spool: { waiting: 0, parked: 0, rejected: 0, dropped: 0, bytes: 0, durable: true },
    conflicts: 0,
  });
}

interface Given {
  readonly server: Sessions;
  readonly clock: ManualClock;
  /** The events that were logged. */
  readonly log: string[];
  feed: Feed;
  /** What the status tells. */
  clientId: number;
  /** What the server said that is for others. */
  readonly heard: string[];
  changed(): void;
  /** Waits, without any time passing for the agent, until something holds. */
  until(holds: () => boolean): Promise<void>;
  end(): void;
}

/** One timer is the next heartbeat; the second, for an answer, is there only while one is awaited. */
const atRest = ({ clock }: Given): boolean => clock.pending === 1;

async function withSession(
  test: (given: Given) => Promise<void>,
  prepare: (server: Sessions) => void = () => {},
): Promise<void> {
  const server = new Sessions();
  prepare(server);
  const clock = manualClock();
  const log: string[] = [];
  const session = keepSession({
    server: { url: server.url, key: "the-key", clock },
    agentId: "deals-0",
    clock,
    log: jsonLog({
      program: "agent",
      level: "info",
      nowMs: () => 0,
      write: (line) => log.push(JSON.parse(line).event),
    }),
    feed: () => given.feed,
    status: () => statusWith(given.clientId),
    hello: { runId: RUN_ID, requests: ["read"], auto: true },
    onRequest: (requestId, { kind }) => given.heard.push(`${kind} ${requestId}`),
    onCancel: (requestId) => given.heard.push(`cancel ${requestId}`),
    onLeases: (tickers) =>
      given.heard.push(`leases ${tickers?.map(({ ticker }) => ticker) ?? "unknown"}`),
  });
  const given: Given = {
    server,
    clock,
    log,
    feed: { tickers: [EA], alive: true },
    clientId: 300,
    heard: [],
    changed: () => session.changed(),
    async until(holds) {
      for (let tries = 0; !holds(); tries++) {
        assert.ok(tries < 2_000, `it never came: ${holds}, after ${log}`);
        const response = await fetch(new URL("/ping", server.url));
        await response.body?.cancel();
      }
    },
    end: () => session.end(),
  };
  try {
    await test(given);
  } finally {
    session.end();
    assert.equal(clock.pending, 0);
    await server.close();
  }
}

Deno.test("the agent says who it is, with its key, and its heartbeats say how its feed is", async () => {
  await withSession(async (given) => {
    const { server, clock, until } = given;
    await until(() => server.said.length === 2 && atRest(given));
    assert.deepEqual(server.keys, ["Bearer the-key"]);
    given.feed = { tickers: [], alive: false };
    clock.advance(19_999);
    assert.ok(atRest(given));
    clock.advance(1);
    await until(() => server.said.length === 3);
    assert.deepEqual(server.said, [
      { type: "hello", agentId: "deals-0", runId: RUN_ID, requests: ["read"], auto: true },
      { type: "heartbeat", tickers: ["EA"], feedAlive: true },
      { type: "heartbeat", tickers: [], feedAlive: false },
    ]);
  });
});

Deno.test("the agent opens its session again when it is lost, and begins with hello", async () => {
  await withSession(async (given) => {
    const { server, clock, log, until } = given;
    await until(() => server.said.length === 2 && atRest(given));
    server.sockets[0]?.close(1001, "The server ends.");
    await until(() => log.includes("session.lost"));
    clock.advance(1_000);
    await until(() => server.said.length === 4 && atRest(given));
    assert.deepEqual(server.said.map(({ type }) => type), [
      "hello",
      "heartbeat",
      "hello",
      "heartbeat",
    ]);
    assert.deepEqual(log, ["session.opened", "session.lost", "session.opened"]);
  });
});

Deno.test("the agent takes a server that does not answer for lost, and asks less and less often", async () => {
  await withSession(async (given) => {
    const { server, clock, log, until } = given;
    await until(() => server.said.length === 2 && atRest(given));
    server.answers = false;
    clock.advance(20_000);
    await until(() => server.said.length === 3);
    clock.advance(ANSWER_DEADLINE_MS);
    assert.deepEqual(log, ["session.opened", "session.lost"]);
    clock.advance(1_000);
    await until(() => server.said.length === 4);
    clock.advance(ANSWER_DEADLINE_MS);
    // After the second failure it waits at least a second, and at most two.
    clock.advance(999);
    assert.equal(clock.pending, 1);
    server.answers = true;
    clock.advance(1_001);
    await until(() => server.said.length === 6 && atRest(given));
    assert.equal(log.at(-1), "session.opened");
  });
});

Deno.test("an older server that takes no sessions, or a refused key, is asked again", async () => {
  for (const status of [404, 403, 503]) {
    await withSession(async ({ server, clock, log, until }) => {
      await until(() => log.length === 1);
      server.refuses = undefined;
      clock.advance(1_000);
      await until(() => server.said.length === 2);
      assert.deepEqual(log, ["session.lost", "session.opened"]);
    }, (server) => server.refuses = status);
  }
});

Deno.test("an ended session is not opened again", async () => {
  await withSession(async (given) => {
    const { server, clock, until, end } = given;
    await until(() => server.said.length === 2 && atRest(given));
    end();
    clock.advance(3_600_000);
    assert.equal(clock.pending, 0);
    assert.equal(server.keys.length, 1);
  });
});

Deno.test("the status is told with each heartbeat, and within a second of a change, once for many", async () => {
  await withSession(async (given) => {
    const { server, clock, until } = given;
    await until(() => server.said.length === 2 && atRest(given));
    assert.equal(server.statuses.length, 1);
    given.clientId = 301;
    for (let times = 0; times < 5; times++) given.changed();
    clock.advance(999);
    assert.equal(server.statuses.length, 1);
    clock.advance(1);
    await until(() => server.statuses.length === 2);
    assert.equal(server.statuses[1]?.gateway.clientId, 301);
    clock.advance(20_000);
    await until(() => server.said.length === 3 && atRest(given));
    assert.equal(server.statuses.length, 3);
  });
});

Deno.test("what the server asks, and what it leases, reaches those whom it is for", async () => {
  await withSession(async (given) => {
    const { server, heard, log, until } = given;
    await until(() => server.said.length === 2 && atRest(given));
    const tell = (message: SessionServerMessage): void =>
      server.sockets.at(-1)?.send(JSON.stringify(message));
    tell({ type: "request", requestId: RUN_ID, request: { kind: "read", ticker: EA } });
    tell({ type: "leases", tickers: [{ ticker: EA, deal: true }] });
    tell({ type: "cancel", requestId: RUN_ID });
    await until(() => heard.length === 3);
    server.sockets[0]?.close(1001, "The server ends.");
    await until(() => log.includes("session.lost"));
    assert.deepEqual(heard, [`read ${RUN_ID}`, "leases EA", `cancel ${RUN_ID}`, "leases unknown"]);
  });
});
