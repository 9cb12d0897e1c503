/** The server as a process: its memory under load, and its first answer. */
import type { Bench, Figure } from "../bench.ts";
import { readsOf } from "../chains.ts";
import type { LoadOrder, LoadReport } from "../generator.ts";
import { PoolWriter } from "../pool.ts";
import { type BenchServer, memoryOf, runLoad, startLastmark } from "../programs.ts";
import type { Finding } from "../table.ts";

const CONTRACTS = 3_000;
const CONNECTIONS = 16;
const SAMPLE_EVERY_MS = 1_000;
const MINUTE_MS = 60_000;

/** The figure `memory`. */
export const memoryFigure: Figure = { name: "memory", measure: measureMemory };

/** The figure `cold`. */
export const coldFigure: Figure = { name: "cold", measure: measureCold };

async function measureMemory(bench: Bench): Promise<Finding[]> {
  if (Deno.build.os !== "linux") {
    const note = "memory is read from /proc, which only Linux has";
    return [{ ...finding("memory", "the server's memory", "MB"), note }];
  }
  const pool = writePool(bench);
  await using servers = new AsyncDisposableStack();
  const server = await startLastmark(bench.database.url, servers);
  const minutes = bench.settings.memoryMinutes;
  bench.say(`ingesting for ${minutes} minutes`);
  const samples: { readonly atMs: number; readonly megabytes: number }[] = [];
  const beganMs = performance.now();
  let failure: unknown;
  const sample = async (): Promise<void> => {
    const megabytes = await memoryOf(server.pid);
    samples.push({ atMs: performance.now() - beganMs, megabytes });
  };
  const sampling = setInterval(() => {
    sample().catch((error: unknown) => failure ??= error);
  }, SAMPLE_EVERY_MS);
  const report = await feed(bench, server, { pool, beginForMs: minutes * MINUTE_MS })
    .finally(() => clearInterval(sampling));
  if (failure !== undefined) throw failure;
  const whole = samples.map(({ megabytes }) => megabytes);
  const settled = samples.filter(({ atMs }) => atMs >= Math.min(1, minutes / 2) * MINUTE_MS);
  const rate = Math.round(report.answered * CONTRACTS / (report.tookMs / 1000));
  return [
    {
      ...finding("memory", `most memory in ${minutes} minutes of ingest`, "MB"),
      values: [Math.max(...whole)],
      bar: { kind: "at most", value: 400 },
      note: `RSS, at ${rate.toLocaleString("en")} contracts/s; ${report.busy} answers were 503`,
    },
    {
      ...finding("memory", "growth after the first minute", "%"),
      values: [growthOf(settled)],
      bar: { kind: "at most", value: 10 },
      note: "of a line laid through the samples, from its beginning to its end",
    },
  ];
}

/** How much a line laid through the samples rises, in % of where it begins. */
function growthOf(samples: readonly { readonly atMs: number; readonly megabytes: number }[]) {
  const mean = (of: "atMs" | "megabytes"): number =>
    samples.reduce((sum, sample) => sum + sample[of], 0) / samples.length;
  const [atMs, megabytes] = [mean("atMs"), mean("megabytes")];
  let both = 0;
  let square = 0;
  for (const sample of samples) {
    both += (sample.atMs - atMs) * (sample.megabytes - megabytes);
    square += (sample.atMs - atMs) ** 2;
  }
  const slope = both / square;
  const first = megabytes + slope * ((samples[0]?.atMs ?? NaN) - atMs);
  return slope * ((samples.at(-1)?.atMs ?? NaN) - (samples[0]?.atMs ?? NaN)) / first * 100;
}

async function measureCold(bench: Bench): Promise<Finding[]> {
  const pool = writePool(bench);
  {
    await using servers = new AsyncDisposableStack();
    const server = await startLastmark(bench.database.url, servers);
    await feed(bench, server, { pool, beginForMs: bench.settings.seconds * 1000 });
  }
  const known: number[] = [];
  const told: number[] = [];
  for (let round = 0; round < bench.settings.rounds; round++) {
    bench.signal.throwIfAborted();
    await using servers = new AsyncDisposableStack();
    const { port } = await startLastmark(bench.database.url, servers);
    // The last in the order in which the server gets to them by itself.
    const tickers = bench.tickers.slice(-2 - 2 * round).slice(0, 2);
    const [first = "", second = ""] = round % 2 === 0 ? tickers : tickers.toReversed();
    known.push(await answerMs(`http://127.0.0.1:${port}/api/chains/${first}`, { hasIt: true }));
    told.push(await answerMs(`http://127.0.0.1:${port}/api/chains/${second}`, { hasIt: false }));
    bench.say(`round ${round + 1}: ${known.at(-1)?.toFixed(1)} ms, ${told.at(-1)?.toFixed(1)} ms`);
  }
  return [
    {
      ...finding("cold", "a server that has just started has a chain of 3,000 contracts", "ms"),
      values: known,
      bar: { kind: "at most", value: 50 },
      note: "its first answer, 304 as it is asked with If-None-Match: *, which says no price; " +
        "32 tickers are followed",
    },
    {
      ...finding("cold", "its second answer, another chain with every price", "ms"),
      values: told,
      note: "over HTTP, uncompressed, some 2.4 MB",
    },
  ];
}

/** Milliseconds of one answer, which may only say that there is one. */
async function answerMs(url: string, { hasIt }: { readonly hasIt: boolean }): Promise<number> {
  const beganMs = performance.now();
  const response = await fetch(url, hasIt ? { headers: { "If-None-Match": "*" } } : {});
  await response.arrayBuffer();
  const tookMs = performance.now() - beganMs;
  if (response.status !== (hasIt ? 304 : 200)) throw new Error(`${url}: ${response.status}`);
  return tookMs;
}

function writePool(bench: Bench): string {
  const path = `${bench.folder}/server`;
  const writer = new PoolWriter(path);
  for (const ticker of bench.tickers) {
    const chains = readsOf(ticker, { contracts: CONTRACTS, reads: 7, nowMs: Date.now() });
    for (const chain of chains) writer.add(chain, "rows", bench.sender);
  }
  writer.close();
  return path;
}

/** Sends the pool's chains for a while. */
function feed(
  { signal }: Bench,
  { port }: BenchServer,
  load: Pick<LoadOrder, "pool" | "beginForMs">,
): Promise<LoadReport> {
  const run = crypto.randomUUID().slice(0, 23);
  return runLoad({ port, connections: CONNECTIONS, run, ...load }, signal);
}

function finding(figure: string, what: string, unit: string): Finding {
  return { figure, what, unit, values: [], bar: null };
}
