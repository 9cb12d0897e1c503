/**
 * Which files a page loads: their names carry a hash of what they hold, so the manifest of the
 * build (`build.ts`) is asked for them.
 */
import { z } from "zod";
import type { IslandName } from "./island_list.ts";

const MANIFEST = new URL("../dist/.vite/manifest.json", import.meta.url);

const manifestSchema = z.record(
  z.string(),
  z.object({ file: z.string(), imports: z.array(z.string()).optional() }),
);

type Manifest = z.infer<typeof manifestSchema>;

/** The addresses of what a page loads. */
export interface Assets {
  readonly stylesheet: string;
  /** The script that wakes islands; `undefined` on a page without one, which loads none. */
  readonly script: string | undefined;
  /** What that script will ask for next. */
  readonly preloads: readonly string[];
}

let manifest: Manifest | undefined;

/**
 * What a page with this island, or with none, loads; `undefined` where nothing was built. Throws
 * where the build is of another version.
 */
export function assetsFor(island: IslandName | undefined): Assets | undefined {
  manifest ??= readManifest();
  if (!manifest) return undefined;
  const built = manifest;
  const stylesheet = addressOf(built, "static/look.css");
  if (island === undefined) return { stylesheet, script: undefined, preloads: [] };
  const entry = `islands/${island}.tsx`;
  const preloads = [entry, ...(built[entry]?.imports ?? [])].map((one) => addressOf(built, one));
  return { stylesheet, script: addressOf(built, "client/main.ts"), preloads };
}

function addressOf(built: Manifest, source: string): string {
  const chunk = built[source];
  if (!chunk) throw new Error(`web/dist lacks ${source}: it is outdated; run: deno task build`);
  return `/${chunk.file}`;
}

function readManifest(): Manifest | undefined {
  try {
    return manifestSchema.parse(JSON.parse(Deno.readTextFileSync(MANIFEST)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
