/** The doctor's report: lines for a person, or JSON. */
import type { Result, Verdict } from "./check.ts";

const SIGNS: Readonly<Record<Verdict, string>> = {
  ok: "✓",
  warning: "!",
  failed: "✗",
  not_checked: "–",
};

/**
 * One check's lines: its sign, its name, what is so, and below it what to do.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { linesOf } from "./report.ts";
 * const lines = linesOf({ check: "port", verdict: "failed", says: "refused", todo: "Start TWS.", tookMs: 3 });
 * assert.deepEqual(lines, ["✗ port           refused", "                 → Start TWS."]);
 * ```
 */
export function linesOf({ check, verdict, says, todo }: Result): readonly string[] {
  const line = `${SIGNS[verdict]} ${check.padEnd(NAME_WIDTH)} ${says}`;
  return todo === undefined ? [line] : [line, `${" ".repeat(NAME_WIDTH + 3)}→ ${todo}`];
}

const NAME_WIDTH = 14;

/** The last line. */
export function summaryOf(results: readonly Result[]): string {
  const count = (verdict: Verdict): number =>
    results.filter((result) => result.verdict === verdict).length;
  const unchecked = count("not_checked");
  return `${count("ok")} ok, ${count("warning")} to look at, ${count("failed")} failed` +
    (unchecked > 0 ? `, ${unchecked} not checked` : "");
}

/** The report for machines. */
export function jsonOf(results: readonly Result[]): string {
  return JSON.stringify({ ok: exitCodeOf(results) === 0, checks: results }, null, 2);
}

/** 0 where nothing failed; what is only to be looked at does not count. */
export function exitCodeOf(results: readonly Result[]): 0 | 1 {
  return results.some(({ verdict }) => verdict === "failed") ? 1 : 0;
}
