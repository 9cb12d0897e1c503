/** Works out which contracts a body's rows name: by the set that was read before, where it can. */
import type { OccSymbol } from "../contract.ts";
import type { ContractSet } from "./contract_sets.ts";
import { contractOf } from "./ingest.ts";
import { ascii } from "./json_bytes.ts";

/**
 * How a row names its contract: where that starts and ends in the bytes, if it comes first in the
 * row and nothing else is between; then its symbol, expiry, strike and right. A part that it has not
 * starts and ends at 0.
 */
export type RowName = Int32Array;

/**
 * The set of a body whose first rows, so many, are named as in the known set, and the others as
 * `names` says in order. `undefined` where one names no contract for certain, or two the same.
 */
export function readSet(
  known: ContractSet | undefined,
  asKnown: number,
  bytes: Uint8Array,
  names: readonly RowName[],
): ContractSet | undefined {
  if (known && names.length === 0 && asKnown === known.rows.length) return known;
  const rows = known ? known.rows.slice(0, asKnown) : [];
  const textAt = new Int32Array(asKnown + names.length + 1);
  if (known) textAt.set(known.textAt.subarray(0, asKnown + 1));
  let length = textAt[asKnown] ?? 0;
  for (const name of names) {
    const occ = plainOcc(bytes, name) ?? namedOcc(bytes, name);
    if (occ === undefined) return undefined;
    rows.push(occ);
    length += endOf(name) - startOf(name);
    textAt[rows.length] = length;
  }
  const order = sortedOrder(rows);
  if (!order) return undefined;
  const texts = new Uint8Array(length);
  if (known) texts.set(known.texts.subarray(0, textAt[asKnown]));
  for (const [n, name] of names.entries()) {
    texts.set(bytes.subarray(startOf(name), endOf(name)), textAt[asKnown + n]);
  }
  return { texts, textAt, rows, ...order };
}

function startOf(name: RowName): number {
  return name[0] ?? 0;
}

function endOf(name: RowName): number {
  return name[1] ?? 0;
}

function namedOcc(bytes: Uint8Array, name: RowName): OccSymbol | undefined {
  const part = (at: number): string | undefined => {
    const start = name[at] ?? 0;
    return start === 0 ? undefined : ascii(bytes, start, name[at + 1] ?? 0);
  };
  const strike = numberOf(part(6));
  if (strike === "none") return undefined;
  return contractOf({ symbol: part(2), expiry: part(4), strike, right: part(8) })?.occ;
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
  const [, , start = 0, end = 0, expiryAt = 0, expiryEnd = 0, strikeAt = 0, strikeEnd = 0] = name;
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
  const [rightAt = 0, rightEnd = 0] = name.subarray(8);
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
