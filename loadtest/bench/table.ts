/** What was found, and the table that says so. */
import { median, plain } from "./rounds.ts";

/** What a figure must reach. */
export interface Bar {
  readonly kind: "at least" | "at most";
  readonly value: number;
}

/** One line of the table. */
export interface Finding {
  /** The name that `--only` takes. */
  readonly figure: string;
  readonly what: string;
  /** `×`, `ms`, `bytes`, `MB`, `contracts/s` … */
  readonly unit: string;
  /** By round. */
  readonly values: readonly number[];
  /** `null` for what is only told. */
  readonly bar: Bar | null;
  /** How it was measured, or why it could not be, where the name does not say. */
  readonly note?: string;
}

/** What became of a figure. */
export type Verdict = "reached" | "MISSED" | "not measured" | "";

/**
 * Whether a finding's median reaches its bar.
 *
 * @example
 * ```ts
 * import { verdictOf } from "./table.ts";
 * const found = { figure: "x", what: "x", unit: "×", values: [4, 6, 5] };
 * console.assert(verdictOf({ ...found, bar: { kind: "at least", value: 5 } }) === "reached");
 * console.assert(verdictOf({ ...found, bar: { kind: "at most", value: 4 } }) === "MISSED");
 * ```
 */
export function verdictOf({ values, bar }: Finding): Verdict {
  if (values.length === 0) return "not measured";
  if (bar === null) return "";
  const found = median(values);
  const reached = bar.kind === "at least" ? found >= bar.value : found <= bar.value;
  return reached ? "reached" : "MISSED";
}

/** The table, as text. */
export function tableText(findings: readonly Finding[]): string {
  const rows = findings.map((finding) => [
    finding.figure,
    finding.what,
    measuredText(finding),
    barText(finding),
    verdictOf(finding),
  ]);
  const head = ["name", "figure", "measured (least – most)", "must reach", "verdict"];
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0))
  );
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ").trimEnd();
  const notes = findings.filter(({ note }) => note !== undefined)
    .map(({ figure, what, note }) => `${figure}, ${what}: ${note}`);
  return [
    line(head),
    line(widths.map((width) => "─".repeat(width))),
    ...rows.map(line),
    ...(notes.length > 0 ? ["", ...notes] : []),
  ].join("\n");
}

function measuredText({ values, unit }: Finding): string {
  if (values.length === 0) return "–";
  const spread = values.length === 1
    ? ""
    : ` (${plain(Math.min(...values))} – ${plain(Math.max(...values))})`;
  return `${plain(median(values))} ${unit}${spread}`;
}

function barText({ bar, unit }: Finding): string {
  if (bar === null) return "";
  return `${bar.kind === "at least" ? "≥" : "≤"} ${bar.value} ${unit}`;
}

/** The findings as `--json` writes them. */
export function tableJson(findings: readonly Finding[]): unknown[] {
  return findings.map((finding) => ({
    ...finding,
    median: finding.values.length === 0 ? null : median(finding.values),
    verdict: verdictOf(finding),
  }));
}
