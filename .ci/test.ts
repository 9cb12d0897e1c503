/**
 * Runs one suite of tests and ends with the line `N passed, N failed`; the exit code is 1 when a
 * test failed or none ran.
 *
 *     deno run -A .ci/test.ts            # unit, property, PostgreSQL and socket tests, and examples
 *     deno run -A .ci/test.ts browser    # one of the suites that need more than Deno
 */
import { join } from "node:path";
import { countsFrom, summary } from "./counts.ts";
import { ROOT } from "./files.ts";
import { browserMissing, containersMissing, pythonMissing } from "./needs.ts";

interface Suite {
  readonly paths: readonly string[];
  readonly ignore?: readonly string[];
  readonly flags?: readonly string[];
  /** Whether one PostgreSQL server is started for all of its tests. */
  readonly database: boolean;
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
    flags: ["--parallel", "--doc", `--preload=${join(ROOT, ".ci/examples.ts")}`],
    database: true,
  },
  clients: { paths: [CLIENTS], database: false, missing: pythonMissing },
  browser: { paths: [BROWSER], database: true, missing: browserMissing },
  containers: { paths: [CONTAINERS], database: false, missing: containersMissing },
};
