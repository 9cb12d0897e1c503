/** History as CSV by RFC 4180, read and written piece by piece. */
// @ts-types="./papaparse.d.ts"
import Papa from "papaparse";
import {
  HISTORY_COLUMNS,
  type HistoryBatch,
  type HistoryItem,
  HistoryRows,
  historyRows,
  missingColumns,
} from "../../options/formats/history.ts";
import { ChainFileError } from "../../options/formats/recorded.ts";
import type { HistoryWriter, Sink } from "./history_file.ts";

const NEWLINE = "\r\n";

/** Writes batches as CSV, the names of the columns first. */
export function csvWriter(sink: Sink): HistoryWriter {
  const text = (rows: (readonly string[])[]): Uint8Array =>
    new TextEncoder().encode(Papa.unparse(rows, { newline: NEWLINE }) + NEWLINE);
  let begun = false;
  const begin = async (): Promise<void> => {
    if (!begun) await sink(text([HISTORY_COLUMNS]));
    begun = true;
  };
  return {
    async write(batch: HistoryBatch): Promise<void> {
      await begin();
      await sink(text(historyRows(batch)));
    },
    end: begin,
  };
}

/** Whether the beginning of a text is that of a CSV file of history. */
export function isHistoryCsv(text: string): boolean {
  const names = namesOf(text.split(/\r?\n/, 1)[0] ?? "");
  return missingColumns(names).length === 0;
}

function namesOf(line: string): string[] {
  const [names = []] = Papa.parse<string[]>(line.replace(/^\uFEFF/, ""), { delimiter: "," }).data;
  return names.map((name) => name.trim());
}

/**
 * Reads a CSV file of history; columns may be in any order, and those that are not known are
 * passed over. Throws a {@link ChainFileError} where the file is none.
 */
export async function* readCsv(
  file: string,
  bytes: ReadableStream<Uint8Array>,
): AsyncGenerator<HistoryItem, void, void> {
  const rows = new HistoryRows();
  let places: ReadonlyMap<string, number> | undefined;
  for await (const { cells, line } of csvRows(file, bytes)) {
    if (places === undefined) {
      const names = cells.map((name) => name.trim());
      const missing = missingColumns(names);
      if (missing.length > 0) {
        throw new ChainFileError(
          file,
          "line 1",
          `has no column ${missing.join(" and no column ")}.`,
        );
      }
      places = new Map(names.map((name, place) => [name, place]));
      continue;
    }
    const at = places;
    const before = at.size === cells.length
      ? rows.add((name) => cells[at.get(name) ?? cells.length], `${file}, line ${line}`)
      : rows.refuse(
        `${file}, line ${line}: has ${cells.length} cells, expected ${at.size} as in line 1`,
      );
    if (before) yield before;
  }
  const last = rows.end();
  if (last) yield last;
}

interface CsvRow {
  readonly cells: readonly string[];
  /** The line on which it begins, counted from 1. */
  readonly line: number;
}

/** The most text that one row may hold: so much is read on in search of a quote's end. */
const MAX_ROW = 16 * 1024 * 1024;

async function* csvRows(file: string, bytes: ReadableStream<Uint8Array>): AsyncGenerator<CsvRow> {
  let rest = "";
  let line = 1;
  let newline: "\n" | "\r\n" | undefined;
  const rowsOf = function* (text: string): Generator<CsvRow> {
    newline ??= text[text.indexOf("\n") - 1] === "\r" ? "\r\n" : "\n";
    const rows = text.replace(/\r?\n$/, "");
    const { data, errors } = Papa.parse<string[]>(rows, { delimiter: ",", newline });
    const [error] = errors;
    for (const [i, cells] of data.entries()) {
      if (error?.row === i) throw new ChainFileError(file, `line ${line}`, `${error.message}.`);
      const blank = cells.length === 1 && cells[0] === "";
      if (!blank) yield { cells, line };
      line += 1 + linesWithin(cells);
    }
  };
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const chunk of bytes) {
      rest += decoder.decode(chunk, { stream: true });
      const end = endOfRows(rest);
      if (end > 0) yield* rowsOf(rest.slice(0, end));
      rest = rest.slice(end);
      if (rest.length > MAX_ROW) {
        throw new ChainFileError(file, `line ${line}`, "has a quote that is not closed.");
      }
    }
    rest += decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ChainFileError(file, `after line ${line}`, "is no UTF-8.");
  }
  if (rest !== "") yield* rowsOf(rest);
}

/** Where the last whole row of a text ends: behind a line's end that is within no quotes. */
function endOfRows(text: string): number {
  let end = text.lastIndexOf("\n") + 1;
  let quotes = countOf('"', text.slice(0, end));
  while (quotes % 2 === 1) {
    const before = text.lastIndexOf("\n", end - 2) + 1;
    quotes -= countOf('"', text.slice(before, end));
    end = before;
  }
  return end;
}

function linesWithin(cells: readonly string[]): number {
  return cells.reduce((lines, cell) => lines + countOf("\n", cell), 0);
}

function countOf(char: string, text: string): number {
  let count = 0;
  for (let at = text.indexOf(char); at >= 0; at = text.indexOf(char, at + 1)) count++;
  return count;
}
