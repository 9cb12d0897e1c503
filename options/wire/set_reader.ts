/** Works out which contracts a body's rows name: by the set that was read before, where it can. */
import type { OccSymbol } from "../contract.ts";
import type { ContractSet } from "./contract_sets.ts";
import { contractOf } from "./ingest.ts";
import { ascii } from "./json_bytes.ts";
import { NAME_SIZE } from "./scan/layout.ts";

/**
 * How rows name their contracts, ten numbers a row: where that starts and ends in the bytes, if it
 * comes first in the row and nothing else is between; then where its symbol, expiry, strike and right
 * do. A part that it has not starts and ends at 0.
 */
export type RowNames = Int32Array;

const PER_ROW = NAME_SIZE / 4;
/** Where among a row's numbers those of each part are. */
const SYMBOL = 2;
const EXPIRY = 4;
const STRIKE = 6;
const RIGHT = 8;

/**
 * The set of a body whose first rows, so many, are named as in the known set, and the others as
 * `names` says. `undefined` where one names no contract for certain, or two name the same.
 */
export function readSet(
  known: ContractSet | undefined,
  asKnown: number,
  bytes: Uint8Array,
  names: RowNames,
): ContractSet | undefined {
  if (known && names.length === 0 && asKnown === known.rows.length) return known;
  const rows = known ? known.rows.slice(0, asKnown) : [];
  const textAt = new Int32Array(asKnown + names.length / PER_ROW + 1);
  if (known) textAt.set(known.textAt.subarray(0, asKnown + 1));
  let length = textAt[asKnown] ?? 0;
  for (let name = 0; name < names.length; name += PER_ROW) {
    const occ = plainOcc(bytes, names, name) ?? namedOcc(bytes, names, name);
    if (occ === undefined) return undefined;
    rows.push(occ);
    length += (names[name + 1] ?? 0) - (names[name] ?? 0);
    textAt[rows.length] = length;
  }
  const order = sortedOrder(rows);
  if (!order) return undefined;
  const texts = new Uint8Array(length);
  if (known) texts.set(known.texts.subarray(0, textAt[asKnown]));
  let row = asKnown;
  for (let name = 0; name < names.length; name += PER_ROW) {
    texts.set(bytes.subarray(names[name], names[name + 1]), textAt[row++]);
  }
  return { texts, textAt, rows, ...order };
}

function namedOcc(bytes: Uint8Array, names: RowNames, name: number): OccSymbol | undefined {
  const part = (at: number): string | undefined => {
    const start = names[name + at] ?? 0;
    return start === 0 ? undefined : ascii(bytes, start, names[name + at + 1] ?? 0);
  };
  const strike = numberOf(part(STRIKE));
  if (strike === "none") return undefined;
  return contractOf({ symbol: part(SYMBOL), expiry: part(EXPIRY), strike, right: part(RIGHT) })
    ?.occ;
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
function plainOcc(bytes: Uint8Array, names: RowNames, name: number): OccSymbol | undefined {
  const start = names[name + SYMBOL] ?? 0;
  const end = names[name + SYMBOL + 1] ?? 0;
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
  const expiryAt = names[name + EXPIRY] ?? 0;
  if (expiryAt > 0) {
    const said = ascii(bytes, expiryAt, names[name + EXPIRY + 1] ?? 0);
    const day = ascii(bytes, rootEnd, rootEnd + 6);
    if (said !== `20${day.slice(0, 2)}-${day.slice(2, 4)}-${day.slice(4)}`) return undefined;
  }
  const strikeAt = names[name + STRIKE] ?? 0;
  if (strikeAt > 0) {
    const said = numberOf(ascii(bytes, strikeAt, names[name + STRIKE + 1] ?? 0));
    if (said !== thousandths / 1000) return undefined;
  }
  const rightAt = names[name + RIGHT] ?? 0;
  const isOther = bytes[rightAt] !== right || names[name + RIGHT + 1] !== rightAt + 1;
  if (rightAt > 0 && isOther) return undefined;
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

type Order = Pick<ContractSet, "occ" | "rowOf" | "placeOf">;

function sortedOrder(rows: readonly OccSymbol[]): Order | undefined {
  if (rows.every((occ, i) => i === 0 || occ > (rows[i - 1] ?? ""))) {
    return { occ: rows, rowOf: null, placeOf: null };
  }
  const sorted = rows.map((occ, row) => ({ occ, row }))
    .sort((a, b) => (a.occ < b.occ ? -1 : a.occ > b.occ ? 1 : 0));
  if (sorted.some(({ occ }, i) => occ === sorted[i - 1]?.occ)) return undefined;
  const placeOf = new Int32Array(rows.length);
  for (const [place, { row }] of sorted.entries()) placeOf[row] = place;
  return {
    occ: sorted.map(({ occ }) => occ),
    rowOf: Int32Array.from(sorted, ({ row }) => row),
    placeOf,
  };
}
