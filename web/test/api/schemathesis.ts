/** Schemathesis of PyPI, in a virtual environment of its own that is made when it is not there yet. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const VERSION = "4.32.5";
const ENVIRONMENT = join(
  fileURLToPath(new URL("../../../.cache/clients", import.meta.url)),
  `schemathesis-${VERSION}`,
);

const CONFIG = fileURLToPath(new URL("schemathesis.toml", import.meta.url));

/** What a run came to. */
export interface Run {
  readonly success: boolean;
  readonly output: string;
}

/** Calls everything that a server's description has, as the seed has it. */
export async function runSchemathesis(
  url: string,
  options: { readonly key: string; readonly seed: number; readonly examples: number },
): Promise<Run> {
  const { key, seed, examples } = options;
  const { success, stdout, stderr } = await new Deno.Command(await program(), {
    args: [
      `--config-file=${CONFIG}`,
      "run",
      `${url}/api/openapi.json`,
      "--checks=all",
      "--mode=all",
      `--seed=${seed}`,
      `--max-examples=${examples}`,
      "--continue-on-failure",
      "--generation-database=none",
      "--header",
      `Authorization: Bearer ${key}`,
      "--no-color",
    ],
    cwd: ENVIRONMENT, // it keeps what it found where it runs
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { success, output: text(stdout) + text(stderr) };
}

async function program(): Promise<string> {
  const whole = join(ENVIRONMENT, "whole");
  try {
    await Deno.stat(whole);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await succeed(Deno.env.get("PYTHON") ?? "python3", "-m", "venv", "--clear", ENVIRONMENT);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    await succeed(join(ENVIRONMENT, "bin", "python"), ...pip, `schemathesis==${VERSION}`);
    // Written last: an environment whose making was interrupted is made again.
    await Deno.writeTextFile(whole, "");
  }
  return join(ENVIRONMENT, "bin", "schemathesis");
}

async function succeed(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  if (!success) {
    throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  }
}
