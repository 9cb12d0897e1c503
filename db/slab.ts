/**
 * Quotes of several snapshots of the same contracts, contract after contract: the column `body` of
 * the table `slabs`. What a contract says lies together, so that it is read without the others, in
 * as few bits as it needs; SQL reads it by `slab_quote()` (`migrations/0004_rewritten_days.sql`).
 *
 *     byte 0        version, 2
 *     bytes 1-60    for each of the 15 columns of a block (db/block.ts) 4 bytes: its step
 *     then for each contract 3 bytes: where its record begins
 *     then the records, each from a new byte on, as bits, the highest first:
 *       for each column 3 bits: its kind
 *         0           no value at all
 *         1           the same value in every snapshot
 *         2           codes
 *         3           runs of eight codes: the first, then steps from one to the next
 *         5, 6, 7     as 1, 2, 3, and some snapshots have none
 *       for each column with a value
 *         a number    the base
 *         of 2, 3     6 bits: the width of a code
 *         of 3        6 bits: the width of a step; a number: the least step
 *         of 5 to 7   a bit for each snapshot, 1 where there is a value
 *         of 2        a code for each value
 *         of 3        for each eight values a code, then what their steps are above the least
 *
 * A number is 6 bits, its length, and so many bits, which stand for 0, -1, 1, -2 … A value is base +
 * the column's step × code. What jumps takes codes, what drifts takes steps; runs are short, so that
 * no reader adds up more than seven.
 */
import { NONE, type QuoteColumns } from "../options/columns.ts";
import type { OccSymbol } from "../options/contract.ts";
import { BitReader, BitWriter, divisor, widthOf, zigzag } from "./bits.ts";
import { COLUMNS, ofWholeColumns } from "./block.ts";
import type { Wholes } from "./packed.ts";

const VERSION = 2;

/** Bytes before the places of the records. */
const HEAD_BYTES = 1 + 4 * COLUMNS;

const MAX_STEP = 0xffff_ffff;

/** Values of which one is a code of its own. */
const RUN = 8;

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
  const steps = Array.from({ length: COLUMNS }, (_, column) => {
    const step = stepOf(snapshots, column, first, end);
    return step === 0 || step > MAX_STEP ? 1 : step;
  });
  const records: Uint8Array[] = [];
  for (let at = first; at < end; at++) records.push(encodeRecord(snapshots, at, steps));
  let at = HEAD_BYTES + 3 * records.length;
  const slab = new Uint8Array(at + records.reduce((sum, record) => sum + record.length, 0));
  slab[0] = VERSION;
  const view = new DataView(slab.buffer);
  for (const [column, step] of steps.entries()) view.setUint32(1 + 4 * column, step);
  for (const [index, record] of records.entries()) {
    slab.set([at >>> 16, at >>> 8, at], HEAD_BYTES + 3 * index);
    slab.set(record, at);
    at += record.length;
  }
  return slab;
}

/** What all values of a contract in a column have in common; 0 where each has one value only. */
function stepOf(
  snapshots: readonly (readonly Wholes[])[],
  column: number,
  first: number,
  end: number,
): number {
  let step = 0;
  for (let contract = first; contract < end && step !== 1; contract++) {
    let base = NONE;
    for (const snapshot of snapshots) {
      const value = snapshot[column]?.[contract] ?? NONE;
      if (value === NONE) continue;
      if (base === NONE) base = value;
      step = divisor(step, Math.abs(value - base));
    }
  }
  return step;
}

/** One contract of all snapshots. */
function encodeRecord(
  snapshots: readonly (readonly Wholes[])[],
  contract: number,
  steps: readonly number[],
): Uint8Array {
  const bits = new BitWriter();
  const plans = steps.map((step, column) =>
    planOf(snapshots.map((snapshot) => snapshot[column]?.[contract] ?? NONE), step)
  );
  for (const plan of plans) bits.write(plan ? plan.way + (plan.someNone ? 4 : 0) : 0, 3);
  for (const plan of plans) {
    if (plan) writePlan(bits, plan);
  }
  return bits.bytes();
}

/** How a contract's values in a column are written. */
interface Plan {
  readonly way: 1 | 2 | 3;
  readonly values: readonly number[];
  readonly someNone: boolean;
  readonly base: number;
  /** Of what is not none. */
  readonly codes: readonly number[];
  readonly width: number;
  readonly leastStep: number;
  readonly stepWidth: number;
}

function planOf(values: readonly number[], step: number): Plan | null {
  const some = values.filter((value) => value !== NONE);
  if (some.length === 0) return null;
  const base = Math.min(...some);
  const codes = some.map((value) => (value - base) / step);
  const width = widthOf(Math.max(...codes));
  const between = codes.flatMap((code, at) => at % RUN === 0 ? [] : [code - (codes[at - 1] ?? 0)]);
  const leastStep = between.length > 0 ? Math.min(...between) : 0;
  const stepWidth = between.length > 0 ? widthOf(Math.max(...between) - leastStep) : 0;
  const stepped = width * (codes.length - between.length) + stepWidth * between.length +
    12 + widthOf(zigzag(leastStep));
  const way = width === 0 ? 1 : stepped < width * codes.length ? 3 : 2;
  const someNone = some.length < values.length;
  return { way, values, someNone, base, codes, width, leastStep, stepWidth };
}

function writePlan(bits: BitWriter, plan: Plan): void {
  const { way, values, someNone, base, codes, width, leastStep, stepWidth } = plan;
  bits.number(base);
  if (way > 1) bits.write(width, 6);
  if (way === 3) {
    bits.write(stepWidth, 6);
    bits.number(leastStep);
  }
  if (someNone) { for (const value of values) bits.write(value === NONE ? 0 : 1, 1); }
  if (way === 1) return;
  for (const [at, code] of codes.entries()) {
    if (way === 2 || at % RUN === 0) bits.write(code, width);
    else bits.write(code - (codes[at - 1] ?? 0) - leastStep, stepWidth);
  }
}

/**
 * What {@link readRecord} needs of a slab to read one contract, `place` counted from the slab's
 * first: the steps and the contract's record. SQL has it as `slab_record()`.
 */
export function recordOf(slab: Uint8Array, contracts: number, place: number): Uint8Array {
  const beginOf = (contract: number): number => {
    if (contract === contracts) return slab.length;
    const at = HEAD_BYTES + 3 * contract;
    return (slab[at] ?? 0) << 16 | (slab[at + 1] ?? 0) << 8 | (slab[at + 2] ?? 0);
  };
  const record = slab.subarray(beginOf(place), beginOf(place + 1));
  const bytes = new Uint8Array(HEAD_BYTES + record.length);
  bytes.set(slab.subarray(0, HEAD_BYTES));
  bytes.set(record, HEAD_BYTES);
  return bytes;
}

/**
 * One contract's values of a {@link recordOf}: for each column a value per snapshot, {@link NONE}
 * for none, or `null` where it never has one. Throws a {@link SlabError} on bytes that cannot be
 * that.
 */
export function readRecord(record: Uint8Array, snapshots: number): (Float64Array | null)[] {
  if (record[0] !== VERSION) {
    throw new SlabError(`a slab of version ${record[0]} cannot be read by this version`);
  }
  const bits = new BitReader(record, 8 * HEAD_BYTES);
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const kinds = Array.from({ length: COLUMNS }, () => bits.read(3));
  return kinds.map((kind, column) => {
    if (kind === 0) return null;
    const step = view.getUint32(1 + 4 * column);
    const way = kind % 4;
    const base = bits.number();
    const width = way > 1 ? bits.read(6) : 0;
    const stepWidth = way === 3 ? bits.read(6) : 0;
    const leastStep = way === 3 ? bits.number() : 0;
    const values = new Float64Array(snapshots).fill(base);
    if (kind > 4) {
      for (let at = 0; at < snapshots; at++) if (bits.read(1) === 0) values[at] = NONE;
    }
    if (way === 1) return values;
    let place = 0;
    let code = 0;
    for (let at = 0; at < snapshots; at++) {
      if (values[at] === NONE) continue;
      code = way === 2 || place % RUN === 0
        ? bits.read(width)
        : code + leastStep + bits.read(stepWidth);
      values[at] = base + step * code;
      place++;
    }
    return values;
  });
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
      const values = readRecord(recordOf(body, contracts, place), snapshots);
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
