/**
 * Who imports whom, as Deno itself resolves it (`deno info --json`): static and dynamic imports,
 * type imports and the JSX runtime, through every room's own import map.
 */
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";

/** One import statement. */
export interface Import {
  /** The importing file, relative to the checkout. */
  readonly from: string;
  /** As written. */
  readonly specifier: string;
  /** The imported file relative to the checkout, or null for a package or a built-in module. */
  readonly to: string | null;
  /** 1-based; 0 for the JSX runtime, which no line names. */
  readonly line: number;
}

const Resolution = z.object({
  specifier: z.string().optional(),
  span: z.object({ start: z.object({ line: z.number() }) }).optional(),
});
const Graph = z.object({
  modules: z.array(z.object({
    specifier: z.string(),
    error: z.string().optional(),
    dependencies: z.array(z.object({
      specifier: z.string(),
      code: Resolution.optional(),
      type: Resolution.optional(),
    })).default([]),
  })),
});

/**
 * Every import of the given files (relative to `root`) and of what they import.
 * What cannot be resolved has `to: null`.
 */
export async function importsOf(root: string, files: readonly string[]): Promise<Import[]> {
  const folder = await Deno.makeTempDir();
  try {
    // One entry that imports all: Deno then parses each file once.
    const entry = join(folder, "all.ts");
    const lines = files.map((file) =>
      `import ${JSON.stringify(pathToFileURL(join(root, file)).href)};`
    );
    await Deno.writeTextFile(entry, lines.join("\n"));
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", entry],
      cwd: root,
    }).output();
    if (!success) throw new Error(`deno info failed: ${new TextDecoder().decode(stderr)}`);
    const graph = Graph.parse(JSON.parse(new TextDecoder().decode(stdout)));
    const ours = graph.modules.filter((module) => module.specifier !== pathToFileURL(entry).href);
    return ours.flatMap((module) => {
      const from = localPath(root, module.specifier);
      if (from === null) return [];
      // A file that is not there: the check of types names it and the line that asks for it.
      if (module.error !== undefined) return [];
      return module.dependencies.map(({ specifier, code, type }) => {
        const found = code ?? type;
        return {
          from,
          specifier,
          to: found?.specifier === undefined ? null : localPath(root, found.specifier),
          line: found?.span === undefined ? 0 : found.span.start.line + 1,
        };
      });
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function localPath(root: string, specifier: string): string | null {
  if (!specifier.startsWith("file:")) return null;
  const path = relative(root, fileURLToPath(specifier));
  return path.includes("node_modules") ? null : path;
}
