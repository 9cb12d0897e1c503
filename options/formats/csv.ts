/** What the readers of CSV files share. */
import { ChainFileError } from "./recorded.ts";

/** A line of a CSV file with its number, counted from 1. */
export interface CsvLine {
  readonly number: number;
  readonly cells: readonly string[];
}

/** The lines of a CSV text that are not empty. Cells may be quoted (RFC 4180), not over lines. */
export function csvLines(text: string): readonly CsvLine[] {
  const lines: CsvLine[] = [];
  text.replace(/^\uFEFF/, "").split(/\r?\n/).forEach((line, index) => {
    if (line.trim() !== "") lines.push({ number: index + 1, cells: csvCells(line) });
  });
  return lines;
}

/** The cells of one line, without the blanks around them. */
export function csvCells(line: string): readonly string[] {
  if (!line.includes('"')) return line.split(",").map((cell) => cell.trim());
  const cells: string[] = [];
  for (const [, quoted, plain] of line.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"\s*|([^,]*))/g)) {
    cells.push(quoted === undefined ? (plain ?? "").trim() : quoted.replaceAll('""', '"'));
  }
  return cells;
}

/** A cell as a number; an empty one is none. */
export function csvNumber(
  file: string,
  line: CsvLine,
  column: number,
  name: string,
): number | null {
  const cell = line.cells[column] ?? "";
  if (cell === "") return null;
  const value = Number(cell);
  if (Number.isFinite(value)) return value;
  throw new ChainFileError(file, `line ${line.number}`, `${name} is "${cell}", expected a number.`);
}

/** A cell that must be there. */
export function csvText(file: string, line: CsvLine, column: number, name: string): string {
  const cell = line.cells[column] ?? "";
  if (cell !== "") return cell;
  throw new ChainFileError(file, `line ${line.number}`, `${name} is missing.`);
}
