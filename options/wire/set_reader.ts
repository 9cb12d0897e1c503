/** Works out which contracts a body's rows name: by the set that was read before, where it can. */
import type { OccSymbol } from "../contract.ts";
import type { ContractSet } from "./contract_sets.ts";
import { contractOf } from "./ingest.ts";
import { ascii, type JsonBytes } from "./json_bytes.ts";

/**
 * How a row names its contract: where its symbol starts and ends in the bytes, then its expiry,
 * strike and right. A part that it has not starts and ends at 0.
 */
export type RowName = Int32Array;

interface MadeSet {
  texts: Uint8Array;
  /** So much of `texts` is used. */
  length: number;
  readonly textAt: number[];
  readonly rows: OccSymbol[];
}

const LITTLE_ENDIAN = true;

/** Reads the contracts of one body after the other, row by row. */
export class SetReader {
  readonly #json: JsonBytes;
  #known: ContractSet | undefined;
  /** So many rows, from the first on, were named as in the known set. */
  #asKnown = 0;
  /** The set that the rows make, from the first on that was not. */
  #made: MadeSet | null = null;

  constructor(json: JsonBytes) {
    this.#json = json;
  }

  /** Begins with another body, whose set is perhaps the known one. */
  open(known: ContractSet | undefined): void {
    this.#known = known;
    this.#asKnown = 0;
    this.#made = null;
  }

  /**
   * Goes past the beginning of the next row, if that is the one of the known set: its contract is
   * then taken.
   */
  takeKnown(): boolean {
    const known = this.#known;
    const row = this.#asKnown;
    if (!known || this.#made !== null || row === known.rows.length) return false;
    const { bytes, view, at } = this.#json;
    const { texts, textAt } = known;
    const from = textAt[row] as number;
    const length = (textAt[row + 1] as number) - from;
    if (length === 0 || at + length >= bytes.length) return false;
    let i = 0;
    for (; i + 4 <= length; i += 4) {
      const word = view.getInt32(at + i, LITTLE_ENDIAN);
      if (word !== texts.getInt32(from + i, LITTLE_ENDIAN)) return false;
    }
    for (; i < length; i++) if (bytes[at + i] !== texts.getUint8(from + i)) return false;
    if (!endsValue(bytes[at + length] as number)) return false;
    this.#asKnown = row + 1;
    this.#json.at = at + length;
    return true;
  }

  /**
   * Takes the next row, which is not as in the known set; `false` where it names no contract for
   * certain. From `start` to `end` it names it, and nothing else; they are equal where it does not.
   */
  add(name: RowName, start: number, end: number): boolean {
    const made = this.#made ??= this.#leaveKnown();
    const { bytes } = this.#json;
    const occ = plainOcc(bytes, name) ?? this.#namedOcc(name);
    if (occ === undefined) return false;
    made.rows.push(occ);
    const length = made.length + end - start;
    if (length > made.texts.length) {
      const texts = new Uint8Array(2 * length);
      texts.set(made.texts);
      made.texts = texts;
    }
    made.texts.set(bytes.subarray(start, end), made.length);
    made.length = length;
    made.textAt.push(length);
    return true;
  }

  /** The set of the rows; `undefined` where a contract is named twice. */
  set(): ContractSet | undefined {
    const known = this.#known;
    if (this.#made === null && known?.rows.length === this.#asKnown) return known;
    const { texts, length, textAt, rows } = this.#made ?? this.#leaveKnown();
    const order = sortedOrder(rows);
    if (!order) return undefined;
    return {
      texts: new DataView(texts.slice(0, length).buffer),
      textAt: Int32Array.from(textAt),
      rows,
      ...order,
    };
  }

  #leaveKnown(): MadeSet {
    const known = this.#known;
    const count = this.#asKnown;
    const length = known?.textAt[count] ?? 0;
    const texts = new Uint8Array(Math.max(1024, 2 * length));
    if (known) texts.set(new Uint8Array(known.texts.buffer, 0, length));
    const textAt = known ? [...known.textAt.subarray(0, count + 1)] : [0];
    return { texts, length, textAt, rows: known ? known.rows.slice(0, count) : [] };
  }

  #namedOcc(name: RowName): OccSymbol | undefined {
    const part = (at: number): string | undefined => {
      const start = name[at] ?? 0;
      return start === 0 ? undefined : ascii(this.#json.bytes, start, name[at + 1] ?? 0);
    };
    const strike = numberOf(part(4));
    if (strike === "none") return undefined;
    return contractOf({ symbol: part(0), expiry: part(2), strike, right: part(6) })?.occ;
  }
}

/** Whether a byte can only come after a value: a comma, the end of an object or array, white space. */
function endsValue(byte: number): boolean {
  return byte === 0x2c || byte === 0x7d || byte === 0x5d || byte <= 0x20;
}

function numberOf(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return "none";
  }
}

/** The days of each month; those of February in a leap year, as every fourth is until 2100. */
const DAYS = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * The OCC symbol of a row that has it in its compact form, with nothing beside it or with an
 * expiry, strike and right that are plainly its own; `undefined` where that must be looked into.
 */
function plainOcc(bytes: Uint8Array, name: RowName): OccSymbol | undefined {
  const [start = 0, end = 0, expiryAt = 0, expiryEnd = 0, strikeAt = 0, strikeEnd = 0] = name;
  const rootEnd = end - 15;
  if (rootEnd <= start || rootEnd > start + 6) return undefined;
  for (let at = start; at < rootEnd; at++) {
    const byte = bytes[at] ?? 0;
    const isLetter = byte >= 0x41 && byte <= 0x5a;
    if (!isLetter && (at === start || byte !== 0x2e && !isDigit(byte))) return undefined;
  }
  const year = digits(bytes, rootEnd, rootEnd + 2);
  const month = digits(bytes, rootEnd + 2, rootEnd + 4);
  const day = digits(bytes, rootEnd + 4, rootEnd + 6);
  const right = bytes[rootEnd + 6];
  const thousandths = digits(bytes, rootEnd + 7, end);
  const isDay = year >= 0 && day >= 1 && day <= (DAYS[month] ?? 0) &&
    (month !== 2 || day < 29 || year % 4 === 0);
  if (!isDay || right !== 0x43 && right !== 0x50 || !(thousandths > 0)) return undefined;
  if (expiryAt > 0) {
    const said = ascii(bytes, expiryAt, expiryEnd);
    const day = ascii(bytes, rootEnd, rootEnd + 6);
    if (said !== `20${day.slice(0, 2)}-${day.slice(2, 4)}-${day.slice(4)}`) return undefined;
  }
  if (strikeAt > 0 && numberOf(ascii(bytes, strikeAt, strikeEnd)) !== thousandths / 1000) {
    return undefined;
  }
  const [rightAt = 0, rightEnd = 0] = name.subarray(6);
  if (rightAt > 0 && (rightEnd !== rightAt + 1 || bytes[rightAt] !== right)) return undefined;
  return ascii(bytes, start, end) as OccSymbol; // just seen to be one
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** The number that digits say; -1 where there are others among them. */
function digits(bytes: Uint8Array, start: number, end: number): number {
  let number = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (!isDigit(byte)) return -1;
    number = number * 10 + byte - 0x30;
  }
  return number;
}

interface Order {
  readonly occ: readonly OccSymbol[];
  readonly rowOf: Int32Array | null;
}

function sortedOrder(rows: readonly OccSymbol[]): Order | undefined {
  if (rows.every((occ, i) => i === 0 || occ > (rows[i - 1] ?? ""))) {
    return { occ: rows, rowOf: null };
  }
  const sorted = rows.map((occ, row) => ({ occ, row }))
    .sort((a, b) => (a.occ < b.occ ? -1 : a.occ > b.occ ? 1 : 0));
  if (sorted.some(({ occ }, i) => occ === sorted[i - 1]?.occ)) return undefined;
  return { occ: sorted.map(({ occ }) => occ), rowOf: Int32Array.from(sorted, ({ row }) => row) };
}
