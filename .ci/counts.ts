/** How many tests passed and failed, from the report that `deno test --junit-path` writes. */

/** Tests and steps of tests. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Reads the report. A run that ended badly counts at least one failure: an error outside of any
 * test, and types that do not check, leave no test case behind.
 *
 * @example
 * ```ts
 * import { countsFrom } from "./counts.ts";
 * const report = `<testsuites><testsuite name="a" tests="3" disabled="1" errors="0" failures="1">`;
 * const { passed, failed, skipped } = countsFrom(report, { success: false });
 * console.assert(passed === 1 && failed === 1 && skipped === 1);
 * ```
 */
export function countsFrom(report: string, run: { readonly success: boolean }): Counts {
  let tests = 0;
  let failed = 0;
  let skipped = 0;
  for (const [tag] of report.matchAll(/<testsuite [^>]*>/g)) {
    const count = (name: string): number => Number(new RegExp(` ${name}="(\\d+)"`).exec(tag)?.[1]);
    tests += count("tests");
    failed += count("failures") + count("errors");
    skipped += count("disabled");
  }
  const failures = run.success ? failed : Math.max(1, failed);
  return { passed: tests - failed - skipped, failed: failures, skipped };
}

/** The last line of a run. */
export function summary({ passed, failed }: Counts): string {
  return `${passed} passed, ${failed} failed`;
}
