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
  names: Uint8Array;
  /** So much of `names` is used. */
  length: number;
  readonly nameAt: number[];
  readonly rows: OccSymbol[];
}

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

  /** Takes the next row; `false` where it names no contract for certain. */
  add(name: RowName): boolean {
    if (this.#made === null && this.#isNextKnown(name)) {
      this.#asKnown++;
      return true;
    }
    const made = this.#made ??= this.#leaveKnown();
    const occ = plainOcc(this.#json.bytes, name) ?? this.#namedOcc(name);
    if (occ === undefined) return false;
    made.rows.push(occ);
    for (let part = 0; part < name.length; part += 2) this.#append(made, name, part);
    made.nameAt.push(made.length);
    return true;
  }

  /** The set of the rows; `undefined` where a contract is named twice. */
  set(): ContractSet | undefined {
    const known = this.#known;
    if (this.#made === null && known?.rows.length === this.#asKnown) return known;
    const { names, length, nameAt, rows } = this.#made ?? this.#leaveKnown();
    const order = sortedOrder(rows);
    if (!order) return undefined;
    return {
      names: names.slice(0, length),
      nameAt: Int32Array.from(nameAt),
      rows,
      occ: order.rowOf ? order.occ : rows,
      rowOf: order.rowOf,
    };
  }

  #isNextKnown(name: RowName): boolean {
    const known = this.#known;
    if (!known || this.#asKnown >= known.rows.length) return false;
    const bytes = this.#json.bytes;
    const { names } = known;
    let at = known.nameAt[this.#asKnown] ?? 0;
    for (let part = 0; part < 8; part += 2) {
      const end = name[part + 1] ?? 0;
      for (let from = name[part] ?? 0; from < end; from++) {
        if (bytes[from] !== names[at++]) return false;
      }
      if (names[at++] !== 0) return false;
    }
    return true;
  }

  #leaveKnown(): MadeSet {
    const known = this.#known;
    const count = this.#asKnown;
    const length = known?.nameAt[count] ?? 0;
    const names = new Uint8Array(Math.max(1024, 2 * length));
    if (known) names.set(known.names.subarray(0, length));
    const nameAt = known ? [...known.nameAt.subarray(0, count + 1)] : [0];
    return { names, length, nameAt, rows: known ? known.rows.slice(0, count) : [] };
  }

  #append(made: MadeSet, name: RowName, part: number): void {
    const bytes = this.#json.bytes.subarray(name[part], name[part + 1]);
    if (made.length + bytes.length + 1 > made.names.length) {
      const names = new Uint8Array(2 * made.names.length + bytes.length);
      names.set(made.names);
      made.names = names;
    }
    made.names.set(bytes, made.length);
    made.length += bytes.length;
    made.names[made.length++] = 0;
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
