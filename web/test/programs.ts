/** Agents and gateways as programs of their own, beside a server. */
import { strict as assert } from "node:assert";
import { z } from "zod";
import { linesOf } from "../../base/child_lines.ts";
import { sleep, systemClock } from "../../base/clock.ts";
import { keepOutput } from "../../base/testing.ts";

const ROOT = new URL("../../", import.meta.url);

const DEADLINE_MS = 120_000;

/** Real time. */
export const clock = systemClock();

/** A program, and what it has written so far. */
export interface Program extends AsyncDisposable {
  readonly said: readonly Record<string, unknown>[];
  kill(signal: Deno.Signal): Promise<void>;
}

/** Starts one of the repository's programs. */
export function startProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Program {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", ...args],
    cwd: ROOT,
    env: { LASTMARK_LIFELINE: "1", NO_COLOR: "1", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const said: Record<string, unknown>[] = [];
  const reading = Promise.all([child.stdout, child.stderr].map(async (stream) => {
    for await (const line of linesOf(stream)) {
      keepOutput(line);
      if (line.startsWith("{")) {
        said.push(z.record(z.string(), z.unknown()).parse(JSON.parse(line)));
      }
    }
  }));
  let ended = false;
  const kill = async (signal: Deno.Signal): Promise<void> => {
    if (ended) return;
    ended = true;
    child.kill(signal);
    await child.stdin.close().catch(() => {});
    await reading;
    await child.status;
  };
  return { said, kill, [Symbol.asyncDispose]: () => kill("SIGTERM") };
}

/** Polls until something is found. */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const endMs = clock.monotonicMs() + DEADLINE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    assert.ok(clock.monotonicMs() < endMs, `not within ${DEADLINE_MS / 1_000} s: ${what}`);
    await sleep(clock, 50);
  }
}

/** The line that the simulated gateway writes when it listens. */
export const listening = z.looseObject({
  event: z.literal("gateway.listening"),
  port: z.number(),
  controlPort: z.number(),
});
