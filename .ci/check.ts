/**
 * `deno task check`: everything that can be said of the tree without running it. Each check prints
 * its name, seconds and what it found; the last line is `N passed, N failed`, the exit code 1 when
 * one of them found something.
 *
 *     deno task check              # all
 *     deno task check rooms docs   # some
 */
import { join } from "node:path";
import { z } from "zod";
import { EXIT_USAGE } from "../base/command.ts";
import { summary } from "./counts.ts";
import { importCycles } from "./cycles.ts";
import { brokenPromises } from "./docs.ts";
import { filesUnder, ROOT } from "./files.ts";
import { type Import, importsOf } from "./graph.ts";
import { forbiddenImports, MAY_IMPORT, type PackagesByRoom } from "./rooms.ts";
import { outdatedScanner } from "./wasm.ts";

/** Finds what is wrong: one sentence each. */
type Check = () => Promise<readonly string[]>;

const DenoJson = z.object({
  imports: z.record(z.string(), z.string()).default({}),
  tasks: z.record(z.string(), z.unknown()).default({}),
});

const checks: Readonly<Record<string, Check>> = {
  format: () => deno("fmt", "--check"),
  lint: () => deno("lint", "--quiet"),
  types,
  rooms: async () => forbiddenImports(await imports(), packagesByRoom()),
  cycles: async () => importCycles(await imports()),
  docs: () => Promise.resolve(brokenPromises(checkout())),
  wasm: outdatedScanner,
};

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !(name in checks));
  if (unknown.length > 0) {
    console.error(
      `No check is called ${unknown.join(", ")}; there are ${Object.keys(checks).join(", ")}.`,
    );
    return EXIT_USAGE;
  }
  let passed = 0;
  let failed = 0;
  for (const [name, check] of Object.entries(checks)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const startMs = performance.now();
    const problems = await check();
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    console.log(`${problems.length === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
    for (const problem of problems) console.log(`  ${problem}`);
    if (problems.length > 0) failed++;
    else passed++;
  }
  console.log(summary({ passed, failed, skipped: 0 }));
  return failed === 0 ? 0 : 1;
}

/** Runs a subcommand of deno over the tree; what it prints is the problem. */
async function deno(...args: readonly string[]): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
  }).output();
  if (success) return [];
  const decoder = new TextDecoder();
  return [`${decoder.decode(stdout)}${decoder.decode(stderr)}`.trim().replaceAll("\n", "\n  ")];
}

/**
 * Room by room, as each is shipped: in one program for all, the outdated types of Node that a package
 * of one room brings along would be believed in the others.
 */
async function types(): Promise<string[]> {
  const rooms = Map.groupBy(sources(), (path) => path.slice(0, path.indexOf("/")));
  const problems: string[] = [];
  for (const files of rooms.values()) problems.push(...await deno("check", "--quiet", ...files));
  return problems;
}

function sources(): string[] {
  return filesUnder(ROOT, [".ts", ".tsx"]);
}

let graph: Promise<Import[]> | undefined;

function imports(): Promise<Import[]> {
  return graph ??= importsOf(ROOT, sources());
}

function readDenoJson(path: string): z.infer<typeof DenoJson> {
  return DenoJson.parse(JSON.parse(Deno.readTextFileSync(join(ROOT, path))));
}

function packagesByRoom(): PackagesByRoom {
  const present = Object.keys(MAY_IMPORT).filter((room) => exists(`${room}/deno.json`));
  const named = present.map((
    room,
  ) => [room, Object.keys(readDenoJson(`${room}/deno.json`).imports)]);
  return Object.fromEntries(named);
}

function checkout(): Parameters<typeof brokenPromises>[0] {
  const paths = filesUnder(ROOT, [".md"]);
  const made = Deno.readTextFileSync(join(ROOT, ".gitignore")).split("\n").filter((line) =>
    line !== ""
  );
  const folders = [...Deno.readDirSync(ROOT)].filter((entry) => entry.isDirectory);
  return {
    documents: new Map(paths.map((path) => [path, Deno.readTextFileSync(join(ROOT, path))])),
    exists,
    tasks: new Set(Object.keys(readDenoJson("deno.json").tasks)),
    folders: new Set(folders.map((entry) => entry.name)),
    made,
  };
}

function exists(path: string): boolean {
  try {
    Deno.statSync(join(ROOT, path));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw error;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
