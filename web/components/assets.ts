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

let read: { readonly changedMs: number; readonly manifest: Manifest } | undefined;

/**
 * What a page with this island, or with none, loads; `undefined` where nothing was built. Throws
 * where the build is of another version.
 */
export function assetsFor(island: IslandName | undefined): Assets | undefined {
  const manifest = newestManifest();
  if (!manifest) return undefined;
  const stylesheet = addressOf(manifest, "static/look.css");
  if (island === undefined) return { stylesheet, script: undefined, preloads: [] };
  const entry = `islands/${island}.tsx`;
  const preloads = [entry, ...(manifest[entry]?.imports ?? [])];
  return {
    stylesheet,
    script: addressOf(manifest, "client/main.ts"),
    preloads: preloads.map((source) => addressOf(manifest, source)),
  };
}

function addressOf(manifest: Manifest, source: string): string {
  const chunk = manifest[source];
  if (!chunk) throw new Error(`web/dist lacks ${source}: it is outdated; run: deno task build`);
  return `/${chunk.file}`;
}

/** The manifest, read again where there was a build since: names of before are no files any more. */
function newestManifest(): Manifest | undefined {
  try {
    const changedMs = Deno.statSync(MANIFEST).mtime?.getTime() ?? 0;
    if (read?.changedMs !== changedMs) {
      const manifest = manifestSchema.parse(JSON.parse(Deno.readTextFileSync(MANIFEST)));
      read = { changedMs, manifest };
    }
    return read.manifest;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
