/**
 * The clients that nobody here wrote, and how to run a script with each. Python packages come from
 * PyPI into virtual environments of their own, since `ibapi-latest` and `ibapi-stable` are both
 * imported as `ibapi`.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ENVIRONMENTS = join(HERE, "../../../.cache/clients");

/** A client library and the script that drives it. */
export interface Client {
  readonly name: string;
  /** The command line up to the script's arguments. */
  command(): Promise<readonly string[]>;
}

export const clients: readonly Client[] = [
  pythonClient("ibapi-latest", "10.51.1", "with_ibapi.py"),
  pythonClient("ibapi-stable", "10.50.2", "with_ibapi.py"),
  pythonClient("ib_async", "2.1.0", "with_ib_async.py", "ib_async"),
  pythonClient("ib_insync", "0.9.86", "with_ib_async.py", "ib_insync"),
  denoClient("@stoqey/ib IBApi", "with_ibapi.ts"),
  denoClient("@stoqey/ib IBApiNext", "with_ibapi_next.ts"),
];

/** Those whose scripts place orders. */
export const orderClients: readonly Client[] = [
  pythonClient("ibapi-latest", "10.51.1", "orders_with_ibapi.py"),
  pythonClient("ibapi-stable", "10.50.2", "orders_with_ibapi.py"),
  pythonClient("ib_async", "2.1.0", "orders_with_ib_async.py", "ib_async"),
  pythonClient("ib_insync", "0.9.86", "orders_with_ib_async.py", "ib_insync"),
  denoClient("@stoqey/ib IBApi", "orders_with_ibapi.ts"),
];

function pythonClient(name: string, version: string, script: string, ...args: string[]): Client {
  return {
    name: `${name} ${version}`,
    async command() {
      const python = await environment(name, version);
      return [python, join(HERE, "python", script), ...args];
    },
  };
}

function denoClient(name: string, script: string): Client {
  const args = ["run", "--quiet", "--allow-net=127.0.0.1", join(HERE, "stoqey", script)];
  return { name, command: () => Promise.resolve([Deno.execPath(), ...args]) };
}

/** The Python of a virtual environment with the package; made when it is not there yet. */
async function environment(name: string, version: string): Promise<string> {
  const folder = join(ENVIRONMENTS, `${name}-${version}`);
  const python = join(folder, "bin", "python");
  const whole = join(folder, "whole");
  try {
    await Deno.stat(whole);
    return python;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await succeed(Deno.env.get("PYTHON") ?? "python3", "-m", "venv", "--clear", folder);
  await succeed(
    python,
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    `${name}==${version}`,
  );
  // Written last: an environment whose making was interrupted is made again.
  await Deno.writeTextFile(whole, "");
  return python;
}

async function succeed(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, stdin: "null" }).output();
  if (!success) {
    throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  }
}
