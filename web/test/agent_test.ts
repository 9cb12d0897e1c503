/** A real agent on a simulated gateway, and two servers: what is asked of one reaches it by the other. */
import { strict as assert } from "node:assert";
import { bodyOf, mustPost, type TestServer, withServer } from "./harness.ts";
import { listening, startProgram, until } from "./programs.ts";

interface Given extends TestServer {
  /** The server that has no agent's line. */
  readonly other: TestServer["server"];
  fault(fault: unknown): Promise<void>;
  agentState(): Promise<string | undefined>;
}

/** An agent that reads a ticker of its own by hand: EA is cold. */
async function withAgent(test: (given: Given) => Promise<void>): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "lastmark-agent-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  await withServer(async (given) => {
    const { server, key } = given;
    await using gateway = startProgram(
      ["gateway-sim/main.ts", "--port", "0", "--control-port", "0", "--tick-delay", "50-300"],
      {},
    );
    const { port, controlPort } = await until(
      "the gateway listens",
      () => gateway.said.flatMap((line) => listening.safeParse(line).data ?? [])[0],
    );
    const other = await given.another();
    await using _agent = startProgram(["agent/main.ts", "run"], {
      SERVER_URL: server.url,
      AGENT_ID: "deals",
      AGENT_API_KEY: key,
      IB_PORT: String(port),
      SPOOL_DIR: folder,
      TICKERS: "SPX",
      COLLECTION_INTERVAL: "3600",
      HEALTH_PORT: "off",
    });
    const agentState = async (): Promise<string | undefined> => {
      const response = await fetch(`${other.url}/api/ib-connection/status`);
      return (await response.json()).agents[0]?.state;
    };
    await until("the agent is well", async () => await agentState() === "ok" || undefined);
    await test({
      ...given,
      other,
      agentState,
      async fault(fault) {
        const response = await fetch(`http://127.0.0.1:${controlPort}/faults`, {
          method: "POST",
          body: JSON.stringify(fault),
        });
        assert.equal(response.status, 201, await response.text());
      },
    });
  });
}

const fetchChain = (url: string): Promise<Response> =>
  fetch(`${url}/api/ma-options/fetch-chain`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ticker: "EA" }),
  });

Deno.test("a cold ticker is read by the agent of another server, and answered with its first contracts", async () => {
  await withAgent(async ({ other }) => {
    const beganMs = performance.now();
    const response = await fetchChain(other.url);
    const chain = await response.json();
    const tookMs = performance.now() - beganMs;
    assert.equal(response.status, 200, JSON.stringify(chain));
    assert.ok(chain.contracts.length > 0 && chain.spotPrice > 0);
    assert.ok(tookMs < 15_000, `${tookMs} ms`);
    console.log(`    ${chain.contracts.length} contracts after ${Math.round(tookMs)} ms`);
  });
});

Deno.test("a cold ticker and a deaf gateway: 504 with the agent's state, and what to do", async () => {
  await withAgent(async ({ other, fault, agentState }) => {
    await fault({ fault: "deaf" });
    await until("the agent notices", async () => await agentState() === "deaf" || undefined);
    const response = await fetchChain(other.url);
    const { agentState: state, reason, detail } = await response.json();
    assert.deepEqual([response.status, state, reason], [504, "deaf", "gateway_deaf"]);
    assert.match(detail, /restart it/);
    const chain = await (await fetch(`${other.url}/api/price-agent/health`)).json();
    assert.equal(chain.agents[0].state, "deaf");
  });
});

Deno.test("bars come from the gateway by an agent, and from the database afterwards", async () => {
  await withAgent(async ({ server, key, other }) => {
    await mustPost(server, key, bodyOf({ agentId: "deals" }));
    const bars = async (query: string) => {
      const response = await fetch(`${other.url}/api/contracts/EA/bars?${query}`);
      const answer = await response.json();
      assert.equal(response.status, 200, JSON.stringify(answer));
      return answer;
    };
    const first = await bars("what=TRADES&bar=1h&duration=5D&rth=1");
    assert.equal(first.source, "agent", first.reason);
    assert.ok(first.bars.length >= 20, `${first.bars.length} bars`);
    assert.ok(first.bars.every(({ low, high }: { low: number; high: number }) => low <= high));
    const again = await bars("what=TRADES&bar=1h&duration=4D&rth=1");
    assert.equal(again.source, "stored");
    const probe = await (await fetch(`${other.url}/api/ib-connection/status?probe=1`)).json();
    assert.deepEqual([probe.probe.ok, probe.probe.clientId], [true, 200], probe.probe.message);
  });
});
