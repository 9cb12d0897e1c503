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
 *       a number    the base
 *       a number    the step; 0: all have the base
 *       where some have none, a bit for each contract, 1 where there is a value
 *       for each eight values 2 bits: the way; 6 bits: the width; then their codes of that width
 *
 * A number is 6 bits, its length, and so many bits, which stand for 0, -1, 1, -2 … A value is base +
 * step × n. By way 0 the code is n; by way 1 what n is above the n before, and by way 2 above the
 * line through the two before, either sign as in a number. Before the first there is 0. Prices and
 * greeks of neighbouring strikes lie near a line; volumes do not.
 */
import { NONE } from "../options/columns.ts";
import { BitReader, BitWriter, divisor, unzigzag, widthOf, zigzag } from "./bits.ts";

/** The first byte of a packed block. */
export const PACKED_VERSION = 2;

const RUN = 8;
const HEAD_BYTES = 6;

/** A column of a batch in whole numbers, {@link NONE} for none; `null` where all are. */
export type Wholes = Int32Array | Float64Array | null;

/** Columns of so many contracts as a packed block. */
export function encodePacked(columns: readonly Wholes[], contracts: number): Uint8Array {
  const parts = columns.map((column) => encodeColumn(column ?? []));
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
function encodeColumn(values: ArrayLike<number>): Uint8Array {
  const all = Array.from(values);
  const some = all.filter((value) => value !== NONE);
  const [base] = some;
  if (base === undefined) return new Uint8Array(0);
  const least = some.reduce((a, b) => Math.min(a, b));
  const step = some.reduce((common, value) => divisor(common, value - least), 0);
  const bits = new BitWriter();
  bits.write(some.length < all.length ? 1 : 0, 1);
  bits.number(least);
  bits.number(step);
  if (some.length < all.length) { for (const value of all) bits.write(value === NONE ? 0 : 1, 1); }
  if (step > 0) writeRuns(bits, some.map((value) => (value - least) / step));
  return bits.bytes();
}

function writeRuns(bits: BitWriter, numbers: readonly number[]): void {
  const at = (place: number): number => numbers[place] ?? 0;
  for (let begin = 0; begin < numbers.length; begin += RUN) {
    const run = numbers.slice(begin, begin + RUN);
    const ways = [
      run,
      run.map((n, i) => zigzag(n - at(begin + i - 1))),
      run.map((n, i) => zigzag(n - 2 * at(begin + i - 1) + at(begin + i - 2))),
    ];
    const widths = ways.map((codes) => widthOf(Math.max(...codes)));
    const width = Math.min(...widths);
    const way = widths.indexOf(width);
    bits.write(way, 2);
    bits.write(width, 6);
    for (const code of ways[way] ?? []) bits.write(code, width);
  }
}

/** The columns of a packed block of so many contracts. */
export function decodePacked(packed: Uint8Array, contracts: number): (Float64Array | null)[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  return Array.from({ length: packed[1] ?? 0 }, (_, index) => {
    const begin = view.getUint32(HEAD_BYTES + 4 * index);
    return begin === 0 ? null : decodeColumn(new BitReader(packed, 8 * begin), contracts);
  });
}

function decodeColumn(bits: BitReader, contracts: number): Float64Array {
  const someNone = bits.read(1) === 1;
  const base = bits.number();
  const step = bits.number();
  const values = new Float64Array(contracts).fill(base);
  if (someNone) { for (let i = 0; i < contracts; i++) if (bits.read(1) === 0) values[i] = NONE; }
  if (step === 0) return values;
  let last = 0;
  let before = 0;
  let way = 0;
  let width = 0;
  let place = 0;
  for (let i = 0; i < contracts; i++) {
    if (values[i] === NONE) continue;
    if (place % RUN === 0) {
      way = bits.read(2);
      width = bits.read(6);
    }
    const code = bits.read(width);
    const n = way === 0
      ? code
      : way === 1
      ? last + unzigzag(code)
      : 2 * last - before + unzigzag(code);
    before = last;
    last = n;
    values[i] = base + step * n;
    place++;
  }
  return values;
}
