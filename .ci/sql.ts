/**
 * One way of writing SQL files: that of `sql-formatter`, in PostgreSQL's dialect.
 * Run as a program it rewrites every `.sql` file of the tree.
 */
import { join } from "node:path";
import { format } from "sql-formatter";
import { filesUnder, ROOT } from "./files.ts";

/**
 * The text as it should stand in a file. Throws on what the formatter cannot read.
 *
 * @example
 * ```ts
 * import { formattedSql } from "./sql.ts";
 * console.assert(formattedSql("SELECT 1;") === "select\n  1;\n");
 * ```
 */
export function formattedSql(text: string): string {
  return format(text, {
    language: "postgresql",
    keywordCase: "lower",
    dataTypeCase: "lower",
    functionCase: "lower",
    expressionWidth: 80,
    linesBetweenQueries: 1,
  }) + "\n";
}

if (import.meta.main) {
  for (const path of filesUnder(ROOT, [".sql"])) {
    const file = join(ROOT, path);
    const text = await Deno.readTextFile(file);
    const wanted = formattedSql(text);
    if (wanted !== text) await Deno.writeTextFile(file, wanted);
  }
}
