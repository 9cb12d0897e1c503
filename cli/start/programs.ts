/**
 * The programs that `start` runs, as the tasks of `deno.json` call them, permissions included: a
 * program may do the same under `start` as by itself.
 */
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { ChildSpec } from "../../base/child.ts";

/** The folder of `deno.json`. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The task that runs a program. */
export type ProgramName = "build" | "gateway" | "web" | "agent";

const config = z.object({ tasks: z.record(z.string(), z.string()) });

/** What one program is given by `start`. */
export interface ProgramOptions {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Folders outside the checkout which it reads and writes. */
  readonly folders?: readonly string[];
}

/** Reads how the tasks call the programs. */
export async function readPrograms(): Promise<
  (name: ProgramName, options: ProgramOptions) => ChildSpec
> {
  const { tasks } = config.parse(JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`)));
  return (name, options) => ({
    command: Deno.execPath(),
    args: [...taskArgs(name, tasks[name] ?? "", options.folders ?? []), ...options.args],
    env: options.env,
    cwd: ROOT,
  });
}

/**
 * The arguments of deno in a task such as `deno run --allow-read=. web/main.ts`, with more folders
 * in its `--allow-read` and `--allow-write`.
 *
 * @example
 * ```ts
 * import { taskArgs } from "./programs.ts";
 * const args = taskArgs("web", "deno run --allow-net --allow-read=. web/main.ts", ["/data"]);
 * console.assert(args.join(" ") === "run --allow-net --allow-read=.,/data web/main.ts");
 * ```
 */
export function taskArgs(name: string, task: string, folders: readonly string[]): string[] {
  const [deno, run, ...rest] = task.split(" ");
  if (deno !== "deno" || run !== "run") {
    throw new Error(
      `the task ${name} in deno.json is ${JSON.stringify(task)}; it must be deno run …`,
    );
  }
  return [
    run,
    ...rest.map((arg) => /^--allow-(read|write)=/.test(arg) ? [arg, ...folders].join(",") : arg),
  ];
}
