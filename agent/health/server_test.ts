import { strict as assert } from "node:assert";
import { systemClock } from "../../base/clock.ts";
import { silentLog } from "../../telemetry/log.ts";
import { keepConnected } from "../gateway/keeper.ts";
import type { RequestResult } from "../../options/wire/session.ts";
import { agentStatusOf, type StatusParts } from "../status.ts";
import { startGateway } from "../test/programs.ts";
import { type HealthServer, startHealth } from "./server.ts";

const NOTHING: Omit<StatusParts, "gateway"> = {
  lines: { used: 4, limit: 95 },
  messageRate: 12,
  reader: {
    reading: [],
    waiting: [],
    lastReads: [],
    streams: [],
    mute: [],
    muteFound: 0,
    counts: { started: 0, read: 0, failed: 0 },
  },
  tickers: [],
  standsBy: () => false,
  spool: { waiting: 3, parked: 0, rejected: 0, dropped: 0, bytes: 5, durable: true },
  conflicts: 0,
};

/** The health of an agent that is connected, or not, to a gateway program. */
async function withHealth(
  fault: Readonly<Record<string, unknown>> | undefined,
  test: (given: {
    readonly url: string;
    readonly probes: () => number;
    connected(): Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  await using gateway = await startGateway();
  if (fault) {
    const response = await fetch(`http://127.0.0.1:${gateway.controlPort}/faults`, {
      method: "POST",
      body: JSON.stringify(fault),
    });
    await response.body?.cancel();
  }
  const clock = systemClock();
  const keeper = keepConnected({
    address: { host: "127.0.0.1", port: gateway.port },
    clientIds: { first: 300, last: 300 },
    ratePerSecond: 45,
    clock,
    log: silentLog,
  });
  let probes = 0;
  const health: HealthServer = startHealth({
    hostname: "127.0.0.1",
    port: 0,
    agentId: "deals",
    version: "1.2.3",
    status: () => agentStatusOf({ ...NOTHING, gateway: keeper.watch.status() }),
    probe: async (): Promise<RequestResult> => {
      probes++;
      await new Promise((resolve) => setTimeout(resolve, 50));
      const probe = { ok: true, clientId: 200, serverVersion: 193, tookMs: 50, message: "yes" };
      return { kind: "done", probe };
    },
    nowMs: () => clock.realNowMs(),
    log: silentLog,
  }) ?? assert.fail();
  try {
    await test({
      url: `http://127.0.0.1:${health.port}`,
      probes: () => probes,
      connected: async () => void await keeper.connection(AbortSignal.timeout(10_000)),
    });
  } finally {
    await health.close();
    await keeper.end();
  }
}

Deno.test("1,000 calls of /health while the gateway is deaf are answered within 100 ms each", async () => {
  await withHealth({ fault: "deaf", from: "accept" }, async ({ url }) => {
    const tookMs: number[] = [];
    for (let batch = 0; batch < 20; batch++) {
      await Promise.all(Array.from({ length: 50 }, async () => {
        const beganMs = performance.now();
        const response = await fetch(`${url}/health?connect=false`);
        const { connected, status } = await response.json();
        tookMs.push(performance.now() - beganMs);
        assert.deepEqual([response.status, connected, status], [503, false, "down"]);
      }));
    }
    const slowest = Math.max(...tookMs);
    assert.ok(tookMs.length === 1_000 && slowest < 100, `${slowest} ms`);
  });
});

Deno.test("/health tells how a connected agent is, field by field", async () => {
  await withHealth(undefined, async ({ url, connected }) => {
    await connected();
    const response = await fetch(`${url}/health`);
    const health = await response.json();
    assert.equal(response.status, 200);
    assert.deepEqual(
      [health.status, health.connected, health.state, health.reason, health.clientId],
      ["ok", true, "ok", null, 300],
    );
    assert.deepEqual([health.agentId, health.version, health.serverVersion], [
      "deals",
      "1.2.3",
      193,
    ]);
    assert.deepEqual([health.linesUsed, health.messageRate, health.spoolDepth], [4, 12, 3]);
    for (
      const field of [
        "lastDisconnectAt",
        "lastDisconnectReason",
        "lastIbErrorAt",
        "lastIbErrorCode",
        "lastIbErrorMessage",
        "lastReconnectAttemptAt",
        "lastReconnectError",
        "reconnectAttempts",
        "reconnectFailures",
        "lastHeartbeatAt",
        "lastHeartbeatError",
        "heartbeatFailures",
      ]
    ) assert.ok(field in health, field);
  });
});

Deno.test("/health?connect=true makes one attempt for all who ask at once, and tells of it", async () => {
  await withHealth({ fault: "deaf", from: "accept" }, async ({ url, probes }) => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const response = await fetch(`${url}/health?connect=true`);
        return { status: response.status, probe: (await response.json()).probe };
      }),
    );
    assert.equal(probes(), 1);
    assert.ok(answers.every(({ status, probe }) => status === 200 && probe.clientId === 200));
    const wrong = await fetch(`${url}/health?connect=maybe`);
    assert.deepEqual([wrong.status, (await wrong.json()).errors[0].path], [400, "connect"]);
  });
});

Deno.test("/ping answers, /metrics has one sample a figure and one state, others are unknown", async () => {
  await withHealth(undefined, async ({ url, connected }) => {
    await connected();
    assert.deepEqual(await (await fetch(`${url}/ping`)).json(), { status: "ok" });
    const response = await fetch(`${url}/metrics`);
    const text = await response.text();
    assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    assert.match(text, /^lastmark_agent_connected\{agent="deals"\} 1$/m);
    assert.match(text, /^lastmark_agent_state\{state="ok",agent="deals"\} 1$/m);
    assert.match(text, /^lastmark_agent_state\{state="deaf",agent="deals"\} 0$/m);
    assert.match(text, /^lastmark_agent_spool_waiting\{agent="deals"\} 3$/m);
    const none = await fetch(`${url}/nothing`);
    assert.deepEqual([none.status, Object.keys((await none.json()).calls).length], [404, 4]);
  });
});

Deno.test("a port that is taken costs the health and not the agent", async () => {
  await withHealth(undefined, ({ url }) => {
    const second = startHealth({
      hostname: "127.0.0.1",
      port: Number(new URL(url).port),
      agentId: "deals",
      version: "1",
      status: () => assert.fail(),
      probe: () => assert.fail(),
      nowMs: () => 0,
      log: silentLog,
    });
    assert.equal(second, undefined);
    return Promise.resolve();
  });
});
