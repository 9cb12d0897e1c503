/** Scans the contracts of a body, which are an array a field, into buffers. */
import { QUOTE_FIELDS } from "../quote.ts";
import { MAX_CONTRACTS, WIRE_NAME } from "./ingest_schema.ts";
import type { JsonBytes } from "./json_bytes.ts";
import { NUMBER_KINDS, type QuoteBuffers } from "./quote_buffers.ts";
import { takeKind, takeMultiplier, takeTime } from "./scanned_values.ts";
import type { SetReader } from "./set_reader.ts";
import { type NumberKind, storeNumber } from "./stored_number.ts";

/** The columns of numbers, by what they are called. */
const NUMBER_COLUMN: ReadonlyMap<string, number> = new Map(
  QUOTE_FIELDS.map((field, n) => [WIRE_NAME[field], n]),
);

/** A column that may be one value for all. */
type OtherColumn = "multiplier" | "market_data_type" | "quoted_at";

/** Scans one body's columns after the other's. */
export class ColumnScan {
  /** The unknown columns. */
  unknown: Readonly<Record<string, null>> = {};
  readonly #json: JsonBytes;
  readonly #set: SetReader;
  readonly #buffers: QuoteBuffers;
  readonly #name = new Int32Array(8);
  /** How long the columns so far are; -1 before the first. */
  #length = -1;
  readonly #forAll = new Map<OtherColumn, number>();

  constructor(json: JsonBytes, set: SetReader, buffers: QuoteBuffers) {
    this.#json = json;
    this.#set = set;
    this.#buffers = buffers;
  }

  /** Reads the object of columns; `false` where it must be read the exact way. */
  read(): boolean {
    const json = this.#json;
    this.#length = -1;
    this.#forAll.clear();
    const seen = new Set<string>();
    const unknown: string[] = [];
    if (!json.take(0x7b)) return false;
    do {
      if (!json.takeText()) return false;
      const key = json.text();
      if (seen.has(key) || !json.take(0x3a)) return false;
      seen.add(key);
      json.peek();
      if (!this.#readColumn(key, unknown)) return false;
    } while (json.take(0x2c));
    this.unknown = Object.fromEntries(unknown.map((key) => [key, null]));
    this.#fillForAll();
    return seen.has("symbol") && json.take(0x7d);
  }

  #readColumn(key: string, unknown: string[]): boolean {
    const number = NUMBER_COLUMN.get(key);
    if (number !== undefined) return this.#readNumbers(number);
    switch (key) {
      case "symbol":
        return this.#readSymbols();
      case "multiplier":
      case "market_data_type":
      case "quoted_at":
        return this.#readOther(key);
      default:
        unknown.push(key);
        return this.#json.takeValue();
    }
  }

  #readNumbers(number: number): boolean {
    const json = this.#json;
    const buffers = this.#buffers;
    const { bytes } = json;
    const kind = NUMBER_KINDS[number] as NumberKind;
    if (!json.take(0x5b)) return json.takeNull();
    if (json.take(0x5d)) return this.#endsAt(0);
    let column = buffers.numbers[number] as Int32Array;
    let row = 0;
    do {
      json.peek();
      let { at } = json;
      for (;;) {
        if (row === column.length) {
          if (row >= MAX_CONTRACTS) return false;
          buffers.reach(row + 1);
          column = buffers.numbers[number] as Int32Array;
        }
        at = storeNumber(json, at, kind, column, row++);
        // What is not written closely is begun anew, past the white space.
        if (at < 0 || bytes[at] !== 0x2c || (bytes[at + 1] as number) <= 0x20) break;
        at++;
      }
      buffers.reach(row);
      if (at < 0) return false;
      json.at = at;
    } while (json.take(0x2c));
    return json.take(0x5d) && this.#endsAt(row);
  }

  #readSymbols(): boolean {
    return this.#readArray((row) => {
      const json = this.#json;
      this.#buffers.reach(row + 1);
      if (this.#set.takeKnown()) return true;
      const name = this.#name;
      const start = json.at;
      if (!json.takeText() || json.start === json.end) return false;
      name[0] = json.start;
      name[1] = json.end;
      return this.#set.add(name, start, json.at);
    });
  }

  #readOther(key: OtherColumn): boolean {
    const json = this.#json;
    if (json.bytes[json.at] === 0x5b) {
      return this.#readArray((row) => {
        this.#buffers.reach(row + 1);
        if (json.takeNull()) return true;
        const value = this.#takeOther(key);
        this.#bufferOf(key)[row] = value;
        return !Number.isNaN(value);
      });
    }
    if (json.takeNull()) return true;
    const value = this.#takeOther(key);
    this.#forAll.set(key, value);
    return !Number.isNaN(value);
  }

  #takeOther(key: OtherColumn): number {
    const json = this.#json;
    if (key === "multiplier") return takeMultiplier(json);
    return key === "quoted_at" ? takeTime(json) : takeKind(json);
  }

  #bufferOf(key: OtherColumn): Float64Array | Uint8Array {
    const { multiplier, kind, quotedAtMs } = this.#buffers;
    return key === "multiplier" ? multiplier : key === "quoted_at" ? quotedAtMs : kind;
  }

  #fillForAll(): void {
    for (const [key, value] of this.#forAll) {
      this.#bufferOf(key).fill(value, 0, Math.max(0, this.#length));
    }
  }

  #readArray(readValue: (row: number) => boolean): boolean {
    const json = this.#json;
    if (!json.take(0x5b)) return false;
    if (json.take(0x5d)) return this.#endsAt(0);
    let row = 0;
    do {
      json.peek();
      if (row === MAX_CONTRACTS || !readValue(row++)) return false;
    } while (json.take(0x2c));
    return json.take(0x5d) && this.#endsAt(row);
  }

  #endsAt(length: number): boolean {
    if (this.#length < 0) this.#length = length;
    return this.#length === length;
  }
}
