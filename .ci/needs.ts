/** What some suites need besides Deno; each function says what is missing, or null. */

/** Python 3.10 or newer that can make virtual environments, for the programs of PyPI. */
export async function pythonMissing(): Promise<string | null> {
  const python = Deno.env.get("PYTHON") ?? "python3";
  const script = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
  return await runs(python, "-c", script)
    ? null
    : `${python} is not Python 3.10 or newer with venv (Debian: apt-get install python3-venv)`;
}

/** Chromium, for the pages. */
export async function browserMissing(): Promise<string | null> {
  const chromium = Deno.env.get("CHROMIUM") ?? "chromium";
  return await runs(chromium, "--version")
    ? null
    : `${chromium} does not run (Debian: apt-get install chromium; or set CHROMIUM)`;
}

/** A Docker engine that answers and has, or is told where to get, PostgreSQL 15. */
export async function containersMissing(): Promise<string | null> {
  if (!await runs("docker", "info")) return "no Docker engine answers (docker info fails)";
  if (Deno.env.get("POSTGRES_IMAGE_15") !== undefined) return null;
  const image = "localhost/postgres:15";
  return await runs("docker", "image", "inspect", image)
    ? null
    : `Docker has no image ${image} (set POSTGRES_IMAGE_15=postgres:15 to fetch the public one)`;
}

async function runs(program: string, ...args: string[]): Promise<boolean> {
  try {
    const options = { args, stdin: "null", stdout: "null", stderr: "null" } as const;
    return (await new Deno.Command(program, options).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
