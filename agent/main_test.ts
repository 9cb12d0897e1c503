/** The agent as a program, between a simulated gateway and a server, both in processes of their own. */
import { strict as assert } from "node:assert";
import { z } from "zod";
import { parseOcc } from "../options/contract.ts";
import { parseIngest } from "../options/wire/ingest.ts";
import { LIFTED, linesOf, runAgentProgram, spawnAgent, startGateway } from "./test/programs.ts";
import { confirm, type Posted, startServer } from "./test/server.ts";

const ACCOUNT = "DU7654321";
/** Well-formed, so that it is found where it should not be. */
const KEY = "lm_agent_b9d5mpjtb9d5mpjtb9d5mpjtb9d5mpjtzsdq3bfh";
const UNLIMITED = ["--rate", "0", "--lines", "5000"];

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lastmark-agent-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function environment(server: URL, port: number, spool: string): Record<string, string> {
  return {
    SERVER_URL: server.href,
    AGENT_ID: "deals",
    AGENT_API_KEY: KEY,
    IB_PORT: String(port),
    SPOOL_DIR: spool,
  };
}

const isSnapshot = (posted: Posted): boolean => posted.body.mode === "snapshot";

/** Ends a program as `start` does: by closing the pipe to it. */
async function endByLifeline(child: Deno.ChildProcess): Promise<Deno.CommandStatus> {
  const drained = [child.stdout, child.stderr].map((stream) => Array.fromAsync(linesOf(stream)));
  await child.stdin.close();
  await Promise.all(drained);
  return await child.status;
}

const gatewayState = z.object({
  connections: z.array(z.looseObject({ clientId: z.number().nullable(), lines: z.number() })),
});

async function connectionsAt(controlPort: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${controlPort}/state`);
  return gatewayState.parse(await answer.json()).connections.length;
}

Deno.test("agent fetch", async (test) => {
  await using gateway = await startGateway(...LIFTED, "--accounts", ACCOUNT);
  const gatewayPort = String(gateway.port);

  await test.step("--test posts and prints the four check lines, with the real numbers", async () => {
    await withFolder(async (spool) => {
      await using server = startServer();
      const run = await runAgentProgram(
        ["fetch", "--ticker", "CSGS", "--test", ...UNLIMITED],
        environment(server.url, gateway.port, spool),
      );
      assert.equal(run.stderr, "");
      assert.equal(run.code, 0);
      const [posted] = server.posted;
      assert.ok(posted);
      const count = posted.body.columns.length;
      assert.ok(count > 20);
      assert.deepEqual(run.stdout.trimEnd().split("\n"), [
        "✓ Connected to IB TWS",
        `✓ Fetched ${count} option contracts for CSGS`,
        "✓ Posted to server: 200 OK",
        `✓ Server confirmed: dealId=7, contractsReceived=${count}`,
      ]);
      assert.equal(server.posted.length, 1);
      // The made-up market has a contract there that is never quoted.
      assert.ok(posted.body.missing?.every(({ reason }) => reason === "mute_feed"));
      assert.ok(parseIngest(JSON.parse(posted.text)).ok);
      assert.ok(!posted.text.includes(ACCOUNT), "no account number is sent");
      assert.ok(!posted.text.includes(KEY), "no key is sent but in its header");
    });
  });

  await test.step("--dry-run prints the payload, needs no key and posts nothing", async () => {
    await using server = startServer();
    const run = await runAgentProgram(
      ["fetch", "--ticker", "ea", "--dry-run", ...UNLIMITED, "--ib-port", gatewayPort],
      { SERVER_URL: server.url.href },
    );
    assert.equal(run.code, 0);
    const payload = parseIngest(JSON.parse(run.stdout));
    assert.ok(payload.ok && payload.batch.ticker === "EA" && payload.batch.quotes.length > 20);
    assert.equal(server.posted.length, 0);
  });

  await test.step("--days-before-close keeps the expiries around the deal's close", async () => {
    const dayFromNow = (days: number): string =>
      new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
    const expectedCloseDate = dayFromNow(40);
    await using server = startServer(confirm, {
      tickers: [{ ticker: "EA", dealId: "7", expectedCloseDate }],
    });
    const run = await runAgentProgram(
      ["fetch", "--ticker", "EA", "--dry-run", "--days-before-close", "20", ...UNLIMITED],
      environment(server.url, gateway.port, "unused"),
    );
    assert.equal(run.code, 0, run.stderr);
    const payload = parseIngest(JSON.parse(run.stdout));
    assert.ok(payload.ok);
    const expiries = payload.batch.quotes.map((quote) => parseOcc(quote.occ)?.expiry ?? "");
    const listed = [...new Set(expiries)];
    assert.ok(listed.every((expiry) => expiry >= dayFromNow(20)), listed.join());
    assert.equal(listed.filter((expiry) => expiry >= expectedCloseDate).length, 1, listed.join());
  });

  await test.step("says which ticker the gateway does not know", async () => {
    const run = await runAgentProgram([
      "fetch",
      "--ticker",
      "NOSUCH",
      "--dry-run",
      "--ib-port",
      gatewayPort,
    ]);
    assert.equal(run.code, 1);
    assert.match(run.stderr, /^The gateway knows no underlying NOSUCH: IB 200: .+\n$/);
  });

  await test.step("keeps what the server could not take for the next run of the agent", async () => {
    await withFolder(async (spool) => {
      await using away = startServer(() => new Response("", { status: 503 }));
      const args = ["fetch", "--ticker", "EA", "--test", ...UNLIMITED];
      const failed = await runAgentProgram(args, environment(away.url, gateway.port, spool));
      assert.equal(failed.code, 1);
      assert.match(failed.stderr, /^✗ Posted to server: 503.*waits in the spool.*\n$/);
      await using server = startServer();
      const later = spawnAgent(["run", "--tickers", "BRK-B", ...UNLIMITED], {
        ...environment(server.url, gateway.port, spool),
        LASTMARK_LIFELINE: "1",
      });
      const delivered = await server.received(isSnapshot);
      assert.equal(
        delivered.headers.get("idempotency-key"),
        away.posted[0]?.headers.get("idempotency-key"),
      );
      assert.equal((await endByLifeline(later)).code, 0);
    });
  });
});

Deno.test("agent run", async (test) => {
  await using gateway = await startGateway(...LIFTED, "--accounts", ACCOUNT);

  await test.step("reads the tickers the server asks for, early contracts first, and ends clean", async () => {
    await withFolder(async (spool) => {
      await using server = startServer(confirm, {
        tickers: [{ ticker: "EA", dealId: "7" }, { ticker: "BRK-B" }],
        clockOffsetMs: -86_400_000,
      });
      const child = spawnAgent(["run", ...UNLIMITED], {
        ...environment(server.url, gateway.port, spool),
        LASTMARK_LIFELINE: "1",
      });
      const ea = await server.received((p) => isSnapshot(p) && p.body.ticker === "EA");
      await server.received((p) => isSnapshot(p) && p.body.ticker === "BRK-B");
      const agoMs = Date.now() - Date.parse(ea.body.agentTimestamp);
      assert.ok(Math.abs(agoMs - 86_400_000) < 60_000, "the server's time, not this machine's");
      const early = server.posted.filter((p) => !isSnapshot(p) && p.body.ticker === "EA");
      assert.ok(early.length > 0);
      for (const { body } of early) {
        assert.ok(body.columns.every((row) => row["bid"] !== null && row["ask"] !== null));
        assert.ok(server.posted.indexOf(ea) > server.posted.findIndex((p) => p.body === body));
      }
      assert.ok(server.posted.every((posted) => !posted.text.includes(ACCOUNT)));
      assert.equal((await endByLifeline(child)).code, 0);
      assert.equal(await connectionsAt(gateway.controlPort), 0);
    });
  });

  await test.step("keeps its windows by heartbeats, while the gateway is there", async () => {
    await withFolder(async (spool) => {
      await using server = startServer();
      const program = await startGateway(...LIFTED);
      const child = spawnAgent(["run", "--tickers", "EA,BRK-B", ...UNLIMITED], {
        ...environment(server.url, program.port, spool),
        LASTMARK_LIFELINE: "1",
      });
      const both = await server.heartbeat(({ tickers }) => tickers.length === 2);
      assert.deepEqual(both, { type: "heartbeat", tickers: ["EA", "BRK-B"], feedAlive: true });
      await program[Symbol.asyncDispose]();
      const dead = await server.heartbeat((one) => one.tickers.length === 2 && !one.feedAlive);
      assert.deepEqual(dead.tickers, both.tickers);
      assert.equal((await endByLifeline(child)).code, 0);
    });
  });

  await test.step("killed between the spool and the server's answer, loses nothing and sends none twice", async () => {
    await withFolder(async (spool) => {
      const never = Promise.withResolvers<Response>();
      await using hanging = startServer((posted) =>
        isSnapshot(posted) ? never.promise : confirm(posted)
      );
      const args = ["run", "--tickers", "EA", ...UNLIMITED];
      const first = spawnAgent(args, environment(hanging.url, gateway.port, spool));
      const posted = await hanging.received(isSnapshot);
      first.kill("SIGKILL");
      await endByLifeline(first);
      never.resolve(confirm(posted));

      await using server = startServer();
      const second = spawnAgent(args, {
        ...environment(server.url, gateway.port, spool),
        LASTMARK_LIFELINE: "1",
      });
      const again = await server.received(isSnapshot);
      const key = posted.headers.get("idempotency-key");
      assert.equal(again.headers.get("idempotency-key"), key);
      assert.deepEqual(again.body.columns, posted.body.columns);
      await server.received((p) => isSnapshot(p) && p !== again);
      assert.equal((await endByLifeline(second)).code, 0);
      const keys = server.posted.filter(isSnapshot).map((p) => p.headers.get("idempotency-key"));
      assert.equal(keys.filter((each) => each === key).length, 1);
    });
  });

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    await test.step(`ends with code 0 on ${signal}, in the middle of a read`, async () => {
      await withFolder(async (spool) => {
        await using server = startServer();
        // At the real rate a read of SPX takes minutes.
        const child = spawnAgent(
          ["run", "--tickers", "SPX"],
          environment(server.url, gateway.port, spool),
        );
        await server.received((posted) => posted.body.mode === "update");
        child.kill(signal);
        assert.equal((await endByLifeline(child)).code, 0);
        assert.equal(await connectionsAt(gateway.controlPort), 0);
      });
    });
  }
});

Deno.test("agent run streams a window: what changes is posted, and nothing else of the chain", async () => {
  await using gateway = await startGateway(...LIFTED);
  const market = `http://127.0.0.1:${gateway.controlPort}/market`;
  await (await fetch(market, { method: "POST", body: JSON.stringify({ open: true }) })).text();
  await withFolder(async (spool) => {
    await using server = startServer();
    const stream = ["--stream", "EA:atm2+expiries1"];
    const child = spawnAgent(["run", "--tickers", "CSGS", ...stream, ...UNLIMITED], {
      ...environment(server.url, gateway.port, spool),
      LASTMARK_LIFELINE: "1",
    });
    const whole = await server.received(({ body }) => body.ticker === "EA");
    assert.equal(whole.body.mode, "update");
    assert.equal(whole.body.columns.length, 10);
    const expiries = whole.body.columns.map((row) => parseOcc(row.symbol)?.expiry);
    assert.equal(new Set(expiries).size, 1);
    const change = await server.received((posted) =>
      posted !== whole && posted.body.ticker === "EA"
    );
    assert.ok(change.body.columns.length <= 10);
    await server.heartbeat(({ tickers }) => tickers.some((ticker) => ticker === "EA"));
    assert.equal((await endByLifeline(child)).code, 0);
    assert.equal(await connectionsAt(gateway.controlPort), 0);
  });
});

const refusals: readonly [string, readonly string[], Record<string, string>, RegExp][] = [
  [
    "an unlimited rate to another machine",
    ["fetch", "--ticker", "EA", "--dry-run", "--rate", "0", "--ib-host", "10.0.0.4"],
    {},
    /RATE is 0 .*IB_HOST is 10\.0\.0\.4\. Allowed:/,
  ],
  [
    "a rate that IB would close the connection for",
    ["fetch", "--ticker", "EA", "--dry-run"],
    { RATE: "60" },
    /'60' from env 'RATE' is invalid\. Allowed: 0, or a number from 20 to 48/,
  ],
  [
    "plain http to another machine",
    ["run"],
    { SERVER_URL: "http://prices.example.com", AGENT_ID: "a", AGENT_API_KEY: "k" },
    /SERVER_URL.*Allowed: https/s,
  ],
  ["a run without a name", ["run"], { AGENT_API_KEY: "k" }, /AGENT_ID is not set\. Allowed:/],
  ["a run without a key", ["run"], { AGENT_ID: "a" }, /AGENT_API_KEY is not set\. Allowed:/],
  [
    "a key with a line end in it, without showing it",
    ["run"],
    { AGENT_ID: "a", AGENT_API_KEY: "secret\nkey" },
    /^error: AGENT_API_KEY has spaces, line ends .+ Allowed: (?!.*secret).+\n$/,
  ],
  ["a fetch without a ticker", ["fetch"], {}, /--ticker/],
  ["a ticker that is none", ["fetch", "--ticker", "no such!"], {}, /Allowed: a ticker such as EA/],
  [
    "posting and not posting at once",
    ["fetch", "--ticker", "EA", "--test", "--dry-run"],
    { AGENT_ID: "a", AGENT_API_KEY: "k" },
    /choose one/,
  ],
  [
    "a window that is none",
    ["run"],
    { STREAM: "EA:atm5,SPX:delta2", AGENT_ID: "a", AGENT_API_KEY: "k" },
    /STREAM.*"SPX:delta2" names no window\. Allowed: TICKER:WINDOW/s,
  ],
  [
    "two windows of one ticker",
    ["run", "--stream", "EA:all,ea:atm5"],
    { AGENT_ID: "a", AGENT_API_KEY: "k" },
    /EA is there twice/,
  ],
  [
    "a port that is none",
    ["run"],
    { IB_PORT: "70000", AGENT_ID: "a", AGENT_API_KEY: "k" },
    /IB_PORT.*from 0 to 65535/s,
  ],
];
for (const [what, args, env, message] of refusals) {
  Deno.test(`the agent refuses ${what}, with exit code 64`, async () => {
    const run = await runAgentProgram(args, env);
    assert.match(run.stderr, message);
    assert.equal(run.code, 64);
    assert.equal(run.stdout, "");
  });
}

Deno.test("agent fetch says in one line that no gateway is there, with exit code 1", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const run = await runAgentProgram([
    "fetch",
    "--ticker",
    "EA",
    "--dry-run",
    "--ib-port",
    String(port),
  ]);
  assert.equal(run.code, 1);
  assert.match(
    run.stderr,
    new RegExp(`^Cannot connect to TWS or IB Gateway at 127.0.0.1:${port}: .+\n$`),
  );
});

Deno.test("the agent takes the clock of a replay from long ago", async () => {
  const sinceJune2014Ms = Date.now() - Date.UTC(2014, 5, 6);
  const run = await runAgentProgram(
    ["fetch", "--ticker", "AAPL", "--dry-run", "--ib-host", "127.0.0.1", "--ib-port", "1"],
    { CLOCK_OFFSET_MS: String(-sinceJune2014Ms) },
  );
  assert.match(run.stderr, /^Cannot connect to TWS or IB Gateway/);
  assert.equal(run.code, 1);
});

Deno.test("agent --help and its commands' --help give examples", async () => {
  for (const args of [["run", "--help"], ["fetch", "--help"]]) {
    const run = await runAgentProgram(args);
    assert.equal(run.code, 0);
    assert.match(run.stdout, /Examples:/);
  }
});
