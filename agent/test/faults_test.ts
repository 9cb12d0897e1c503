/**
 * The agent goes through everything that a gateway does: for each fault the state that it names
 * meanwhile, and how soon after the fault's end prices come again, from the gateway's socket to the
 * server. Each fault has a gateway and an agent of its own; several run side by side.
 */
import { strict as assert } from "node:assert";
import { systemClock } from "../../base/clock.ts";
import type { AgentState } from "../../options/agent_state.ts";
import { parseTicker } from "../../options/contract.ts";
import { jsonLog } from "../../telemetry/log.ts";
import { z } from "zod";
import { parseStreamWindow } from "../chain/stream_window.ts";
import { domainClock } from "../domain_clock.ts";
import { runAgent } from "../run.ts";
import type { RunSettings } from "../settings.ts";
import { type GatewayProgram, startGateway } from "./programs.ts";
import { confirm, startServer, type TestServer } from "./server.ts";

/** A Wednesday morning in New York, whenever the test runs: feeds are mute only while it is open. */
const DOMAIN_MS = Date.UTC(2026, 6, 15, 15);
const READ = parseTicker("CSGS") ?? assert.fail();
const STREAMED = parseTicker("EA") ?? assert.fail();
const WINDOW = parseStreamWindow("atm1+expiries1") ?? assert.fail();
const WINDOW_CONTRACTS = 6;

/** From a fault's end to the first fresh price, and to the whole window (issue 5). */
const FRESH_WITHIN_MS = 30_000;

/** What the gateway counts of its clients. */
const gatewayState = z.object({
  lines: z.object({ used: z.number(), limit: z.number() }),
  violations: z.object({ counts: z.record(z.string(), z.number()) }),
});

interface Case {
  readonly name: string;
  readonly faults: readonly Readonly<Record<string, unknown>>[];
  /** How long it lasts. */
  readonly seconds: number;
  /** The state that the agent must name meanwhile. */
  readonly state?: AgentState;
  /** The agent may take another client ID, as its own stays taken. */
  readonly newId?: true;
  /** Messages that waited in the gateway's socket come at once: no client can know. */
  readonly burst?: true;
}

const CASES: readonly Case[] = [
  { name: "a drop", faults: [{ fault: "drop" }], seconds: 1 },
  { name: "a drop every three seconds", faults: [{ fault: "drop", everySeconds: 3 }], seconds: 15 },
  { name: "a gateway that falls deaf", faults: [{ fault: "deaf" }], seconds: 30, state: "deaf" },
  {
    name: "a gateway that is deaf after the handshake",
    faults: [{ fault: "deaf", from: "handshake" }, { fault: "drop" }],
    seconds: 35,
    state: "deaf",
  },
  {
    name: "a half-open socket that keeps the client ID for ten seconds",
    faults: [{ fault: "half_open", lingerSeconds: 10 }, { fault: "drop" }],
    seconds: 2,
    state: "id_taken",
  },
  {
    name: "a client ID that stays taken",
    faults: [{ fault: "id_taken", clientIds: [300] }, { fault: "drop" }],
    seconds: 20,
    state: "id_taken",
    newId: true,
  },
  {
    name: "a nightly restart",
    faults: [{ fault: "restart", refuseSeconds: 12 }],
    seconds: 13,
    state: "restarting",
  },
  {
    name: "a restart into a login that waits for its second factor",
    faults: [{ fault: "restart", refuseSeconds: 8, then: "login_2fa" }],
    seconds: 35,
    state: "logged_out",
  },
  { name: "a port change (1300)", faults: [{ fault: "port_changed" }], seconds: 2 },
  {
    name: "bytes that come one by one",
    faults: [{ fault: "segments", how: "one_byte" }],
    seconds: 8,
  },
  {
    name: "bytes that come cut anywhere",
    faults: [{ fault: "segments", how: "split" }],
    seconds: 8,
  },
  {
    name: "bytes that come late together",
    faults: [{ fault: "segments", how: "coalesce" }],
    seconds: 8,
  },
  {
    name: "a gateway that reads slowly",
    faults: [{ fault: "slow_reader", bytesPerSecond: 300 }],
    seconds: 12,
    burst: true,
  },
  {
    name: "a warning of the message rate",
    faults: [{ fault: "rate_warning", times: 3 }],
    seconds: 8,
  },
  {
    name: "1100, then 1102",
    faults: [{ fault: "connectivity", restored: 1102 }],
    seconds: 12,
    state: "farm_down",
  },
  {
    name: "1100, then 1102 that lost the subscriptions",
    faults: [{ fault: "connectivity", restored: 1102, loseSubscriptions: true, repeatSeconds: 3 }],
    seconds: 12,
    state: "farm_down",
  },
  {
    name: "1100, then 1101",
    faults: [{ fault: "connectivity", restored: 1101 }],
    seconds: 12,
    state: "farm_down",
  },
  {
    name: "a farm that breaks (2103)",
    faults: [{ fault: "farm" }],
    seconds: 12,
    state: "farm_down",
  },
  {
    name: "a farm that flaps and leaves lines silent",
    faults: [{ fault: "farm", flapEverySeconds: 3, keepSilent: true }],
    seconds: 12,
    state: "farm_down",
  },
  {
    name: "a contract farm that breaks (2157), and contracts that are unknown",
    faults: [{ fault: "farm", code: 2157, spurious200: true }],
    seconds: 12,
    state: "farm_down",
  },
  {
    name: "a historical farm that breaks (2105)",
    faults: [{ fault: "farm", code: 2105 }],
    seconds: 6,
  },
  { name: "inactive farms (2107)", faults: [{ fault: "farm", code: 2107 }], seconds: 6 },
  { name: "inactive farms (2108)", faults: [{ fault: "farm", code: 2108 }], seconds: 6 },
  { name: "a farm that connects (2119)", faults: [{ fault: "farm", code: 2119 }], seconds: 6 },
  {
    name: "no link to the server (2110)",
    faults: [{ fault: "farm", code: 2110 }],
    seconds: 10,
    state: "farm_down",
  },
  {
    name: "a competing session (10197)",
    faults: [
      { fault: "refuse_data", code: 10197, burst: 12, openLines: true },
      { fault: "mute" },
    ],
    seconds: 25,
    state: "competing_session",
  },
  {
    name: "no subscription at all (10168)",
    faults: [{ fault: "refuse_data", code: 10168, openLines: true }],
    seconds: 25,
    state: "no_subscription",
  },
  ...([354, 10089, 10090, 10091, 10167] as const).map((code) => ({
    name: `market data that is only delayed, or in part (${code})`,
    faults: [{ fault: "refuse_data", code, openLines: code === 354 }],
    seconds: 8,
  })),
  {
    name: "contracts that are denied (200)",
    faults: [{ fault: "refuse_data", code: 200 }],
    seconds: 12,
  },
  {
    name: "lines that others hold (101)",
    faults: [{ fault: "refuse_data", code: 101 }],
    seconds: 12,
  },
  {
    name: "lines that are freed late",
    faults: [{ fault: "lines_free_slowly", delaySeconds: 3 }],
    seconds: 12,
  },
  { name: "a mute feed", faults: [{ fault: "mute" }], seconds: 25, state: "mute" },
  {
    name: "a mute feed whose lines never heal",
    faults: [{ fault: "mute", heals: false }],
    seconds: 25,
    state: "mute",
  },
  { name: "unknown contracts", faults: [{ fault: "unknown_contract" }], seconds: 12 },
  {
    name: "slow contract details",
    faults: [{ fault: "slow_details", delaySeconds: 10 }],
    seconds: 25,
  },
  { name: "no option parameters", faults: [{ fault: "no_parameters" }], seconds: 12 },
  ...(["details", "parameters", "market_data", "time"] as const).map((request) => ({
    name: `requests that are never answered (${request})`,
    faults: [{ fault: "silent_request", request }],
    seconds: 20,
  })),
];

interface Running {
  readonly gateway: GatewayProgram;
  readonly server: TestServer;
  /** When what was posted came, on the monotonic clock, with its contracts. */
  readonly posts: {
    readonly atMs: number;
    readonly ticker: string;
    readonly mode: string;
    readonly quoted: readonly string[];
  }[];
}

async function call(gateway: GatewayProgram, method: string, path: string, body?: unknown) {
  const response = await fetch(`http://127.0.0.1:${gateway.controlPort}${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const json: unknown = await response.json();
  assert.ok(response.ok, JSON.stringify(json));
  return json;
}

/** Polls until it holds, with what is said when it never does. */
async function until(holds: () => boolean, withinMs: number, what: () => string): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!holds()) {
    assert.ok(performance.now() < endMs, what());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function withAgent(test: (running: Running) => Promise<void>): Promise<void> {
  const offsetMs = DOMAIN_MS - Date.now();
  const folder = await Deno.makeTempDir({ prefix: "lastmark-faults-" });
  await using gateway = await startGateway(
    "--tick-delay",
    "50-300",
    "--clock-offset-ms",
    String(offsetMs),
  );
  const posts: Running["posts"] = [];
  await using server = startServer((posted) => {
    const { ticker, mode, columns } = posted.body;
    const quoted = columns.filter((row) => row["bid"] !== null || row["last"] !== null)
      .map(({ symbol }) => symbol);
    posts.push({ atMs: performance.now(), ticker, mode, quoted });
    return confirm(posted);
  });
  const stop = new AbortController();
  const settings: RunSettings = {
    ibHost: "127.0.0.1",
    ibPort: gateway.port,
    rate: 45,
    lines: 95,
    serverUrl: server.url,
    spool: folder,
    spoolMax: 16,
    clientIds: { first: 300, last: 303 },
    statusIds: { first: 200, last: 209 },
    interval: 5,
    tickers: [READ],
    stream: [{ ticker: STREAMED, window: WINDOW }],
    muteAfter: 10,
    idWidth: 1,
    healthHost: "127.0.0.1",
    healthPort: "off",
    logLevel: "info",
  };
  const log = jsonLog({ program: "agent", level: "error", nowMs: Date.now, write: () => {} });
  const clock = domainClock(systemClock(), offsetMs);
  const running = runAgent({
    settings,
    agentId: "deals",
    key: "k",
    clock,
    log,
    signal: stop.signal,
  });
  try {
    await test({ gateway, server, posts });
  } finally {
    stop.abort(new Error("The test is over."));
    await running;
    await Deno.remove(folder, { recursive: true });
  }
}

async function goThrough(one: Case, { gateway, server, posts }: Running): Promise<string> {
  const told = (ticker: string, sinceMs: number): Set<string> =>
    new Set(
      posts.filter((post) => post.ticker === ticker && post.atMs >= sinceMs)
        .flatMap(({ quoted }) => quoted),
    );
  const isRead = (sinceMs: number): boolean =>
    posts.some(({ ticker, mode, atMs }) =>
      ticker === READ && mode === "snapshot" && atMs >= sinceMs
    );
  await until(
    () => isRead(0) && told(STREAMED, 0).size >= WINDOW_CONTRACTS,
    30_000,
    () => `it never began: ${posts.length} posts`,
  );
  const contracts = told(READ, 0).size;
  const beganAt = server.statuses.length;
  await call(gateway, "POST", "/faults", one.faults);
  await new Promise((resolve) => setTimeout(resolve, one.seconds * 1_000));
  await call(gateway, "DELETE", "/faults");
  const endMs = performance.now();
  const seen = new Set(server.statuses.slice(beganAt).map(({ gateway }) => gateway.state));
  const since = (): number => Math.round((performance.now() - endMs) / 100) / 10;
  await until(
    () => posts.some(({ atMs, quoted }) => atMs > endMs && quoted.length > 0),
    FRESH_WITHIN_MS,
    () => `no fresh price, ${[...seen]}`,
  );
  const freshSeconds = since();
  await until(
    () => told(STREAMED, endMs).size >= WINDOW_CONTRACTS,
    FRESH_WITHIN_MS - (performance.now() - endMs),
    () => `the window is not whole: ${[...told(STREAMED, endMs)]}`,
  );
  const wholeSeconds = since();
  // The read may begin at the end of that time, and takes its own.
  await until(
    () => told(READ, endMs).size >= contracts && isRead(endMs),
    FRESH_WITHIN_MS + 30_000,
    () => `no whole chain: ${told(READ, endMs).size} of ${contracts}`,
  );
  const readSeconds = since();
  if (one.state) assert.ok(seen.has(one.state), `${one.state} was never named: ${[...seen]}`);
  const last = server.statuses.at(-1)?.gateway;
  assert.equal(last?.clientId === 300, !one.newId, `client ID ${last?.clientId}`);
  const { lines, violations } = gatewayState.parse(await call(gateway, "GET", "/state"));
  assert.ok(lines.used <= 95, `${lines.used} lines`);
  if (!one.burst) assert.deepEqual(violations.counts, {}, JSON.stringify(violations));
  return `${freshSeconds} s fresh, ${wholeSeconds} s window, ${readSeconds} s chain; ${[...seen]}`;
}

/** Side by side: nearly all of it is waiting. */
const LANES = 9;
const only = Deno.env.get("LASTMARK_FAULT");
const chosen = CASES.filter(({ name }) => only === undefined || name.includes(only));
const outcomes = new Map<string, Promise<string>>();

function begin(): void {
  const waiting = [...chosen];
  const settle = new Map(chosen.map(({ name }) => [name, Promise.withResolvers<string>()]));
  for (const [name, { promise }] of settle) {
    outcomes.set(name, promise);
    promise.catch(() => {/* its test sees it */});
  }
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const one = next;
      const { resolve, reject } = settle.get(one.name) ?? assert.fail();
      await withAgent(async (running) => resolve(await goThrough(one, running))).catch(reject);
    }
  };
  for (let at = 0; at < LANES; at++) void lane();
}

for (const { name } of chosen) {
  Deno.test({
    name: `the agent comes through ${name}`,
    // Other faults' agents run on beside this test.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      if (outcomes.size === 0) begin();
      const said = await outcomes.get(name);
      console.log(`    ${said}`);
    },
  });
}
