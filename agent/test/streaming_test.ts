/** A streamed window for more than a minute, from the gateway's socket to what is posted. */
import { strict as assert } from "node:assert";
import { parseOcc } from "../../options/contract.ts";
import { linesOf, spawnAgent, startGateway } from "./programs.ts";
import { startServer } from "./server.ts";

const WINDOW = "EA:atm2+expiries2";
const CONTRACTS = 20;

Deno.test("a streamed window is posted as a snapshot every minute, through the spool, and its changes between", async () => {
  const spool = await Deno.makeTempDir({ prefix: "lastmark-agent-" });
  await using gateway = await startGateway();
  const market = `http://127.0.0.1:${gateway.controlPort}/market`;
  await (await fetch(market, { method: "POST", body: JSON.stringify({ open: true }) })).text();
  await using server = startServer();
  const child = spawnAgent(["run", "--tickers", "CSGS", "--stream", WINDOW], {
    SERVER_URL: server.url.href,
    AGENT_ID: "deals",
    AGENT_API_KEY: "k",
    IB_PORT: String(gateway.port),
    SPOOL_DIR: spool,
    LASTMARK_LIFELINE: "1",
  });
  try {
    const heard = [child.stdout, child.stderr].map((stream) => Array.fromAsync(linesOf(stream)));
    const snapshot = await server.received(({ body }) =>
      body.ticker === "EA" && body.mode === "snapshot"
    );
    const before = server.posted.slice(0, server.posted.indexOf(snapshot))
      .filter(({ body }) => body.ticker === "EA");
    assert.ok(snapshot.headers.get("idempotency-key"), "it went through the spool");
    assert.equal(snapshot.body.columns.length + (snapshot.body.missing?.length ?? 0), CONTRACTS);
    assert.ok(before.length > 1, "its changes went before it");
    const told = [snapshot, ...before].flatMap(({ body }) => body.columns);
    const expiries = new Set(told.map(({ symbol }) => parseOcc(symbol)?.expiry));
    assert.equal(expiries.size, 2);
    await child.stdin.close();
    await Promise.all(heard);
    assert.equal((await child.status).code, 0);
  } finally {
    await Deno.remove(spool, { recursive: true });
  }
});
