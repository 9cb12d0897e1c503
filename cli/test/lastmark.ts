/** Runs the command line as its tasks do, permissions included, for the tests of this folder. */
import { strict as assert } from "node:assert";
import { join } from "node:path";
import { z } from "zod";
import { linesOf } from "../../base/child_lines.ts";
import { commandLineOf } from "../../base/child_pid.ts";
import { sleep, systemClock } from "../../base/clock.ts";
import { keepOutput } from "../../base/testing.ts";
import { ROOT, taskArgs } from "../start/programs.ts";

const clock = systemClock();
const PATIENCE_MS = 60_000;

/** What a command that ended wrote, and how it ended. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `start` that runs; one that a test leaves running is killed. */
export interface Started extends AsyncDisposable {
  readonly process: Deno.ChildProcess;
  readonly url: string;
  /** All it has written so far. */
  readonly lines: readonly string[];
  /** Ends it with signals and waits; the exit code. */
  end(...signals: Deno.Signal[]): Promise<number>;
}

const config = z.object({ tasks: z.record(z.string(), z.string()) });

/** One small chain, so that the machine is free for what is tested. */
const SMALL: Environment = { TICKERS: "CSGS" };

type Environment = Readonly<Record<string, string>>;

async function command(
  task: string,
  args: readonly string[],
  env = SMALL,
): Promise<Deno.Command> {
  const { tasks } = config.parse(JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json"))));
  const { DATABASE_URL: _, ...environment } = Deno.env.toObject();
  return new Deno.Command(Deno.execPath(), {
    args: [...taskArgs(task, tasks[task] ?? "", []).map(fromRoot), ...args],
    // Not where the developer's own .env.local lies, which may name a database in use.
    cwd: import.meta.dirname ?? assert.fail(),
    // What is tested there is not who may come in.
    env: { ...environment, AUTH: "none", ...env, NO_COLOR: "1" },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

function fromRoot(arg: string): string {
  return arg.endsWith(".ts") ? join(ROOT, arg) : arg;
}

/** Runs a task to its end. */
export function run(task: string, ...args: string[]): Promise<Ran> {
  return runWith(SMALL, task, ...args);
}

/** Runs a task with settings from the environment to its end. */
export async function runWith(
  env: Environment,
  task: string,
  ...args: string[]
): Promise<Ran> {
  const ended = await (await command(task, args, env)).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).trim();
  const stdout = text(ended.stdout);
  const stderr = text(ended.stderr);
  keepOutput(stderr);
  // The one place where a new key is shown.
  if (task !== "keys" || !["create", "rotate"].includes(args[0] ?? "")) keepOutput(stdout);
  return { code: ended.code, stdout, stderr };
}

/** Runs `start` until all is up. */
export function start(data: string, ...args: string[]): Promise<Started> {
  return startWith(SMALL, data, ...args);
}

/** Runs `start` with settings from the environment until all is up. */
export async function startWith(
  env: Environment,
  data: string,
  ...args: string[]
): Promise<Started> {
  const process = (await command("start", ["--port", "0", "--data", data, ...args], env)).spawn();
  const lines: string[] = [];
  const up = Promise.withResolvers<string>();
  const read = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    for await (const line of linesOf(stream)) {
      keepOutput(line);
      lines.push(line);
      const url = /Lastmark is at (\S+)/.exec(line)?.[1];
      if (url) up.resolve(url);
    }
    up.reject(new Error(`start ended before all was up:\n${lines.join("\n")}`));
  };
  const reading = Promise.all([read(process.stdout), read(process.stderr)]);
  const url = await up.promise;
  let ended = false;
  const end = async (...signals: Deno.Signal[]): Promise<number> => {
    for (const signal of signals) process.kill(signal);
    const { code } = await process.status;
    ended = true;
    await reading;
    return code;
  };
  return {
    process,
    url,
    lines,
    end,
    async [Symbol.asyncDispose]() {
      if (!ended) await end("SIGKILL");
    },
  };
}

const running = z.record(z.string(), z.object({ pid: z.number() }));

/** The process of a program that `start` runs on a data folder. */
export async function pidOf(data: string, program: string): Promise<number> {
  const list = running.parse(JSON.parse(await Deno.readTextFile(join(data, "running.json"))));
  return list[program]?.pid ?? assert.fail(`${program} does not run`);
}

/** Whether a process is there. */
export async function isThere(pid: number): Promise<boolean> {
  return await commandLineOf(pid) !== "";
}

/** Waits until something is so; what a condition throws counts as not so. */
export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = clock.monotonicMs() + PATIENCE_MS;
  let last: unknown;
  for (;;) {
    try {
      if (await condition()) return;
    } catch (error) {
      last = error;
    }
    if (clock.monotonicMs() > deadline) {
      throw new Error(`waited in vain until ${what}`, { cause: last });
    }
    await sleep(clock, 50);
  }
}

/** Gives a test a path for a data folder. */
export async function withData(test: (data: string) => Promise<void>): Promise<void> {
  const outer = await Deno.makeTempDir();
  try {
    await test(join(outer, "data"));
  } finally {
    await Deno.remove(outer, { recursive: true });
  }
}
