/**
 * Quotes of several snapshots of the same contracts, contract after contract: the column `body` of
 * the table `slabs`. A contract's values of one field lie together, in as few bits as they need, so
 * that one contract is read without the others; SQL reads it by `slab_quote()`
 * (`migrations/0004_rewritten_days.sql`).
 *
 *     byte 0        version, 1
 *     then for each strip, which is 16 contracts (the last may have fewer), 3 bytes: where it begins
 *     then the strips, each from a new byte on, as bits, the highest first:
 *       for each of the 15 columns of a block (db/block.ts)
 *         2 bits      0: no value at all, 1: the same value everywhere, 2: values, 3: values and nones
 *         from 1 on   a number: the base, zigzag (0, -1, 1, -2 …)
 *         from 2 on   a number: the step; 6 bits: the width of first codes
 *       of several snapshots, for each contract 24 bits: its first bit, counted from here
 *       for each contract, for each column of 2 or 3
 *         of 3        1 bit: has values; of several snapshots 1 more: has nones too, and if so a bit
 *                     for each snapshot, 1 where there is a value
 *         its values  of several snapshots 2 bits: way, 6 bits: width; then the first code (of one
 *                     snapshot also where there is none), then a code of that width for each value
 *
 * A number is 6 bits, its length, and so many bits. A value is base + step × (first code + …): by
 * way 0 its own code; by way 1 the sum of the zigzag codes up to it, and by way 2 of the codes up to
 * it, in which the first value has none. What changes little takes way 1 or 2, what jumps way 0.
 */
import { NONE, type QuoteColumns } from "../options/columns.ts";
import type { OccSymbol } from "../options/contract.ts";
import { COLUMNS, ofWholeColumns } from "./block.ts";

const VERSION = 1;

/** Contracts of a strip: neighbours, which have prices and greeks of about the same size. */
export const STRIP = 16;

/** A column of one snapshot in whole numbers, {@link NONE} for none; `null` where all are. */
export type Wholes = Int32Array | Float64Array | null;

/** Bytes that are no slab of so many contracts and snapshots. */
export class SlabError extends Error {
  override readonly name = "SlabError";
}

/** Contracts `first` to before `end` of snapshots, each of which has {@link COLUMNS} columns. */
export function encodeSlab(
  snapshots: readonly (readonly Wholes[])[],
  first: number,
  end: number,
): Uint8Array {
  const strips: Uint8Array[] = [];
  for (let at = first; at < end; at += STRIP) {
    strips.push(encodeStrip(snapshots, at, Math.min(at + STRIP, end)));
  }
  const size = 1 + 3 * strips.length + strips.reduce((sum, strip) => sum + strip.length, 0);
  const slab = new Uint8Array(size);
  slab[0] = VERSION;
  let at = 1 + 3 * strips.length;
  for (const [index, strip] of strips.entries()) {
    slab.set([at >>> 16, at >>> 8, at], 1 + 3 * index);
    slab.set(strip, at);
    at += strip.length;
  }
  return slab;
}

/** Bits, the highest first. */
class BitWriter {
  #bytes = new Uint8Array(4096);
  length = 0;

  /** A whole number from 0 on in so many bits, at most 53. */
  write(value: number, width: number): void {
    if (this.length + 64 > this.#bytes.length * 8) {
      const longer = new Uint8Array(this.#bytes.length * 2);
      longer.set(this.#bytes);
      this.#bytes = longer;
    }
    for (let left = width; left > 0;) {
      const free = 8 - this.length % 8;
      const taken = Math.min(free, left);
      const part = Math.floor(value / 2 ** (left - taken)) % 2 ** taken;
      const at = this.length >>> 3;
      this.#bytes[at] = (this.#bytes[at] ?? 0) | part << free - taken;
      this.length += taken;
      left -= taken;
    }
  }

  number(value: number): void {
    const width = widthOf(value);
    this.write(width, 6);
    this.write(value, width);
  }

  /** What was written, to whole bytes. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, Math.ceil(this.length / 8));
  }

  append(other: BitWriter): void {
    const bytes = other.bytes();
    for (const [at, byte] of bytes.entries()) {
      const width = Math.min(8, other.length - 8 * at);
      this.write(byte >>> 8 - width, width);
    }
  }
}

/** Bits that a whole number from 0 on takes. */
function widthOf(value: number): number {
  return value < 0x8000_0000
    ? 32 - Math.clz32(value)
    : 32 + widthOf(Math.floor(value / 0x1_0000_0000));
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function unzigzag(code: number): number {
  return code % 2 === 0 ? code / 2 : -(code + 1) / 2;
}

/** What a strip says of a column. */
interface Head {
  readonly kind: number;
  readonly base: number;
  readonly step: number;
  readonly firstWidth: number;
}

const EMPTY: Head = { kind: 0, base: 0, step: 1, firstWidth: 0 };

function encodeStrip(
  snapshots: readonly (readonly Wholes[])[],
  from: number,
  to: number,
): Uint8Array {
  const several = snapshots.length > 1;
  const bits = new BitWriter();
  const heads: Head[] = [];
  for (let column = 0; column < COLUMNS; column++) {
    const head = headOf(snapshots, column, from, to);
    heads.push(head);
    bits.write(head.kind, 2);
    if (head.kind > 0) bits.number(zigzag(head.base));
    if (head.kind > 1) {
      bits.number(head.step);
      bits.write(head.firstWidth, 6);
    }
  }
  const rows = new BitWriter();
  const codes = new Float64Array(snapshots.length);
  for (let contract = from; contract < to; contract++) {
    if (several) bits.write(rows.length, 24);
    for (const [column, head] of heads.entries()) {
      if (head.kind < 2) continue;
      for (const [at, snapshot] of snapshots.entries()) {
        const value = snapshot[column]?.[contract] ?? NONE;
        codes[at] = value === NONE ? NONE : (value - head.base) / head.step;
      }
      writeCodes(rows, head, codes, several);
    }
  }
  bits.append(rows);
  return bits.bytes();
}

function headOf(
  snapshots: readonly (readonly Wholes[])[],
  column: number,
  from: number,
  to: number,
): Head {
  let least = Infinity;
  let most = -Infinity;
  let step = 0;
  let someNone = false;
  for (const snapshot of snapshots) {
    const values = snapshot[column];
    for (let contract = from; contract < to; contract++) {
      const value = values?.[contract] ?? NONE;
      if (value === NONE) {
        someNone = true;
        continue;
      }
      if (least !== Infinity && step !== 1) step = divisor(step, Math.abs(value - least));
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  if (most === -Infinity) return EMPTY;
  if (least === most && !someNone) return { ...EMPTY, kind: 1, base: least };
  if (step === 0) step = 1;
  const firstWidth = widthOf((most - least) / step);
  return { kind: someNone ? 3 : 2, base: least, step, firstWidth };
}

/** The greatest common divisor; 0 takes no part. */
function divisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

function writeCodes(rows: BitWriter, head: Head, codes: Float64Array, several: boolean): void {
  const values = codes.filter((code) => code !== NONE);
  if (head.kind === 3) {
    rows.write(values.length > 0 ? 1 : 0, 1);
    if (several && values.length > 0) {
      const mixed = values.length < codes.length;
      rows.write(mixed ? 1 : 0, 1);
      if (mixed) { for (const code of codes) rows.write(code === NONE ? 0 : 1, 1); }
    }
  }
  if (!several) {
    rows.write(values[0] ?? 0, head.firstWidth);
    return;
  }
  const [first] = values;
  if (first === undefined) return;
  let least = first;
  let most = first;
  let widestStep = 0;
  let rises = true;
  for (let at = 1; at < values.length; at++) {
    const value = values[at] ?? 0;
    const step = value - (values[at - 1] ?? 0);
    least = Math.min(least, value);
    most = Math.max(most, value);
    widestStep = Math.max(widestStep, Math.abs(step) * 2);
    if (step < 0) rises = false;
  }
  const own = widthOf(most - least);
  const stepped = widthOf(rises ? widestStep / 2 : widestStep);
  const way = own * values.length <= stepped * (values.length - 1) ? 0 : rises ? 2 : 1;
  const width = way === 0 ? own : stepped;
  rows.write(way, 2);
  rows.write(width, 6);
  rows.write(way === 0 ? least : first, head.firstWidth);
  for (let at = way === 0 ? 0 : 1; at < values.length; at++) {
    const value = values[at] ?? 0;
    const step = value - (values[at - 1] ?? 0);
    rows.write(way === 0 ? value - least : way === 1 ? zigzag(step) : step, width);
  }
}

class BitReader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  read(width: number): number {
    if (this.at + width > this.#bytes.length * 8) {
      throw new SlabError(`a slab of ${this.#bytes.length} bytes ends before its values do`);
    }
    let value = 0;
    for (let left = width; left > 0;) {
      const free = 8 - this.at % 8;
      const taken = Math.min(free, left);
      const byte = this.#bytes[this.at >>> 3] ?? 0;
      value = value * 2 ** taken + (byte >>> free - taken & (1 << taken) - 1);
      this.at += taken;
      left -= taken;
    }
    return value;
  }

  number(): number {
    return this.read(this.read(6));
  }
}

/**
 * One contract's values, `place` counted from the slab's first: for each column a value per
 * snapshot, {@link NONE} for none, or `null` where it never has one. Throws a {@link SlabError} on
 * bytes that cannot be that.
 */
export function readSlab(
  slab: Uint8Array,
  { contracts, snapshots, place }: {
    readonly contracts: number;
    readonly snapshots: number;
    readonly place: number;
  },
): (Float64Array | null)[] {
  if (slab[0] !== VERSION) {
    throw new SlabError(`a slab of version ${slab[0]} cannot be read by this version`);
  }
  const strip = Math.floor(place / STRIP);
  const inStrip = Math.min(STRIP, contracts - strip * STRIP);
  const bits = new BitReader(slab, 8 * (1 + 3 * strip));
  bits.at = 8 * bits.read(24);
  const heads = Array.from({ length: COLUMNS }, (): Head => {
    const kind = bits.read(2);
    return {
      kind,
      base: kind > 0 ? unzigzag(bits.number()) : 0,
      step: kind > 1 ? bits.number() : 1,
      firstWidth: kind > 1 ? bits.read(6) : 0,
    };
  });
  const row = place % STRIP;
  if (snapshots > 1) {
    const rows = bits.at + 24 * inStrip;
    bits.at += 24 * row;
    bits.at = rows + bits.read(24);
  } else {
    const rowBits = heads.reduce(
      (sum, { kind, firstWidth }) =>
        sum + (kind < 2 ? 0 : kind === 3 ? 1 + firstWidth : firstWidth),
      0,
    );
    bits.at += row * rowBits;
  }
  return heads.map((head) => {
    if (head.kind === 0) return null;
    const values = new Float64Array(snapshots);
    if (head.kind === 1) return values.fill(head.base);
    readCodes(bits, head, values);
    for (const [at, code] of values.entries()) {
      if (code !== NONE) values[at] = head.base + head.step * code;
    }
    return values;
  });
}

function readCodes(bits: BitReader, head: Head, codes: Float64Array): void {
  const several = codes.length > 1;
  const some = head.kind === 2 || bits.read(1) === 1;
  if (head.kind === 3) {
    if (some && several && bits.read(1) === 1) {
      for (let at = 0; at < codes.length; at++) codes[at] = bits.read(1) === 1 ? 0 : NONE;
    } else if (!some) codes.fill(NONE);
  }
  if (!several) {
    const first = bits.read(head.firstWidth);
    if (some) codes[0] = first;
    return;
  }
  if (!some) return;
  const way = bits.read(2);
  const width = bits.read(6);
  let last = bits.read(head.firstWidth);
  let isFirst = way > 0;
  for (let at = 0; at < codes.length; at++) {
    if (codes[at] === NONE) continue;
    if (way === 0) codes[at] = last + bits.read(width);
    else {
      if (!isFirst) last += way === 1 ? unzigzag(bits.read(width)) : bits.read(width);
      isFirst = false;
      codes[at] = last;
    }
  }
}

/** Some contracts of a rewritten day. */
export interface Slab {
  readonly first: number;
  readonly contracts: number;
  readonly body: Uint8Array;
}

/** The chains of a rewritten day, of its slabs in the order of their contracts. */
export function readDay(
  slabs: readonly Slab[],
  occ: readonly OccSymbol[],
  snapshots: number,
): QuoteColumns[] {
  const columns = Array.from(
    { length: snapshots },
    (): Float64Array[] =>
      Array.from({ length: COLUMNS }, () => new Float64Array(occ.length).fill(NONE)),
  );
  for (const { first, contracts, body } of slabs) {
    for (let place = 0; place < contracts; place++) {
      const values = readSlab(body, { contracts, snapshots, place });
      for (const [column, ofContract] of values.entries()) {
        if (!ofContract) continue;
        for (const [at, snapshot] of columns.entries()) {
          const target = snapshot[column];
          if (target) target[first + place] = ofContract[at] ?? NONE;
        }
      }
    }
  }
  return columns.map((snapshot) => ofWholeColumns(occ, snapshot));
}
