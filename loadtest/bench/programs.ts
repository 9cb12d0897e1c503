/** The programs that the benchmark runs: servers that stay, and the generator, which comes and goes. */
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type ChildSpec, endText, keepRunning } from "../../base/child.ts";
import { systemClock } from "../../base/clock.ts";
import { type LoadOrder, type LoadReport, loadReport } from "./generator.ts";

/** The folder of `deno.json`. */
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A server that answers. */
export interface BenchServer {
  readonly port: number;
  readonly pid: number;
}

const config = z.object({ tasks: z.object({ web: z.string() }) });

/** Starts Lastmark's server as its task does, without the limit on requests. */
export async function startLastmark(
  databaseUrl: string,
  stack: AsyncDisposableStack,
): Promise<BenchServer> {
  const { tasks } = config.parse(JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`)));
  const args = [...tasks.web.split(" ").slice(1), "--port", "0"];
  const env = {
    DATABASE_URL: databaseUrl,
    DATABASE_DIRECT_URL: "",
    REQUESTS_PER_KEY: "0",
    LIVE_CONNECTIONS: "10000",
    AUTH: "none",
  };
  return await startProgram("the server", { args, env }, stack);
}

/** Starts one of the servers that it is compared with; `blockBytes` is for the floor. */
export async function startBaseline(
  kind: "bare" | "floor" | "rows" | "jsonb",
  databaseUrl: string,
  stack: AsyncDisposableStack,
  blockBytes = 0,
): Promise<BenchServer> {
  const args = ["run", "--allow-all", "loadtest/bench/baseline_server.ts", kind];
  return await startProgram(
    `the server ${kind}`,
    { args, env: { DATABASE_URL: databaseUrl, BLOCK_BYTES: String(blockBytes) } },
    stack,
  );
}

/** Starts a process that hears of commits, as a second server does. */
export async function startListener(
  databaseUrl: string,
  stack: AsyncDisposableStack,
): Promise<void> {
  const args = ["run", "--allow-all", "loadtest/bench/listener.ts"];
  await startProgram("the listener", { args, env: { DATABASE_URL: databaseUrl } }, stack);
}

const ready = z.object({ port: z.number() });

/** Starts a program that prints its port, and ends it with the stack. */
export async function startProgram(
  name: string,
  spec: Pick<ChildSpec, "args" | "env">,
  stack: AsyncDisposableStack,
): Promise<BenchServer> {
  const child = keepRunning({
    clock: systemClock(),
    spec: () => ({ command: Deno.execPath(), cwd: ROOT, ...spec }),
    readReady: (line) => ready.safeParse(jsonOf(line)).data?.port,
    onLine: (line, stream) => {
      if (stream === "stderr") console.error(`${name}: ${line}`);
    },
    onStart: () => {},
    onRestart: (end) => console.error(`${name} ended with ${endText(end)}; it runs again`),
  });
  stack.defer(() => child.stop());
  const port = await child.ready;
  if (child.pid === undefined) throw new Error(`${name} has ended`);
  return { port, pid: child.pid };
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Runs the generator once. Throws where an answer was neither 200 nor 503. */
export async function runLoad(order: LoadOrder, signal: AbortSignal): Promise<LoadReport> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "loadtest/bench/generator.ts", JSON.stringify(order)],
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal,
  }).output();
  signal.throwIfAborted();
  if (!success) throw new Error(`the generator failed: ${new TextDecoder().decode(stderr)}`);
  const report = loadReport.parse(JSON.parse(new TextDecoder().decode(stdout)));
  if (report.refusal !== null) {
    throw new Error(`an answer was neither 200 nor 503: ${report.refusal}`);
  }
  return report;
}

/** Memory that a process holds, in MB (RSS); Linux only. */
export async function memoryOf(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1000;
}
