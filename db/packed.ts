/**
 * A batch's quotes in half the bytes of a block (db/block.ts), for days with few snapshots: version
 * 2 of the column `block`. SQL reads it by `block_values()` too
 * (`migrations/0004_rewritten_days.sql`), at a few microseconds a value.
 *
 *     byte 0      version, 2
 *     byte 1      columns, 15, as in a block
 *     bytes 2-5   contracts
 *     then for each column 4 bytes: where it begins; 0: no contract has a value
 *     then the columns, each from a new byte on, as bits, the highest first:
 *       1 bit       some contracts have none
 *       1 bit       values are what they are above the contract's in the column before, none as 0
 *       a number    the base
 *       a number    the step; 0: all have the base
 *       where some have none, for each eight contracts 1 bit: all have a value; and else a bit for
 *       each of them, 1 where there is a value
 *       2 bits      the way
 *       6 bits      the least width; 3 bits: in how many bits a run says how much wider it is
 *       for each five values these bits, then their codes
 *
 * A number is 6 bits, its length, and so many bits, which stand for 0, -1, 1, -2 … A value is base +
 * step × n. By way 0 the code is n; by way 1 what n is above the n before, and by way 2 above the
 * line through the two before, either sign as in a number. Before the first there is 0. Prices and
 * greeks of neighbouring strikes lie near a line, volumes do not, and an ask lies near its bid.
 */
import { NONE } from "../options/columns.ts";
import { BitReader, BitWriter, divisor, unzigzag, widthOf, zigzag } from "./bits.ts";

/** The first byte of a packed block. */
export const PACKED_VERSION = 2;

const RUN = 5;
const HEAD_BYTES = 6;

/** A column of a batch in whole numbers, {@link NONE} for none; `null` where all are. */
export type Wholes = Int32Array | Float64Array | null;

/** Columns of so many contracts as a packed block. */
export function encodePacked(columns: readonly Wholes[], contracts: number): Uint8Array {
  const parts = columns.map((column, index) => encodeColumn(column, columns[index - 1] ?? null));
  let at = HEAD_BYTES + 4 * columns.length;
  const packed = new Uint8Array(at + parts.reduce((sum, part) => sum + part.length, 0));
  const view = new DataView(packed.buffer);
  packed[0] = PACKED_VERSION;
  packed[1] = columns.length;
  view.setUint32(2, contracts);
  for (const [index, part] of parts.entries()) {
    if (part.length === 0) continue;
    view.setUint32(HEAD_BYTES + 4 * index, at);
    packed.set(part, at);
    at += part.length;
  }
  return packed;
}

/** No bytes where nothing has a value. */
function encodeColumn(column: Wholes, before: Wholes): Uint8Array {
  const own = encodeValues(Array.from(column ?? []));
  if (!column || !before) return own;
  const above = Array.from(
    column,
    (value, i) => value === NONE ? NONE : value - orZero(before[i]),
  );
  // A difference that happens to be what stands for none would be read as none.
  if (above.some((difference, i) => difference === NONE && column[i] !== NONE)) return own;
  const apart = encodeValues(above, { isAbove: true });
  return apart.length < own.length ? apart : own;
}

function orZero(value: number | undefined): number {
  return value === undefined || value === NONE ? 0 : value;
}

function encodeValues(values: readonly number[], { isAbove } = { isAbove: false }): Uint8Array {
  const some = values.filter((value) => value !== NONE);
  if (some.length === 0) return new Uint8Array(0);
  const someNone = some.length < values.length;
  const base = some.reduce((a, b) => Math.min(a, b));
  const step = some.reduce((common, value) => divisor(common, value - base), 0);
  const bits = new BitWriter();
  bits.write(someNone ? 1 : 0, 1);
  bits.write(isAbove ? 1 : 0, 1);
  bits.number(base);
  bits.number(step);
  if (someNone) writeNones(bits, values);
  if (step > 0) writeRuns(bits, some.map((value) => (value - base) / step));
  return bits.bytes();
}

/** Contracts of which one bit says that all have a value. */
const GROUP = 8;

function writeNones(bits: BitWriter, values: readonly number[]): void {
  for (let begin = 0; begin < values.length; begin += GROUP) {
    const group = values.slice(begin, begin + GROUP);
    const all = group.every((value) => value !== NONE);
    bits.write(all ? 1 : 0, 1);
    if (!all) { for (const value of group) bits.write(value === NONE ? 0 : 1, 1); }
  }
}

function readNones(bits: BitReader, values: Float64Array): void {
  for (let begin = 0; begin < values.length; begin += GROUP) {
    if (bits.read(1) === 1) continue;
    const end = Math.min(begin + GROUP, values.length);
    for (let i = begin; i < end; i++) if (bits.read(1) === 0) values[i] = NONE;
  }
}

function writeRuns(bits: BitWriter, numbers: readonly number[]): void {
  const at = (place: number): number => numbers[place] ?? 0;
  const ways = [
    numbers,
    numbers.map((n, i) => zigzag(n - at(i - 1))),
    numbers.map((n, i) => zigzag(n - 2 * at(i - 1) + at(i - 2))),
  ].map(runsOf);
  const sizes = ways.map((runs) =>
    runs.reduce((sum, { codes, width }) => sum + codes.length * width, 0)
  );
  const way = sizes.indexOf(Math.min(...sizes));
  const runs = ways[way] ?? [];
  const widths = runs.map(({ width }) => width);
  const least = widths.reduce((a, b) => Math.min(a, b));
  const widthBits = widthOf(widths.reduce((a, b) => Math.max(a, b)) - least);
  bits.write(way, 2);
  bits.write(least, 6);
  bits.write(widthBits, 3);
  for (const { codes, width } of runs) {
    bits.write(width - least, widthBits);
    for (const code of codes) bits.write(code, width);
  }
}

interface Run {
  readonly codes: readonly number[];
  readonly width: number;
}

function runsOf(codes: readonly number[]): Run[] {
  return Array.from({ length: Math.ceil(codes.length / RUN) }, (_, i) => {
    const run = codes.slice(i * RUN, (i + 1) * RUN);
    return { codes: run, width: widthOf(Math.max(...run)) };
  });
}

/** The columns of a packed block of so many contracts. */
export function decodePacked(packed: Uint8Array, contracts: number): (Float64Array | null)[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const columns: (Float64Array | null)[] = [];
  for (let index = 0; index < (packed[1] ?? 0); index++) {
    const begin = view.getUint32(HEAD_BYTES + 4 * index);
    columns.push(
      begin === 0
        ? null
        : decodeColumn(new BitReader(packed, 8 * begin), contracts, columns[index - 1] ?? null),
    );
  }
  return columns;
}

function decodeColumn(
  bits: BitReader,
  contracts: number,
  before: Float64Array | null,
): Float64Array {
  const someNone = bits.read(1) === 1;
  const isAbove = bits.read(1) === 1;
  const base = bits.number();
  const step = bits.number();
  const values = new Float64Array(contracts).fill(base);
  if (someNone) readNones(bits, values);
  if (step > 0) readRuns(bits, values, { base, step });
  if (isAbove) {
    for (let i = 0; i < contracts; i++) {
      const value = values[i] ?? NONE;
      if (value !== NONE) values[i] = value + orZero(before?.[i]);
    }
  }
  return values;
}

/** Sets those that are not none. */
function readRuns(
  bits: BitReader,
  values: Float64Array,
  { base, step }: { readonly base: number; readonly step: number },
): void {
  const way = bits.read(2);
  const least = bits.read(6);
  const widthBits = bits.read(3);
  let width = 0;
  let last = 0;
  let beforeLast = 0;
  let place = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === NONE) continue;
    if (place % RUN === 0) width = least + bits.read(widthBits);
    const code = bits.read(width);
    const line = way === 0 ? 0 : way === 1 ? last : 2 * last - beforeLast;
    beforeLast = last;
    last = way === 0 ? code : line + unzigzag(code);
    values[i] = base + step * last;
    place++;
  }
}
