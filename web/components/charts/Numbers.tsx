/** The numbers of a chart as a table that opens: to be read, heard and copied. */
import type { VNode } from "preact";

/** A cell: a text, or a text with the exact value behind it. */
export type NumberCell = string | { readonly text: string; readonly exact: number };

/** What the table holds; the first cell of a row names it. */
export interface NumbersProps {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly [name: string, ...cells: NumberCell[]])[];
}

/** The table. */
export function Numbers({ heads, rows }: NumbersProps): VNode {
  return (
    <details>
      <summary>Numbers</summary>
      <div class="scroll" tabIndex={0}>
        <table class="numbers">
          <thead>
            <tr>{heads.map((head) => <th key={head} scope="col">{head}</th>)}</tr>
          </thead>
          <tbody>
            {rows.map(([name, ...cells]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {cells.map((cell, at) =>
                  typeof cell === "string"
                    ? <td key={at}>{cell}</td>
                    : <td key={at} data-value={cell.exact}>{cell.text}</td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
