/** Chromium: what `CHROMIUM` names, or `chromium` where programs are found. */
export async function chromiumPath(): Promise<string> {
  const program = Deno.env.get("CHROMIUM") ?? "chromium";
  if (program.includes("/")) return program;
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    const path = `${folder}/${program}`;
    if (await isFile(path)) return path;
  }
  throw new Error(`${program} is nowhere in PATH; install it or set CHROMIUM`);
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
