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
  /** The script that wakes islands. */
  readonly script: string;
  /** What that script will ask for next. */
  readonly preloads: readonly string[];
}

let read: { readonly changedMs: number; readonly manifest: Manifest } | undefined;

/**
 * What a page with these islands loads; `undefined` where nothing was built. Throws where the build
 * is of another version.
 */
export function assetsFor(islands: readonly IslandName[]): Assets | undefined {
  const manifest = newestManifest();
  if (!manifest) return undefined;
  const preloads = islands.flatMap((island) => {
    const entry = `islands/${island}.tsx`;
    return [entry, ...(manifest[entry]?.imports ?? [])];
  });
  return {
    stylesheet: addressOf(manifest, "static/look.css"),
    script: addressOf(manifest, "client/main.ts"),
    preloads: [...new Set(preloads)].map((source) => addressOf(manifest, source)),
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
