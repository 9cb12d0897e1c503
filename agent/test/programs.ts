/** The simulated gateway and the agent as programs of their own, for tests between sockets. */
import { z } from "zod";
import { keepOutput } from "../../base/testing.ts";

const ROOT = new URL("../../", import.meta.url);

const listening = z.object({
  event: z.literal("gateway.listening"),
  port: z.number(),
  controlPort: z.number(),
});

/** A running simulated gateway. */
export interface GatewayProgram extends AsyncDisposable {
  readonly port: number;
  readonly controlPort: number;
}

/** Limits lifted, so that a test reads thousands of contracts in seconds. */
export const LIFTED = ["--message-limit", "0", "--line-limit", "0", "--tick-delay", "0"] as const;

/** Starts a simulated gateway on free ports and waits until it listens. */
export async function startGateway(...args: readonly string[]): Promise<GatewayProgram> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--quiet",
      "gateway-sim/main.ts",
      "--port",
      "0",
      "--control-port",
      "0",
      ...args,
    ],
    cwd: ROOT,
    env: { LASTMARK_LIFELINE: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = linesOf(child.stdout);
  // By hand: leaving a `for await` would end the stream, and block the child when it writes on.
  for (let line = await lines.next(); !line.done; line = await lines.next()) {
    const ready = listening.safeParse(parseJson(line.value));
    if (!ready.success) continue;
    const drained = drain(lines);
    return {
      port: ready.data.port,
      controlPort: ready.data.controlPort,
      async [Symbol.asyncDispose]() {
        // The pipe is its lifeline: closed, it ends.
        await child.stdin.close();
        await drained;
        await child.status;
      },
    };
  }
  await child.stdin.close();
  throw new Error(`The simulated gateway ended before it listened: ${(await child.status).code}`);
}

/** What a run of the agent printed, and how it ended. */
export interface AgentRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The agent as `deno task agent` runs it: with no more permissions than it has there. */
const AGENT_TASK = z.object({ tasks: z.object({ agent: z.string() }) })
  .parse(JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)))).tasks.agent
  .split(" ").slice(1).flatMap((word) => word === "run" ? [word, "--quiet", "--no-prompt"] : word);

/** Starts the agent; its environment holds nothing but what is given. */
export function spawnAgent(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [...AGENT_TASK, ...args],
    cwd: ROOT,
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      HOME: Deno.env.get("HOME") ?? "",
      // What fetch prints is for a person, and tested to the letter.
      ...(args[0] === "run" && { LOG_LEVEL: Deno.env.get("LOG_LEVEL") ?? "" }),
      ...env,
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs the agent to its end. */
export async function runAgentProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<AgentRun> {
  const child = spawnAgent(args, env);
  await child.stdin.close();
  const { code, stdout, stderr } = await child.output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  for (const text of [out, err]) keepOutput(text ?? "");
  return { code, stdout: out ?? "", stderr: err ?? "" };
}

/** The lines of a stream, as they come. */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      keepOutput(line);
      yield line;
    }
  }
  if (rest !== "") yield rest;
}

async function drain(lines: AsyncGenerator<string>): Promise<void> {
  for await (const _ of lines) { /* read, so that the child is never blocked */ }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
