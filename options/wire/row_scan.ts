/** Scans the contracts of a body, which are one object each, into buffers. */
import { QUOTE_FIELDS } from "../quote.ts";
import { BytePatterns, MAX_PATTERN_BYTES } from "./byte_patterns.ts";
import { MAX_CONTRACTS, WIRE_NAME } from "./ingest_schema.ts";
import type { JsonBytes } from "./json_bytes.ts";
import { MID, NUMBER_KINDS, type QuoteBuffers } from "./quote_buffers.ts";
import { takeKind, takeMultiplier, takeTime } from "./scanned_values.ts";
import type { SetReader } from "./set_reader.ts";
import { type NumberKind, storeNumber } from "./stored_number.ts";

/** The keys of a row: the buffers' first, in their order, then these. */
const SYMBOL = MID + 1;
const EXPIRY = MID + 2;
const STRIKE = MID + 3;
const RIGHT = MID + 4;
const MULTIPLIER = MID + 5;
const MARKET_DATA_TYPE = MID + 6;
const QUOTED_AT = MID + 7;
const KEYS: readonly string[] = [
  ...QUOTE_FIELDS.map((field) => WIRE_NAME[field]),
  "mid",
  "symbol",
  "expiry",
  "strike",
  "right",
  "multiplier",
  "market_data_type",
  "quoted_at",
];
const UNKNOWN = KEYS.length;
/** The end of a row, among the keys. */
const END = UNKNOWN + 1;
/** The start of a row, among the keys that may come before a key. */
const START = UNKNOWN + 2;

/** The keys that name a contract, as bits. */
const NAMING = 1 << SYMBOL | 1 << EXPIRY | 1 << STRIKE | 1 << RIGHT;

const encoder = new TextEncoder();
/** A key as it stands in the bytes, from quote to quote. */
const KEY_BYTES = KEYS.map((key) => encoder.encode(`"${key}"`));

/** Keys with what comes before and after them, as JavaScript writes them, and as Python does. */
const LAYOUTS = ([[",", ":"], [", ", ": "]] as const).map(([comma, colon]) =>
  new BytePatterns([
    ...KEYS.map((key) => `${comma}"${key}"${colon}`),
    "none of JSON", // in the place of UNKNOWN
    "}",
    ...KEYS.map((key) => `{"${key}"${colon}`),
  ])
);

/** Scans one body's rows after the other's. */
export class RowScan {
  /** The unknown fields of the rows, in the order in which they came. */
  unknown: Readonly<Record<string, null>>[] = [];
  readonly #json: JsonBytes;
  readonly #set: SetReader;
  readonly #buffers: QuoteBuffers;
  /** As `RowName` says. */
  readonly #name = new Int32Array(8);
  /** The key that came after each the last time. */
  readonly #next = Uint8Array.from({ length: START + 1 }, () => SYMBOL);
  /** The last key that named a contract. */
  #lastNaming = SYMBOL;
  #layout = LAYOUTS[0] as BytePatterns;

  constructor(json: JsonBytes, set: SetReader, buffers: QuoteBuffers) {
    this.#json = json;
    this.#set = set;
    this.#buffers = buffers;
  }

  /** Reads the array of rows; `false` where it must be read the exact way. */
  read(): boolean {
    const json = this.#json;
    this.unknown = [];
    if (!json.take(0x5b)) return false;
    if (json.take(0x5d)) return true;
    let row = 0;
    do {
      if (row === MAX_CONTRACTS) return false;
      this.#buffers.reach(row + 1);
      if (!this.#readRow(row++)) return false;
    } while (json.take(0x2c));
    return json.take(0x5d);
  }

  #readRow(row: number): boolean {
    const json = this.#json;
    const next = this.#next;
    const { numbers } = this.#buffers;
    const { bytes, view } = json;
    const quickUntil = bytes.length - MAX_PATTERN_BYTES;
    json.peek();
    const start = json.at;
    const isKnown = this.#set.takeKnown();
    if (!isKnown) this.#name.fill(0);
    let seen = isKnown ? NAMING : 0;
    let before = isKnown ? this.#lastNaming : START;
    let unknown: string[] | undefined;
    let at = json.at;
    // Where what names the contract ends, while nothing else has come.
    let nameEnd = start;
    let isNaming = true;
    for (;;) {
      let key = next[before] as number;
      const pattern = before === START ? key + START : key;
      const layout = this.#layout;
      if (at < quickUntil && layout.isAt(view, at, pattern)) {
        at += layout.lengths[pattern] as number;
      } else {
        json.at = at;
        key = this.#findKey(before === START);
        if (key < 0) return false;
        if (key === UNKNOWN) (unknown ??= []).push(json.text());
        else next[before] = key;
        at = json.at;
      }
      if (key === END) break;
      if ((seen & 1 << key) !== 0) return false;
      if (key <= MID) {
        const kind = NUMBER_KINDS[key] as NumberKind;
        at = storeNumber(json, at, kind, numbers[key] as Int32Array, row);
        if (at < 0) return false;
      } else {
        json.at = at;
        if (!this.#readOther(key, row)) return false;
        at = json.at;
      }
      if ((NAMING & 1 << key) === 0) isNaming = false;
      else {
        nameEnd = isNaming ? at : start;
        this.#lastNaming = key;
      }
      if (key !== UNKNOWN) seen |= 1 << key;
      before = key;
    }
    json.at = at;
    if (unknown) this.unknown.push(Object.fromEntries(unknown.map((key) => [key, null])));
    return isKnown || this.#set.add(this.#name, start, nameEnd);
  }

  /** Goes on to the next value of a row, or to its end. Gives its key, -1 where there is none. */
  #findKey(isFirst: boolean): number {
    const json = this.#json;
    if (!isFirst && json.take(0x7d)) return END;
    if (!json.take(isFirst ? 0x7b : 0x2c)) return -1;
    json.peek();
    let key = KEY_BYTES.findIndex((bytes) => json.takeAll(bytes));
    if (key < 0) {
      key = UNKNOWN;
      if (!json.takeText()) return -1;
    }
    if (!json.take(0x3a)) return -1;
    if (isFirst) this.#layout = LAYOUTS[json.bytes[json.at] === 0x20 ? 1 : 0] as BytePatterns;
    json.peek();
    return key;
  }

  #readOther(key: number, row: number): boolean {
    const json = this.#json;
    if (json.takeNull()) return key !== SYMBOL;
    switch (key) {
      case SYMBOL:
        return this.#readName(0);
      case EXPIRY:
        return this.#readName(2);
      case RIGHT:
        return this.#readName(6);
      case STRIKE:
        this.#name[4] = json.at;
        if (!json.skipNumber()) return false;
        this.#name[5] = json.at;
        return true;
      case MULTIPLIER: {
        const value = this.#buffers.multiplier[row] = takeMultiplier(json);
        return !Number.isNaN(value);
      }
      case MARKET_DATA_TYPE: {
        const value = this.#buffers.kind[row] = takeKind(json);
        return !Number.isNaN(value);
      }
      case QUOTED_AT: {
        const value = this.#buffers.quotedAtMs[row] = takeTime(json);
        return !Number.isNaN(value);
      }
      default:
        return json.takeValue();
    }
  }

  #readName(part: number): boolean {
    const json = this.#json;
    if (!json.takeText() || json.start === json.end) return false;
    this.#name[part] = json.start;
    this.#name[part + 1] = json.end;
    return true;
  }
}
