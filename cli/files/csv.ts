/** History as CSV by RFC 4180, read and written piece by piece. */
import Papa from "papaparse";
import { z } from "zod";
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

const parsed = z.object({
  data: z.array(z.array(z.string())),
  errors: z.array(z.object({ message: z.string() })),
  meta: z.object({ cursor: z.number() }),
});

/** The most text that one row may hold: so much is read on in search of a quote's end. */
const MAX_ROW = 16 * 1024 * 1024;

async function* csvRows(file: string, bytes: ReadableStream<Uint8Array>): AsyncGenerator<CsvRow> {
  let rest = "";
  let line = 1;
  let parser: Papa.Parser | undefined;
  const take = function* ({ isLast }: { readonly isLast: boolean }): Generator<CsvRow> {
    parser ??= new Papa.Parser({ delimiter: ",", newline: newlineOf(rest) });
    const { data, errors, meta } = parsed.parse(parser.parse(rest, 0, !isLast));
    for (const cells of data) {
      const blank = cells.length === 1 && cells[0] === "";
      if (!blank) yield { cells, line };
      line += 1 + linesWithin(cells);
    }
    const [error] = errors;
    if (error) throw new ChainFileError(file, `before line ${line}`, `${error.message}.`);
    rest = isLast ? "" : rest.slice(meta.cursor);
    if (rest.length > MAX_ROW) {
      throw new ChainFileError(file, `line ${line}`, "has a quote that is not closed.");
    }
  };
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const chunk of bytes) {
      rest += decoder.decode(chunk, { stream: true });
      // The first line must be whole, as it tells how lines end.
      if (parser !== undefined || rest.includes("\n")) yield* take({ isLast: false });
    }
    rest += decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) {
      throw new ChainFileError(file, `after line ${line}`, "is no UTF-8.");
    }
    throw error;
  }
  if (rest !== "") yield* take({ isLast: true });
}

function newlineOf(text: string): "\n" | "\r\n" {
  return text[text.indexOf("\n") - 1] === "\r" ? "\r\n" : "\n";
}

function linesWithin(cells: readonly string[]): number {
  let lines = 0;
  for (const cell of cells) {
    for (let at = cell.indexOf("\n"); at >= 0; at = cell.indexOf("\n", at + 1)) lines++;
  }
  return lines;
}
