/**
 * Builds the browser's part into `web/dist`: `deno task build [--if-needed]`.
 */
const WEB = import.meta.dirname ?? ".";

/** What the browser's part is made of: a change in any of these makes `dist` outdated. */
const SOURCES = [
  "client",
  "islands",
  "components",
  "static",
  "vite.config.ts",
  "../options",
  "../deno.lock",
];

/** Whether `dist` of this room's folder is there and newer than everything it is made of. */
export async function isBuilt(web: string = WEB): Promise<boolean> {
  const builtMs = await changedMs(`${web}/dist/.vite/manifest.json`);
  if (builtMs === undefined) return false;
  for (const source of SOURCES) {
    if (await newestChangeMs(`${web}/${source}`) > builtMs) return false;
  }
  return true;
}

/** Builds `web/dist` and says how many milliseconds it took; a running server takes it up. */
export async function build(): Promise<number> {
  const startedMs = performance.now();
  // Imported here, so that asking `isBuilt()` does not load Vite.
  const vite = await import("vite");
  await vite.build({ configFile: `${WEB}/vite.config.ts` });
  return performance.now() - startedMs;
}

async function newestChangeMs(path: string): Promise<number> {
  const info = await Deno.stat(path);
  let newestMs = info.mtime?.getTime() ?? 0;
  if (!info.isDirectory) return newestMs;
  for await (const entry of Deno.readDir(path)) {
    if (entry.name.endsWith("_test.ts") || entry.name.endsWith("_test.tsx")) continue;
    newestMs = Math.max(newestMs, await newestChangeMs(`${path}/${entry.name}`));
  }
  return newestMs;
}

async function changedMs(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).mtime?.getTime();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

if (import.meta.main) {
  const [flag, ...rest] = Deno.args;
  if ((flag !== undefined && flag !== "--if-needed") || rest.length > 0) {
    console.error(`web/build.ts takes only --if-needed; read: ${Deno.args.join(" ")}`);
    Deno.exit(64);
  }
  if (flag === "--if-needed" && await isBuilt()) Deno.exit(0);
  const tookMs = await build();
  console.log(`built web/dist in ${(tookMs / 1000).toFixed(1)} s`);
}
