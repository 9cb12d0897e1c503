/**
 * `deno task build:wasm`: compiles the scanner of ingest bodies, which is AssemblyScript, to the file
 * beside it. The compiler is no package of the workspace: who only runs Lastmark never gets it.
 */
import { join } from "node:path";
import { ROOT } from "./files.ts";

/** The compiler; what it needs is pinned by `.ci/wasm.lock`. */
const COMPILER = "npm:assemblyscript@0.28.20/asc";

const SCAN = join(ROOT, "options/wire/scan");

/** The compiled scanner. */
export const COMPILED = join(SCAN, "scan.wasm");

// deno-fmt-ignore
const OPTIONS = [
  "-O3", "--noAssert",
  "--runtime", "stub", // nothing is allocated
  "--enable", "simd", "--enable", "relaxed-simd",
  "--initialMemory", "160", // pages of 64 KiB, for what `layout.ts` lays out and a body of 2 MiB
];

/** Compiles the scanner into a file. Throws with what the compiler says where it does not compile. */
export async function compileScanner(out: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    // Without the workspace's settings, so that neither its lock nor its node_modules change.
    args: [
      ...["run", "--quiet", "--allow-all", "--no-config", "--node-modules-dir=none"],
      ...["--lock", join(ROOT, ".ci/wasm.lock"), "--frozen"],
      ...[COMPILER, join(SCAN, "index.ts"), "--outFile", out, ...OPTIONS],
    ],
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
}

/** Says whether the compiled scanner is what its source compiles to. */
export async function outdatedScanner(): Promise<readonly string[]> {
  const folder = await Deno.makeTempDir();
  try {
    const out = join(folder, "scan.wasm");
    await compileScanner(out);
    const [fresh, kept] = await Promise.all([Deno.readFile(out), Deno.readFile(COMPILED)]);
    const isSame = fresh.length === kept.length && fresh.every((byte, n) => byte === kept[n]);
    return isSame ? [] : ["options/wire/scan/scan.wasm is not of its source: deno task build:wasm"];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await compileScanner(COMPILED);
