/** Two agents of one ticker, the server and a simulated gateway, each a program of its own. */
import { strict as assert } from "node:assert";
import { z } from "zod";
import { withServer } from "./harness.ts";
import { clock, listening, type Program, startProgram, until } from "./programs.ts";

/** The server's default. */
const WINDOW_MS = 60_000;

/** What a machine that is busy with other tests may take longer. */
const BUSY_MS = 15_000;

const gatewayState = z.object({
  connections: z.array(z.looseObject({ clientId: z.number().nullable(), lines: z.number() })),
});

async function linesOfClient(controlPort: number, clientId: number): Promise<number | undefined> {
  const response = await fetch(`http://127.0.0.1:${controlPort}/state`);
  const { connections } = gatewayState.parse(await response.json());
  return connections.find((each) => each.clientId === clientId)?.lines;
}

Deno.test("SP-15: a second agent of a ticker keeps its lines free, and takes over within the window when the first is killed", async () => {
  await using stack = new AsyncDisposableStack();
  const folders = await Deno.makeTempDir({ prefix: "lastmark-standby-" });
  stack.defer(() => Deno.remove(folders, { recursive: true }));
  await withServer(async ({ server, key, lines }) => {
    await using gateway = startProgram(
      ["gateway-sim/main.ts", "--port", "0", "--control-port", "0", "--line-limit", "0"],
      {},
    );
    const { port, controlPort } = await until(
      "the gateway listens",
      () => gateway.said.flatMap((line) => listening.safeParse(line).data ?? [])[0],
    );
    const startAgent = (name: string, clientId: number): Program =>
      startProgram(["agent/main.ts", "run"], {
        SERVER_URL: server.url,
        AGENT_ID: name,
        AGENT_API_KEY: key,
        IB_PORT: String(port),
        IB_CLIENT_ID: String(clientId),
        SPOOL_DIR: `${folders}/${name}`,
        TICKERS: "EA",
        LINES: "50",
        COLLECTION_INTERVAL: "10",
      });
    const storedOf = (agentId: string): number =>
      lines.filter((line) =>
        line["message"] === "Price data ingested successfully" && line["agentId"] === agentId
      ).length;
    const storesSnapshot = (agent: Program): Promise<unknown> =>
      until(
        "a snapshot is stored",
        () => agent.said.find((line) => line["event"] === "delivery.stored"),
      );
    const startedMs = clock.monotonicMs();
    await using first = startAgent("deals-0", 300);
    await storesSnapshot(first);
    const readingMs = clock.monotonicMs() - startedMs;
    await using second = startAgent("deals-1", 310);
    const standsBy = (): number =>
      second.said.filter((line) => line["event"] === "standby.began").length;
    await until("the second agent stands by", () => standsBy() > 0 || undefined);
    await until(
      "its lines are free",
      async () => await linesOfClient(controlPort, 310) === 0 || undefined,
    );
    const before = storedOf("deals-0");
    await until("the first agent goes on", () => storedOf("deals-0") > before + 2 || undefined);
    assert.equal(
      await linesOfClient(controlPort, 310),
      0,
      "the second one reads nothing meanwhile",
    );
    assert.equal(storedOf("deals-1"), 0);

    await first.kill("SIGKILL");
    const killedMs = clock.monotonicMs();
    const sinceMs = (): number => clock.monotonicMs() - killedMs;
    await until(
      "the second agent's first prices are stored",
      () => storedOf("deals-1") > 0 || undefined,
    );
    const takenMs = sinceMs();
    await storesSnapshot(second);
    const wholeMs = sinceMs();
    const [taken, whole, reading] = [takenMs, wholeMs, readingMs].map((ms) => Math.round(ms / 1e3));
    console.log(
      `Taken over after ${taken} s, whole after ${whole} s; a first read takes ${reading} s.`,
    );
    assert.ok(takenMs < WINDOW_MS + BUSY_MS, `took ${takenMs} ms`);
    assert.ok(wholeMs < WINDOW_MS + readingMs + 2 * BUSY_MS, `took ${wholeMs} ms`);
  });
});
