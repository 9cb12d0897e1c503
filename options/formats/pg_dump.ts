/** Rows of some tables of a dump as `pg_dump` writes it in plain SQL, by COPY or by INSERT. */

/** A row of a table: the values by the names of their columns, as PostgreSQL writes them. */
export interface DumpedRow {
  /** Without its schema. */
  readonly table: string;
  readonly values: ReadonlyMap<string, string | null>;
}

/** Whether a text is the beginning of such a dump. */
export function isDump(text: string): boolean {
  return /^(?:\uFEFF|\s|--[^\n]*\n|SET [^\n]*\n)*-- PostgreSQL database (?:cluster )?dump/.test(
    text,
  );
}

/** Reads the rows of those tables that are wanted, line by line. */
export class DumpReader {
  readonly #wanted: (table: string) => boolean;
  /** The columns of each table as it was made: an INSERT need not name them. */
  readonly #made = new Map<string, string[]>();
  #state:
    | { readonly kind: "between" }
    | { readonly kind: "making"; readonly columns: string[] }
    | { readonly kind: "copying"; readonly table: string; readonly columns: readonly string[] }
    | { readonly kind: "inserting"; readonly lines: string[]; quotes: number } = {
      kind: "between",
    };

  constructor(wanted: (table: string) => boolean) {
    this.#wanted = wanted;
  }

  /** The rows that end with a line. */
  take(line: string): readonly DumpedRow[] {
    switch (this.#state.kind) {
      case "making":
        this.#takeColumn(line, this.#state.columns);
        return [];
      case "copying":
        return this.#takeCopied(line, this.#state.table, this.#state.columns);
      case "inserting":
        return this.#takeInserted(line, this.#state);
      case "between":
        return this.#begin(line);
    }
  }

  #begin(line: string): readonly DumpedRow[] {
    const copy = /^COPY (.+) \((.*)\) FROM stdin;$/.exec(line);
    if (copy) {
      const columns = namesOf(copy[2] ?? "");
      this.#state = { kind: "copying", table: tableOf(copy[1] ?? ""), columns };
    } else if (line.startsWith("INSERT INTO ")) {
      this.#state = { kind: "inserting", lines: [], quotes: 0 };
      return this.#takeInserted(line, this.#state);
    } else {
      const made = /^CREATE (?:UNLOGGED )?TABLE (.+) \($/.exec(line);
      if (!made) return [];
      const columns: string[] = [];
      this.#made.set(tableOf(made[1] ?? ""), columns);
      this.#state = { kind: "making", columns };
    }
    return [];
  }

  #takeColumn(line: string, columns: string[]): void {
    if (line.startsWith(")")) this.#state = { kind: "between" };
    else if (!/^\s+(?:CONSTRAINT|CHECK|EXCLUDE|PRIMARY|UNIQUE|FOREIGN) /.test(line)) {
      columns.push(...namesOf(line).slice(0, 1));
    }
  }

  #takeCopied(line: string, table: string, columns: readonly string[]): readonly DumpedRow[] {
    if (line === "\\.") {
      this.#state = { kind: "between" };
      return [];
    }
    if (!this.#wanted(table)) return [];
    const values = line.split("\t").map(copiedValue);
    return [{ table, values: new Map(columns.map((name, i) => [name, values[i] ?? null])) }];
  }

  #takeInserted(line: string, state: { lines: string[]; quotes: number }): readonly DumpedRow[] {
    state.lines.push(line);
    state.quotes += quotes(line);
    // Quotes within a text are doubled: a statement is whole when they are even.
    const isWhole = state.quotes % 2 === 0 && /\)(?: ON CONFLICT DO NOTHING)?;$/.test(line);
    if (!isWhole) return [];
    const text = state.lines.join("\n");
    this.#state = { kind: "between" };
    const parts =
      /^INSERT INTO ((?:"(?:[^"]|"")+"|\w+|\.)+)(?: \(((?:"(?:[^"]|"")+"|[\w, ])*)\))?(?: OVERRIDING \w+ VALUE)? VALUES\s*/
        .exec(text);
    const table = tableOf(parts?.[1] ?? "");
    if (!parts || !this.#wanted(table)) return [];
    const columns = parts[2] === undefined ? this.#made.get(table) ?? [] : namesOf(parts[2]);
    return tuples(text.slice(parts[0].length)).map((values) => ({
      table,
      values: new Map(columns.map((name, i) => [name, values[i] ?? null])),
    }));
  }
}

/** The names of a list, or the one at the beginning of a column's line. */
function namesOf(text: string): string[] {
  return [...text.matchAll(/"((?:[^"]|"")+)"|(\w+)/g)].map(([, quoted, plain]) =>
    quoted?.replaceAll('""', '"') ?? plain ?? ""
  );
}

function tableOf(qualified: string): string {
  return namesOf(qualified).at(-1) ?? "";
}

function quotes(text: string): number {
  let count = 0;
  for (let at = text.indexOf("'"); at >= 0; at = text.indexOf("'", at + 1)) count++;
  return count;
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

function copiedValue(text: string): string | null {
  if (text === "\\N") return null;
  return text.replace(/\\(.)/gs, (_, char: string) => ESCAPES[char] ?? char);
}

/** The values of `(…), (…);`. */
function tuples(text: string): (string | null)[][] {
  const rows: (string | null)[][] = [];
  let row: (string | null)[] = [];
  for (
    const [, open, string, bare, close] of text.matchAll(
      /(\()|'([^']*(?:''[^']*)*)'|([^\s,();']+)|(\))/g,
    )
  ) {
    if (open !== undefined) row = [];
    else if (string !== undefined) row.push(string.replaceAll("''", "'"));
    else if (bare !== undefined) row.push(bare.toUpperCase() === "NULL" ? null : bare);
    else if (close !== undefined) rows.push(row);
  }
  return rows;
}
