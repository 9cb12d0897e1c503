/**
 * How long the agent takes for a chain at IB's limits: through the simulated gateway's socket, with
 * ticks 0.1 to 1.6 s late, to what the server answers to a page.
 */
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { keepRunning } from "../../base/child.ts";
import { sleep, systemClock } from "../../base/clock.ts";
import { setClockOffset } from "../../db/installation.ts";
import { createKey } from "../../db/keys.ts";
import { addWatch } from "../../db/watches.ts";
import type { BenchDatabase } from "../bench/database.ts";
import { startLastmark } from "../bench/programs.ts";
import type { ChainFolder } from "./chain_file.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const AGENT = "reading";

/** The first contracts, which must be there soon. */
export const FIRST_CONTRACTS = 100;

const POLL_MS = 100;

/** What is read, and how. */
export interface ReadingOptions {
  readonly chain: ChainFolder;
  readonly database: BenchDatabase;
  /** For the agent's spool. */
  readonly folder: string;
  /** Messages to the gateway in a second. */
  readonly rate: number;
  /** The share of the contracts that never tick. */
  readonly neverTicks: number;
  readonly signal: AbortSignal;
}

/** What one read took; times are from the end of discovery. */
export interface Reading {
  readonly contracts: number;
  /** Those that were silent, and asked for once more. */
  readonly requeued: number;
  readonly missing: number;
  readonly discoverySeconds: number;
  readonly seconds: number;
  /** 1.1 × 2(N + R)/rate + 8 s. */
  readonly boundSeconds: number;
  /** When the server had the first contracts; `null` where there were never so many. */
  readonly firstSeconds: number | null;
  /** The most messages that the gateway counted in a second. */
  readonly peakMessages: number;
}

/** The promise for a chain of so many contracts, of which some were asked for twice. */
export function boundSeconds(contracts: number, requeued: number, rate: number): number {
  return 1.1 * 2 * (contracts + requeued) / rate + 8;
}

const line = z.object({ event: z.string() });
const gatewayReady = z.object({ port: z.number(), controlPort: z.number() });
const listed = z.object({ event: z.literal("chain.listed"), toRead: z.number() });
const wasRead = z.object({
  event: z.literal("chain.read"),
  contracts: z.number(),
  missing: z.number(),
  requeued: z.number(),
  discoverySeconds: z.number(),
  readSeconds: z.number(),
});

/** Starts a server, a gateway with IB's limits and an agent, and waits for the agent's first read. */
export async function measureReading(options: ReadingOptions): Promise<Reading> {
  const { chain, database, rate, neverTicks, signal } = options;
  await using stack = new AsyncDisposableStack();
  await setClockOffset(database.sql, Math.round(chain.clockOffsetMs));
  await addWatch(database.sql, chain.ticker);
  const { key } = await createKey(database.sql, { agent: AGENT });
  const server = await startLastmark(database.url, stack);
  const gateway = await startGateway(chain, neverTicks, stack);
  const listedAt = Promise.withResolvers<number>();
  const read = Promise.withResolvers<z.infer<typeof wasRead>>();
  const agent = keepRunning({
    clock: systemClock(),
    spec: () => ({
      command: Deno.execPath(),
      cwd: ROOT,
      args: ["run", "--allow-all", "agent/main.ts", "run"],
      env: {
        SERVER_URL: `http://127.0.0.1:${server.port}`,
        AGENT_ID: AGENT,
        AGENT_API_KEY: key,
        IB_PORT: String(gateway.port),
        RATE: String(rate),
        SPOOL_DIR: `${options.folder}/spool`,
        CLOCK_OFFSET_MS: String(Math.round(chain.clockOffsetMs)),
        LOG_LEVEL: "debug",
      },
    }),
    readReady: (text) => line.safeParse(jsonOf(text)).success ? true : undefined,
    onLine: (text) => {
      const said = jsonOf(text);
      if (listed.safeParse(said).success) listedAt.resolve(performance.now());
      const done = wasRead.safeParse(said);
      if (done.success) read.resolve(done.data);
    },
    onStart: () => {},
    onRestart: () => read.reject(new Error("the agent ended")),
  });
  stack.defer(() => agent.stop());
  signal.addEventListener("abort", () => read.reject(signal.reason), { once: true });
  const first = listedAt.promise.then(async (fromMs) => {
    const atMs = await firstContracts(server.port, chain, read.promise);
    return atMs === null ? null : (atMs - fromMs) / 1_000;
  });
  const [done, firstSeconds] = await Promise.all([read.promise, first]);
  const contracts = done.contracts + done.missing;
  return {
    contracts,
    requeued: done.requeued,
    missing: done.missing,
    discoverySeconds: done.discoverySeconds,
    seconds: done.readSeconds,
    boundSeconds: boundSeconds(contracts, done.requeued, rate),
    firstSeconds,
    peakMessages: await peakMessages(gateway.controlPort),
  };
}

const gatewayState = z.object({
  connections: z.array(z.object({ messages: z.object({ peakPerSecond: z.number() }) })),
});

async function peakMessages(controlPort: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${controlPort}/state`);
  const { connections } = gatewayState.parse(await answer.json());
  return Math.max(0, ...connections.map(({ messages }) => messages.peakPerSecond));
}

/** A gateway with IB's limits and the delays of real ticks, which are its own when none is set. */
async function startGateway(
  { folder, clockOffsetMs }: ChainFolder,
  neverTicks: number,
  stack: AsyncDisposableStack,
): Promise<z.infer<typeof gatewayReady>> {
  const child = keepRunning({
    clock: systemClock(),
    spec: () => ({
      command: Deno.execPath(),
      cwd: ROOT,
      args: [
        ...["run", "--allow-all", "gateway-sim/main.ts", "--port", "0", "--control-port", "0"],
        ...["--replay", folder, "--clock-offset-ms", String(Math.round(clockOffsetMs))],
        ...["--never-ticks", String(neverTicks)],
      ],
      env: {},
    }),
    readReady: (text) => gatewayReady.safeParse(jsonOf(text)).data,
    onLine: (text, stream) => {
      if (stream === "stderr") console.error(`the gateway: ${text}`);
    },
    onStart: () => {},
    onRestart: () => {},
  });
  stack.defer(() => child.stop());
  return await child.ready;
}

const page = z.object({
  contracts: z.array(z.looseObject({ bid: z.number().nullish(), ask: z.number().nullish() })),
});

/** When the server first shows so many prices; `null` where the read ended before. */
async function firstContracts(
  port: number,
  { ticker }: ChainFolder,
  read: Promise<unknown>,
): Promise<number | null> {
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  read.then(over, over);
  while (!isOver) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/chains/${ticker}`);
    const shown = page.safeParse(await answer.json());
    const prices = shown.data?.contracts.filter(({ bid, ask }) => bid && ask).length ?? 0;
    if (prices >= FIRST_CONTRACTS) return performance.now();
    await sleep(systemClock(), POLL_MS);
  }
  return null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
