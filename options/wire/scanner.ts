/** Scans the contracts of a body into columns: the inner loop is WebAssembly (`scan/`). */
import type { QuoteColumns } from "../columns.ts";
import { MARKET_DATA_KINDS, QUOTE_FIELDS, type QuoteField } from "../quote.ts";
import type { ContractSet } from "./contract_sets.ts";
import { MAX_MULTIPLIER } from "./ingest_schema.ts";
import { parseInstant } from "./instant.ts";
import { ascii, jsonValue } from "./json_bytes.ts";
import {
  AS_KNOWN,
  FAILED,
  FIELDS,
  FOR_ALL,
  IS_KNOWN,
  KINDS,
  LEFT,
  MARKET_DATA_TYPE,
  MULTIPLIER,
  MULTIPLIERS,
  NAME_SIZE,
  NAMES,
  NOTE_SIZE,
  NOTED,
  NOTES,
  NUMBERS,
  NUMBERS_SIZE,
  OTHERS,
  PLACES,
  QUOTED_AT,
  RESULT,
  ROWS,
  TEXT_AT,
  TIMES,
  UNKNOWN,
} from "./scan/layout.ts";
import { ScanMemory } from "./scan_memory.ts";
import type { RowNames } from "./set_reader.ts";

const NO_TEXTS = new Uint8Array();
const LITTLE_ENDIAN = true;

/** A memory that grew beyond this is let go after the body for which it did. */
const MOST_KEPT_BYTES = 16_777_216;

/** How a body has its contracts: as one object each, or as one array a field. */
export type Form = "rows" | "columns";

/** Scans one body after the other. */
export class Scanner {
  /** Which contracts were read: so many in all, … */
  rows = 0;
  /** … of which so many, from the first on, are named as in the known set. */
  asKnown = 0;
  /** The unknown fields of the rows, or of the columns, in the order in which they came. */
  unknown: readonly Readonly<Record<string, null>>[] = [];
  #memory: ScanMemory | undefined;
  /** Whether the columns are sorted, as the known set is. */
  #isSorted = false;

  /**
   * Reads the array of rows, or the object of columns, that is at a place in a body. Gives the place
   * behind it, or -1 where the body must be read the exact way.
   */
  scan(body: Uint8Array, from: number, form: Form, known: ContractSet | undefined): number {
    const memory = this.#memory ??= new ScanMemory();
    const at = memory.put(known?.texts ?? NO_TEXTS, body.subarray(from));
    const { buffer } = memory.bytes;
    if (known) {
      new Int32Array(buffer, TEXT_AT).set(known.textAt);
      if (known.placeOf) new Int32Array(buffer, PLACES).set(known.placeOf);
    }
    const isScattered = known?.placeOf ? 1 : 0;
    const end = memory.scan(at, form === "columns" ? 1 : 0, known?.rows.length ?? 0, isScattered);
    if (end === FAILED) return -1;
    this.rows = this.#result(ROWS);
    this.asKnown = this.#result(AS_KNOWN);
    this.#isSorted = this.#result(IS_KNOWN) === 1;
    if (!this.#takeNotes()) return -1;
    memory.settle(this.rows);
    return from + end - at;
  }

  /** Lets go of what is too large to be kept. */
  close(): void {
    this.unknown = [];
    const size = this.#memory?.bytes.length ?? 0;
    if (size > MOST_KEPT_BYTES) this.#memory = undefined;
  }

  /** The memory, in which the names are. */
  get bytes(): Uint8Array {
    return this.#opened.bytes;
  }

  /** How the rows are named that are not as in the known set. */
  get names(): RowNames {
    const length = (this.rows - this.asKnown) * NAME_SIZE / 4;
    return new Int32Array(this.bytes.buffer, NAMES, length);
  }

  /** The columns of a set's contracts, whose rows are those that were read. */
  toColumns({ occ, rowOf }: ContractSet): QuoteColumns {
    const { buffer } = this.#opened.bytes;
    const { length } = occ;
    const order = this.#isSorted ? null : rowOf;
    const present = this.#result(FIELDS);
    const fields: Partial<Record<QuoteField, Int32Array | null>> = {};
    for (const [n, field] of QUOTE_FIELDS.entries()) {
      fields[field] = (present & 1 << n) === 0
        ? null
        : sortedBy(order, new Int32Array(buffer, NUMBERS + n * NUMBERS_SIZE, length));
    }
    return {
      occ,
      fields: fields as QuoteColumns["fields"], // every field was set just now
      kind: this.#has(MARKET_DATA_TYPE) ? sortedBy(order, this.#kinds(length)) : null,
      multiplier: this.#has(MULTIPLIER) ? sortedBy(order, this.#floats(MULTIPLIER, length)) : null,
      quotedAtMs: this.#has(QUOTED_AT) ? sortedBy(order, this.#floats(QUOTED_AT, length)) : null,
    };
  }

  get #opened(): ScanMemory {
    if (!this.#memory) throw new Error("no body was scanned");
    return this.#memory;
  }

  #result(n: number): number {
    return this.#opened.view.getInt32(RESULT + 4 * n, LITTLE_ENDIAN);
  }

  #has(key: number): boolean {
    return this.rows > 0 && (this.#result(OTHERS) & 1 << key) !== 0;
  }

  #kinds(length: number): Uint8Array {
    return new Uint8Array(this.#opened.bytes.buffer, KINDS, length);
  }

  #floats(key: typeof MULTIPLIER | typeof QUOTED_AT, length: number): Float64Array {
    const at = key === MULTIPLIER ? MULTIPLIERS : TIMES;
    return new Float64Array(this.#opened.bytes.buffer, at, length);
  }

  /** Reads what the scan left to be read; `false` where that is not plain or not right. */
  #takeNotes(): boolean {
    const { bytes } = this.#opened;
    const count = this.#result(NOTES);
    const notes = new Int32Array(bytes.buffer, NOTED, count * NOTE_SIZE / 4);
    const unknown = new Map<number, Set<string>>();
    for (let at = 0; at < notes.length; at += NOTE_SIZE / 4) {
      const word = (n: number): number => notes[at + n] ?? 0;
      const key = word(0);
      const place = word(1);
      const [from, to] = [word(4), word(5)];
      if (key === LEFT) {
        const value = numberOf(ascii(bytes, from, to));
        if (this.#opened.storeValue(word(2), value, place) === 0) return false;
        continue;
      }
      if (key !== UNKNOWN) {
        if (!this.#takeOther(key, place, ascii(bytes, from, to))) return false;
        continue;
      }
      if (from > 0 && jsonValue(bytes.subarray(from, to)) === undefined) return false;
      const text = ascii(bytes, word(2) + 1, word(3) - 1);
      const keys = unknown.get(place);
      if (!keys) unknown.set(place, new Set([text]));
      else keys.add(text);
    }
    this.unknown = [...unknown.values()]
      .map((keys) => Object.fromEntries([...keys].map((key) => [key, null])));
    return true;
  }

  #takeOther(key: number, place: number, json: string): boolean {
    const value = otherValue(key, json);
    if (Number.isNaN(value)) return false;
    const column = key === MARKET_DATA_TYPE
      ? this.#kinds(this.rows)
      : this.#floats(key === MULTIPLIER ? MULTIPLIER : QUOTED_AT, this.rows);
    if (place === FOR_ALL) column.fill(value);
    else column[place] = value;
    return true;
  }
}

/** A value of a key from {@link MULTIPLIER} to {@link QUOTED_AT} as it is kept; NaN for no such. */
function otherValue(key: number, json: string): number {
  // The scan took texts only where they are plain.
  const text = json.slice(1, -1);
  if (key === QUOTED_AT) {
    const ms = parseInstant(text);
    return typeof ms === "number" ? ms : NaN;
  }
  if (key === MARKET_DATA_TYPE) return MARKET_DATA_KINDS.findIndex((kind) => kind === text) + 1;
  const multiplier = numberOf(json);
  return multiplier > 0 && multiplier <= MAX_MULTIPLIER ? multiplier : NaN;
}

/** The number that characters of numbers say; NaN where they make none. */
function numberOf(json: string): number {
  try {
    // `JSON.parse` gives a number for what has only a number's characters, or throws.
    return JSON.parse(json) as number;
  } catch {
    return NaN;
  }
}

function sortedBy<T extends Int32Array | Uint8Array | Float64Array>(
  rowOf: Int32Array | null,
  column: T,
): T {
  const sorted = column.slice() as T; // a slice is of the array's own kind
  if (rowOf) {
    for (let i = 0; i < rowOf.length; i++) sorted[i] = column[rowOf[i] as number] as number;
  }
  return sorted;
}
