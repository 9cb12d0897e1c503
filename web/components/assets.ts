/**
 * Which files a page loads: names carry a hash of their content, so the manifest of the build
 * (`build.ts`) is asked for them.
 */
import { z } from "zod";

const MANIFEST = new URL("../dist/.vite/manifest.json", import.meta.url);

const manifestSchema = z.record(
  z.string(),
  z.object({ file: z.string(), imports: z.array(z.string()).optional() }),
);

type Manifest = z.infer<typeof manifestSchema>;

let manifest: Manifest | undefined;

/** The style sheet's address. Throws, saying what to run, where nothing was built. */
export function stylesheet(): string {
  return addressOf("static/look.css");
}

/** The script that wakes islands, and what it will ask for next on a page with this island. */
export function scriptsFor(island: string): { readonly main: string; readonly next: string[] } {
  const entry = `islands/${island}.tsx`;
  const next = [entry, ...(read()[entry]?.imports ?? [])].map(addressOf);
  const main = addressOf("client/main.ts");
  return { main, next: next.filter((address) => address !== main) };
}

function addressOf(source: string): string {
  const chunk = read()[source];
  if (!chunk) {
    throw new Error(`web/dist has no ${source}: it is outdated; run \`deno task build\``);
  }
  return `/${chunk.file}`;
}

function read(): Manifest {
  if (manifest) return manifest;
  let text: string;
  try {
    text = Deno.readTextFileSync(MANIFEST);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error("web/dist is missing: run `deno task build`", { cause: error });
  }
  manifest = manifestSchema.parse(JSON.parse(text));
  return manifest;
}
