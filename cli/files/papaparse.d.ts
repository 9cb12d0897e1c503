/**
 * What is used of papaparse. Its own types (`@types/papaparse`) bring in Node's of an older version,
 * which then stand for all programs and know no `node:sqlite`.
 */

/** A row that could not be read; `row` counts from 0. */
export interface ParseError {
  readonly type: string;
  readonly code: string;
  readonly message: string;
  readonly row?: number;
}

declare const Papa: {
  parse<Row>(
    text: string,
    options: { readonly delimiter: string; readonly newline?: string },
  ): { readonly data: Row[]; readonly errors: readonly ParseError[] };
  unparse(rows: readonly unknown[], options: { readonly newline: string }): string;
};

export default Papa;
