/**
 * Runs one suite of tests and ends with the line `N passed, N failed`; the exit code is 1 when a
 * test failed or none ran.
 *
 *     deno run -A .ci/test.ts            # unit, property, PostgreSQL and socket tests, and examples
 *     deno run -A .ci/test.ts browser    # one of the suites that need more than Deno
 */
import { join } from "node:path";
import { EXIT_USAGE } from "../base/command.ts";
import { withTestDatabase } from "../db/testing.ts";
import { type Counts, countsFrom, summary } from "./counts.ts";
import { ROOT } from "./files.ts";
import { browserMissing, containersMissing, pythonMissing } from "./needs.ts";

interface Suite {
  readonly paths: readonly string[];
  readonly ignore?: readonly string[];
  readonly flags?: readonly string[];
  /** Whether its tests share one PostgreSQL server. */
  readonly database?: true;
  /** Says what this machine lacks, or null when all is there. */
  readonly missing?: () => Promise<string | null>;
}

const CLIENTS = "gateway-sim/test/clients";
const BROWSER = "web/test/browser";
const CONTAINERS = "db/test/containers_test.ts";

const suites: Readonly<Record<string, Suite>> = {
  unit: {
    paths: ["."],
    ignore: [CLIENTS, BROWSER, CONTAINERS],
    flags: ["--quiet", "--doc", `--preload=${join(ROOT, ".ci/examples.ts")}`],
    database: true,
  },
  clients: { paths: [CLIENTS], missing: pythonMissing },
  browser: { paths: [BROWSER], database: true, missing: browserMissing },
  containers: { paths: [CONTAINERS], missing: containersMissing },
};

async function main(name: string): Promise<number> {
  const suite = suites[name];
  if (suite === undefined) {
    console.error(`No suite is called ${name}; there are ${Object.keys(suites).join(", ")}.`);
    return EXIT_USAGE;
  }
  const missing = await suite.missing?.() ?? null;
  if (missing !== null) return without(name, missing);
  if (Deno.env.get("LASTMARK_DATA") === undefined) {
    console.log("The tests on real chains are skipped: LASTMARK_DATA names no folder.");
  }
  // Starts the server, for as long as this process lives, and puts its URL into the environment.
  if (suite.database) await withTestDatabase(() => Promise.resolve());
  const counts = await runTests(suite);
  if (counts.skipped > 0) console.log(`${counts.skipped} skipped`);
  console.log(summary(counts));
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
}

/** A missing tool is no fault on a newcomer's machine; where all must be proved it is. */
function without(name: string, missing: string): number {
  const required = Deno.env.get("CI") === "true";
  console.log(`The suite ${name} ${required ? "cannot run" : "is skipped"}: ${missing}.`);
  console.log(summary({ passed: 0, failed: required ? 1 : 0, skipped: 0 }));
  return required ? 1 : 0;
}

async function runTests(suite: Suite): Promise<Counts> {
  const folder = await Deno.makeTempDir();
  try {
    const report = join(folder, "report.xml");
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: [
        "test",
        "--allow-all",
        ...suite.flags ?? [],
        `--junit-path=${report}`,
        ...(suite.ignore ?? []).map((path) => `--ignore=${path}`),
        ...suite.paths,
      ],
      cwd: ROOT,
      stdin: "null",
    }).spawn().status;
    return countsFrom(await textOr(report, ""), { success });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The text of a file; `fallback` when there is none, as after types that do not check. */
async function textOr(path: string, fallback: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return fallback;
    throw error;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args[0] ?? "unit"));
