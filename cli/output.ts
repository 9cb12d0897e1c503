/** What the administration commands print: a table for people, JSON for programs. */

/** One column of a table. */
export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string | number | null;
}

/**
 * Rows as an aligned table with a line of titles; numbers to the right, `–` for nothing.
 *
 * @example
 * ```ts
 * import { table } from "./output.ts";
 * const text = table([{ ticker: "EA", cash: 210 }], [
 *   { title: "TICKER", value: (row) => row.ticker },
 *   { title: "CASH", value: (row) => row.cash },
 * ]);
 * console.assert(text === "TICKER  CASH\nEA       210");
 * ```
 */
export function table<T>(rows: readonly T[], columns: readonly Column<T>[]): string {
  const laidOut = columns.map(({ title, value }) => {
    const cells = rows.map(value);
    const texts = [title, ...cells.map((cell) => cell === null ? "–" : String(cell))];
    const width = Math.max(...texts.map((text) => text.length));
    const toRight = cells.some((cell) => typeof cell === "number");
    return texts.map((text) => toRight ? text.padStart(width) : text.padEnd(width));
  });
  return [...rows.keys(), rows.length]
    .map((line) => laidOut.map((cells) => cells[line] ?? "").join("  ").trimEnd())
    .join("\n");
}

/** A time as people and programs both read it; `null` stays nothing. */
export function timeText(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString().replace(".000Z", "Z");
}

/** Prints rows as a table, or as JSON; says so where there is none. */
export function printRows<T extends object>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  options: { readonly json: boolean; readonly none: string },
): void {
  if (options.json) console.log(JSON.stringify(rows.map(jsonRow), null, 2));
  else console.log(rows.length === 0 ? options.none : table(rows, columns));
}

/**
 * A row for programs: times are ISO 8601 texts there, under their names without `Ms`.
 *
 * @example
 * ```ts
 * import { jsonRow } from "./output.ts";
 * const text = JSON.stringify(jsonRow({ id: 1, createdAtMs: 0 }));
 * console.assert(text === `{"id":1,"createdAt":"1970-01-01T00:00:00Z"}`);
 * ```
 */
export function jsonRow(row: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (!name.endsWith("Ms")) return [name, value];
      return [name.slice(0, -2), typeof value === "number" ? timeText(value) : value];
    }),
  );
}
