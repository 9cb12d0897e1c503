/**
 * A chain of some 400 contracts at IB's limits: 48 messages a second, 100 lines, ticks 0.1 to 1.6 s
 * late, and a twentieth of the contracts that never tick.
 */
import { strict as assert } from "node:assert";
import { z } from "zod";
import { startMutingProxy } from "./muting_proxy.ts";
import { linesOf, spawnAgent, startGateway } from "./programs.ts";
import { startServer } from "./server.ts";

const RATE = 48;
const FIRST_CONTRACTS = 100;
const FIRST_MS = 10_000;

const listed = z.object({ event: z.literal("chain.listed"), toRead: z.number() });
const wasRead = z.object({
  event: z.literal("chain.read"),
  contracts: z.number(),
  missing: z.number(),
  requeued: z.number(),
  readSeconds: z.number(),
});

const gatewayState = z.looseObject({ connections: z.array(z.looseObject({})) });

Deno.test("a chain of 400 is read within the promised time, its first hundred within ten seconds", async () => {
  const spool = await Deno.makeTempDir({ prefix: "lastmark-agent-" });
  await using gateway = await startGateway();
  await using proxy = startMutingProxy(gateway.port, (conId) => conId % 20 === 0);
  await using server = startServer();
  const child = spawnAgent(["run", "--tickers", "EA", "--rate", String(RATE)], {
    SERVER_URL: server.url.href,
    AGENT_ID: "deals",
    AGENT_API_KEY: "k",
    IB_PORT: String(proxy.port),
    SPOOL_DIR: spool,
    LOG_LEVEL: "debug",
    LASTMARK_LIFELINE: "1",
  });
  try {
    const firstMs = Promise.withResolvers<number>();
    const read = Promise.withResolvers<z.infer<typeof wasRead>>();
    const listen = async (): Promise<void> => {
      for await (const line of linesOf(child.stdout)) {
        const said: unknown = JSON.parse(line);
        if (listed.safeParse(said).success) firstHundred(server).then(firstMs.resolve);
        const done = wasRead.safeParse(said);
        if (done.success) read.resolve(done.data);
      }
      read.reject(new Error("The agent ended before the chain was read."));
    };
    const heard = [listen(), Array.fromAsync(linesOf(child.stderr))];
    const { contracts, missing, requeued, readSeconds } = await read.promise;
    const snapshot = await server.received(({ body }) => body.mode === "snapshot");
    const total = contracts + missing;
    assert.ok(total > 350, `${total} contracts`);
    assert.ok(missing >= proxy.muted.size && proxy.muted.size > total / 50);
    assert.equal(snapshot.body.missing?.length, missing);
    assert.ok(snapshot.body.missing?.every(({ reason }) => reason === "mute_feed"));
    const bound = 1.1 * 2 * (total + requeued) / RATE + 8;
    assert.ok(readSeconds <= bound, `${readSeconds} s, promised ${bound} s`);
    assert.ok(await firstMs.promise <= FIRST_MS, `the first after ${await firstMs.promise} ms`);
    const state = await (await fetch(`http://127.0.0.1:${gateway.controlPort}/state`)).json();
    assert.equal(gatewayState.parse(state).connections.length, 1, "it was never closed");
    await child.stdin.close();
    await Promise.all(heard);
    assert.equal((await child.status).code, 0);
  } finally {
    await Deno.remove(spool, { recursive: true });
  }
});

/** Milliseconds until the server has so many contracts of the updates. */
async function firstHundred(
  server: Awaited<ReturnType<typeof startServer>>,
): Promise<number> {
  const fromMs = performance.now();
  await server.received(() => {
    const symbols = server.posted.flatMap(({ body }) => body.columns.map((row) => row.symbol));
    return new Set(symbols).size >= FIRST_CONTRACTS;
  });
  return performance.now() - fromMs;
}
