/**
 * A batch's quotes as one run of bytes, the column `block` of the table `batches`, which SQL can read
 * too (`block_values()` of `migrations/0013_planes.sql`).
 *
 *     byte 0      version, 3
 *     byte 1      columns, 15: the fields in the order of QUOTE_FIELDS, kind, multiplier, quoted_at
 *     bytes 2-5   contracts
 *     then for each column 18 bytes:
 *       byte 0      planes; 255: no contract has a value; 0: all have the same
 *       byte 1      1 where some contracts have none
 *       bytes 2-9   base, signed
 *       bytes 10-13 step
 *       bytes 14-17 where its planes begin
 *     then the columns' values as planes (db/plane.ts): the highest byte of every code, then the
 *     next …
 *
 * All numbers are big-endian. A value is base + step × code; where some have none, code 0 is none.
 * The step is what all values of a column have in common: prices come in cents, greeks of many
 * feeds with four decimals.
 *
 * Version 1, which is read still, had heads of 14 bytes and all planes with a byte for each
 * contract; PostgreSQL compressed it. Version 2 is db/packed.ts.
 */
import { NONE, type QuoteColumns } from "../options/columns.ts";
import type { OccSymbol } from "../options/contract.ts";
import { QUOTE_FIELDS, type QuoteField } from "../options/quote.ts";
import { decodePacked, PACKED_VERSION } from "./packed.ts";
import { planeByte, planeEnd, planeRoom, readPlane, writePlane } from "./plane.ts";

const VERSION = 3;

/** The version before. */
const WHOLE_VERSION = 1;

/** Multipliers are kept to a ten-thousandth. */
export const MULTIPLIER_SCALE = 10_000;

/** Places of the columns after the fields. */
export const KIND = QUOTE_FIELDS.length;
export const MULTIPLIER = KIND + 1;
export const QUOTED_AT = KIND + 2;
/** Columns of a block: the fields in the order of QUOTE_FIELDS, kind, multiplier, quoted_at. */
export const COLUMNS = KIND + 3;

const HEAD_BYTES = 6;

/** Bytes of a column's head. */
const COLUMN_BYTES = 18;
const WHOLE_COLUMN_BYTES = 14;

const ABSENT = 255;

const MAX_STEP = 0xffff_ffff;

/** Bytes that are no block of the given contracts. */
export class BlockError extends Error {
  override readonly name = "BlockError";
}

/**
 * Quotes as a block.
 *
 * @example
 * ```ts
 * import { columnsOf } from "../options/columns.ts";
 * import { decodeBlock, encodeBlock } from "./block.ts";
 * const columns = columnsOf([]);
 * console.assert(decodeBlock(encodeBlock(columns), columns.occ).fields.bid === null);
 * ```
 */
export function encodeBlock(columns: QuoteColumns): Uint8Array {
  const { length } = columns.occ;
  const plans = wholeColumns(columns).map(planOf);
  let at = HEAD_BYTES + COLUMNS * COLUMN_BYTES;
  const planes = plans.reduce((sum, plan) => sum + (plan?.width ?? 0), 0);
  const block = new Uint8Array(at + planes * planeRoom(length));
  const view = new DataView(block.buffer);
  block[0] = VERSION;
  block[1] = COLUMNS;
  view.setUint32(2, length);
  for (const [index, plan] of plans.entries()) {
    const head = HEAD_BYTES + index * COLUMN_BYTES;
    if (!plan) {
      block[head] = ABSENT;
      continue;
    }
    block[head] = plan.width;
    block[head + 1] = plan.someNone ? 1 : 0;
    view.setBigInt64(head + 2, BigInt(plan.base));
    view.setUint32(head + 10, plan.step);
    view.setUint32(head + 14, at);
    at = writePlanes(block, at, plan);
  }
  return block.subarray(0, at);
}

/** The {@link COLUMNS} columns in whole numbers, {@link NONE} for none, in the order of a block. */
export function wholeColumns(
  { fields, kind, multiplier, quotedAtMs }: QuoteColumns,
): (Int32Array | Float64Array | null)[] {
  return [
    ...QUOTE_FIELDS.map((field) => fields[field]),
    kind && codesOf(kind),
    multiplier && wholes(multiplier, MULTIPLIER_SCALE),
    quotedAtMs && wholes(quotedAtMs, 1),
  ];
}

/** Quotes of the columns of {@link wholeColumns}; a column without a value may be `null` or not. */
export function ofWholeColumns(
  occ: readonly OccSymbol[],
  columns: readonly (Float64Array | null)[],
): QuoteColumns {
  const some = (index: number): Float64Array | null => {
    const column = columns[index];
    return column?.some((value) => value !== NONE) ? column : null;
  };
  const numbers = (index: number, scale: number): Float64Array | null =>
    some(index)?.map((value) => value === NONE ? NaN : value / scale) ?? null;
  const fields: Partial<Record<QuoteField, Int32Array | null>> = {};
  for (const [index, field] of QUOTE_FIELDS.entries()) {
    const column = some(index);
    fields[field] = column && Int32Array.from(column);
  }
  const kinds = some(KIND);
  return {
    occ,
    // Every field of QUOTE_FIELDS was set in the loop above.
    fields: fields as Record<QuoteField, Int32Array | null>,
    kind: kinds && kindsOf(kinds),
    multiplier: numbers(MULTIPLIER, MULTIPLIER_SCALE),
    quotedAtMs: numbers(QUOTED_AT, 1),
  };
}

/** How a column is written. */
interface Plan {
  readonly values: Int32Array | Float64Array;
  readonly width: number;
  readonly someNone: boolean;
  readonly base: number;
  readonly step: number;
}

// Loops, and not map() or from(): those call back for each value, which takes ten times as long.

/** Kinds, {@link NONE} for 0. */
function codesOf(kinds: Uint8Array): Int32Array {
  const codes = new Int32Array(kinds.length);
  for (let i = 0; i < codes.length; i++) codes[i] = kinds[i] || NONE;
  return codes;
}

/** Whole numbers, {@link NONE} for NaN. */
function wholes(numbers: Float64Array, scale: number): Float64Array {
  const whole = new Float64Array(numbers.length);
  for (let i = 0; i < whole.length; i++) {
    const number = numbers[i] ?? NaN;
    whole[i] = Number.isNaN(number) ? NONE : Math.round(number * scale);
  }
  return whole;
}

function planOf(values: Int32Array | Float64Array | null): Plan | null {
  if (values === null) return null;
  const found = values instanceof Int32Array ? rangeOfInts(values) : rangeOfNumbers(values);
  if (!found) return null;
  const { least, most, someNone } = found;
  const step = found.common === 0 || found.common > MAX_STEP ? 1 : found.common;
  const codes = (most - least) / step + 1 + (someNone ? 1 : 0);
  const width = Math.ceil(Math.log2(codes) / 8);
  return { values, width, someNone, base: someNone ? least - step : least, step };
}

interface Range {
  readonly least: number;
  readonly most: number;
  /** The greatest common divisor of the differences; 0 where there are none. */
  readonly common: number;
  readonly someNone: boolean;
}

// The same twice: a loop that sees arrays of one kind only is three times as fast.
function rangeOfInts(values: Int32Array): Range | null {
  let least = Infinity;
  let most = -Infinity;
  let common = 0;
  let someNone = false;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NONE;
    if (value === NONE) {
      someNone = true;
      continue;
    }
    if (value < least) {
      if (common !== 1 && least !== Infinity) common = divisor(common, least - value);
      least = value;
    } else if (common !== 1) common = divisor(common, value - least);
    if (value > most) most = value;
  }
  return most === -Infinity ? null : { least, most, common, someNone };
}

function rangeOfNumbers(values: Float64Array): Range | null {
  let least = Infinity;
  let most = -Infinity;
  let common = 0;
  let someNone = false;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NONE;
    if (value === NONE) {
      someNone = true;
      continue;
    }
    if (value < least) {
      if (common !== 1 && least !== Infinity) common = divisor(common, least - value);
      least = value;
    } else if (common !== 1) common = divisor(common, value - least);
    if (value > most) most = value;
  }
  return most === -Infinity ? null : { least, most, common, someNone };
}

/** The greatest common divisor; 0 takes no part. */
function divisor(a: number, b: number): number {
  if (a !== 0 && b % a === 0) return a;
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

/** Gives the place behind them. */
function writePlanes(block: Uint8Array, start: number, plan: Plan): number {
  const { values, width } = plan;
  if (width === 0) return start;
  const codes = values instanceof Int32Array
    ? { low: codesOfInts(plan, values), high: null }
    : codesOfNumbers(plan, values);
  let at = start;
  for (let plane = width - 1; plane >= 0; plane--) {
    at = plane < 4 || codes.high === null
      ? writePlane(block, at, codes.low, 8 * plane)
      : writePlane(block, at, codes.high, 8 * (plane - 4));
  }
  return at;
}

function codesOfInts({ base, step }: Plan, values: Int32Array): Uint32Array {
  const codes = new Uint32Array(values.length);
  for (let i = 0; i < codes.length; i++) {
    const value = values[i] as number;
    codes[i] = value === NONE ? 0 : step === 1 ? value - base : (value - base) / step;
  }
  return codes;
}

/** Codes of more than 32 bits, as two halves. */
interface LongCodes {
  readonly low: Uint32Array;
  readonly high: Uint32Array | null;
}

function codesOfNumbers({ base, step, width }: Plan, values: Float64Array): LongCodes {
  const low = new Uint32Array(values.length);
  const high = width > 4 ? new Uint32Array(values.length) : null;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const code = value === NONE ? 0 : (value - base) / step;
    low[i] = code % TWO_TO_32;
    if (high) high[i] = Math.floor(code / TWO_TO_32);
  }
  return { low, high };
}

const TWO_TO_32 = 2 ** 32;

/**
 * The quotes of a block, packed or not, which are those of the given contracts. Throws a
 * {@link BlockError} where the bytes cannot be that.
 */
export function decodeBlock(block: Uint8Array, occ: readonly OccSymbol[]): QuoteColumns {
  if (block[0] === PACKED_VERSION) return ofWholeColumns(occ, packedColumns(block, occ.length));
  const columns = readColumns(block, occ.length);
  const ints = (index: number): Int32Array | null => {
    const column = columns[index];
    return column ? readInts(block, occ.length, column) : null;
  };
  const numbers = (index: number, scale: number): Float64Array | null => {
    const column = columns[index];
    return column ? readNumbers(block, occ.length, column, scale) : null;
  };
  const fields: Partial<Record<QuoteField, Int32Array | null>> = {};
  for (const [index, field] of QUOTE_FIELDS.entries()) fields[field] = ints(index);
  const kinds = ints(KIND);
  return {
    occ,
    // Every field of QUOTE_FIELDS was set in the loop above.
    fields: fields as Record<QuoteField, Int32Array | null>,
    kind: kinds && kindsOf(kinds),
    multiplier: numbers(MULTIPLIER, MULTIPLIER_SCALE),
    quotedAtMs: numbers(QUOTED_AT, 1),
  };
}

function kindsOf(codes: Int32Array | Float64Array): Uint8Array {
  const kinds = new Uint8Array(codes.length);
  for (let i = 0; i < kinds.length; i++) kinds[i] = codes[i] === NONE ? 0 : codes[i] ?? 0;
  return kinds;
}

function packedColumns(block: Uint8Array, contracts: number): (Float64Array | null)[] {
  mustHold(block, contracts);
  return decodePacked(block, contracts);
}

/**
 * One contract's values of a block, by its place: {@link COLUMNS} whole numbers, {@link NONE} for
 * none. Throws a {@link BlockError} where the bytes are no block of so many contracts.
 */
export function readBlock(block: Uint8Array, contracts: number, place: number): number[] {
  if (block[0] === PACKED_VERSION) {
    return packedColumns(block, contracts).map((column) => column?.[place] ?? NONE);
  }
  return readColumns(block, contracts).map((column) => {
    if (!column) return NONE;
    let code = 0;
    for (const at of column.planes) {
      const byte = column.isWhole ? block[at + place] ?? 0 : planeByte(block, at, contracts, place);
      code = code * 256 + byte;
    }
    return column.someNone && code === 0 ? NONE : column.base + column.step * code;
  });
}

function mustHold(block: Uint8Array, contracts: number): void {
  if (block[1] !== COLUMNS) throw new BlockError(`a block of ${block[1]} columns has other values`);
  const count = new DataView(block.buffer, block.byteOffset, block.byteLength).getUint32(2);
  if (count !== contracts) {
    throw new BlockError(`a block of ${count} contracts is not that of ${contracts}`);
  }
}

interface Column {
  /** Where its planes are, the highest first. */
  readonly planes: readonly number[];
  /** Whether they are those of the version before: a byte for each contract, and nothing else. */
  readonly isWhole: boolean;
  readonly someNone: boolean;
  readonly base: number;
  readonly step: number;
}

function readColumns(block: Uint8Array, contracts: number): (Column | null)[] {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const isWhole = block[0] === WHOLE_VERSION;
  const columnBytes = isWhole ? WHOLE_COLUMN_BYTES : COLUMN_BYTES;
  let end = HEAD_BYTES + COLUMNS * columnBytes;
  if (block.length < end || !isWhole && block[0] !== VERSION) {
    throw new BlockError(`${block.length} bytes are no block of version ${VERSION}`);
  }
  mustHold(block, contracts);
  const columns = Array.from({ length: COLUMNS }, (_, index) => {
    const head = HEAD_BYTES + index * columnBytes;
    const width = block[head] ?? ABSENT;
    if (width === ABSENT) return null;
    const planes: number[] = [];
    for (let plane = 0; plane < width; plane++) {
      planes.push(end);
      end = isWhole ? end + contracts : planeEnd(block, end, contracts);
    }
    return {
      planes,
      isWhole,
      someNone: block[head + 1] === 1,
      base: Number(view.getBigInt64(head + 2)),
      step: view.getUint32(head + 10),
    };
  });
  if (end !== block.length) {
    throw new BlockError(`a block has ${block.length} bytes, its columns ${end}`);
  }
  return columns;
}

function readCodes(
  block: Uint8Array,
  contracts: number,
  { planes, isWhole }: Column,
  from: number,
): Uint32Array {
  const codes = new Uint32Array(contracts);
  const to = Math.min(planes.length, from + 4);
  for (let plane = from; plane < to; plane++) {
    const at = planes[planes.length - 1 - plane] as number;
    const shift = 8 * (plane - from);
    if (!isWhole) readPlane(block, at, codes, shift);
    else {for (let i = 0; i < contracts; i++) {
        codes[i] = (codes[i] as number) | (block[at + i] as number) << shift;
      }}
  }
  return codes;
}

function readInts(block: Uint8Array, contracts: number, column: Column): Int32Array {
  const { someNone, base, step } = column;
  const codes = readCodes(block, contracts, column, 0);
  const values = new Int32Array(contracts);
  for (let i = 0; i < contracts; i++) {
    const code = codes[i] as number;
    values[i] = someNone && code === 0 ? NONE : base + step * code;
  }
  return values;
}

function readNumbers(
  block: Uint8Array,
  contracts: number,
  column: Column,
  scale: number,
): Float64Array {
  const { someNone, base, step } = column;
  const low = readCodes(block, contracts, column, 0);
  const high = readCodes(block, contracts, column, 4);
  const numbers = new Float64Array(contracts);
  for (let i = 0; i < contracts; i++) {
    const code = (high[i] as number) * TWO_TO_32 + (low[i] as number);
    numbers[i] = someNone && code === 0 ? NaN : (base + step * code) / scale;
  }
  return numbers;
}
