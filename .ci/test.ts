/**
 * Runs one suite of tests and ends with the line `N passed, N failed`; the exit code is 1 when a
 * test failed or none ran. All programs log at debug level meanwhile, and an agent's key in anything
 * that they or the tests printed counts as a failure.
 *
 *     deno run -A .ci/test.ts            # unit, property, PostgreSQL and socket tests, and examples
 *     deno run -A .ci/test.ts browser    # one of the suites that need more than Deno
 */
import { join } from "node:path";
import { EXIT_USAGE } from "../base/command.ts";
import { OUTPUT_VARIABLE } from "../base/testing.ts";
import { withTestDatabase } from "../db/testing.ts";
import { type Counts, countsFrom, summary } from "./counts.ts";
import { ROOT } from "./files.ts";
import { linesWithKeys } from "./keys_printed.ts";
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
const API = "web/test/api";
const BROWSER = "web/test/browser";
const CONTAINERS = "db/test/containers_test.ts";

/** What takes long because it does a thing very often, or kills programs while they are at it. */
const PROOFS = [
  "agent/test/faults_test.ts",
  "agent/test/reading_time_test.ts",
  "agent/test/real_chains_test.ts",
  "agent/test/spool_damage_test.ts",
  "agent/test/spool_disk_test.ts",
  "agent/test/spool_kills_test.ts",
  "agent/test/streaming_test.ts",
  "cli/test/history_test.ts",
  "cli/test/key_secrecy_test.ts",
  "cli/test/replay_test.ts",
  "cli/test/start_test.ts",
  "db/embedded/server_test.ts",
  "options/wire/ingest_reader_hostile_test.ts",
  "options/wire/ingest_reader_test.ts",
  "web/test/agent_test.ts",
  "web/test/backfill_test.ts",
  "web/test/bad_input_test.ts",
  "web/test/cold_test.ts",
  "web/test/database_away_test.ts",
  "web/test/database_dies_test.ts",
  "web/test/idempotency_test.ts",
  "web/test/last_known_test.ts",
  "web/test/race_test.ts",
  "web/test/standby_test.ts",
];

const suites: Readonly<Record<string, Suite>> = {
  unit: {
    paths: ["."],
    ignore: [API, CLIENTS, BROWSER, CONTAINERS, ...PROOFS],
    // Not --quiet, which would keep from us what the tests print.
    flags: ["--doc", `--preload=${join(ROOT, ".ci/examples.ts")}`],
    database: true,
  },
  proofs: { paths: PROOFS, database: true },
  api: { paths: [API], database: true, missing: pythonMissing },
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
    const kept = ["programs", "stdout", "stderr"].map((name) => join(folder, name));
    const [programs = "", out = "", err = ""] = kept;
    const tests = new Deno.Command(Deno.execPath(), {
      args: [
        "test",
        "--allow-all",
        ...suite.flags ?? [],
        `--junit-path=${report}`,
        ...(suite.ignore ?? []).map((path) => `--ignore=${path}`),
        ...suite.paths,
      ],
      cwd: ROOT,
      env: { [OUTPUT_VARIABLE]: programs, LOG_LEVEL: "debug" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    await Promise.all([
      showAndKeep(tests.stdout, Deno.stdout, out),
      showAndKeep(tests.stderr, Deno.stderr, err),
    ]);
    const { success } = await tests.status;
    const counts = countsFrom(await textOr(report, ""), { success });
    const texts = await Promise.all(kept.map((file) => textOr(file, "")));
    const leaks = texts.flatMap(linesWithKeys);
    for (const line of leaks.slice(0, MOST_SHOWN)) console.log(`A key was printed: ${line}`);
    return leaks.length === 0 ? counts : { ...counts, failed: counts.failed + 1 };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** So many lines are enough to see where they come from. */
const MOST_SHOWN = 20;

/** Passes a stream on to the terminal, and keeps it. */
async function showAndKeep(
  from: ReadableStream<Uint8Array>,
  terminal: { readonly writable: WritableStream<Uint8Array> },
  path: string,
): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const shown = terminal.writable.getWriter();
  for await (const chunk of from) {
    await shown.write(chunk);
    for (let written = 0; written < chunk.length;) {
      written += await file.write(chunk.subarray(written));
    }
  }
  shown.releaseLock();
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
