/** The files that the checks look at. */
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the checkout. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Folders that hold nothing of ours, at any depth. Folders with a leading dot are skipped too, but `.ci`. */
const SKIPPED = new Set(["node_modules", "dist", "coverage"]);

/**
 * Paths, relative to `root` with `/` between, of every file that ends in one of `endings`; sorted.
 */
export function filesUnder(root: string, endings: readonly string[]): string[] {
  const found: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of Deno.readDirSync(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory) {
        const hidden = entry.name.startsWith(".") && entry.name !== ".ci";
        if (!hidden && !SKIPPED.has(entry.name)) walk(path);
      } else if (entry.isFile && endings.some((ending) => entry.name.endsWith(ending))) {
        found.push(relative(root, path));
      }
    }
  };
  walk(root);
  return found.sort();
}
