/** Where the quotes of a body are gathered, row by row, before they become columns. */
import { NONE, type QuoteColumns } from "../columns.ts";
import { FIELD_SCALE, QUOTE_FIELDS, type QuoteField } from "../quote.ts";
import type { ContractSet } from "./contract_sets.ts";
import { MAX_CONTRACTS } from "./ingest_schema.ts";
import { ABOVE_ZERO, COUNT, GREEK, MINUS_ONE, PRICE, VOLATILITY } from "./stored_number.ts";
import type { NumberKind } from "./stored_number.ts";

const KIND_OF: Readonly<Record<QuoteField, NumberKind>> = {
  bid: PRICE,
  ask: PRICE,
  last: PRICE,
  volume: COUNT,
  openInterest: COUNT,
  impliedVol: VOLATILITY,
  delta: GREEK,
  gamma: GREEK,
  theta: GREEK,
  vega: GREEK,
  bidSize: COUNT,
  askSize: COUNT,
};

/** The number of the buffer that `mid` is read into, and left in. */
export const MID: number = QUOTE_FIELDS.length;

/** The kind of number of each buffer: those of {@link QUOTE_FIELDS}, and {@link MID}. */
export const NUMBER_KINDS: readonly NumberKind[] = [
  ...QUOTE_FIELDS.map((field) => KIND_OF[field]),
  PRICE,
];

/** Buffers that are kept and used for one body after the other. */
export class QuoteBuffers {
  /** As `storeNumber()` stores: those of {@link QUOTE_FIELDS}, and {@link MID}. */
  numbers: Int32Array[] = NUMBER_KINDS.map(() => new Int32Array(0));
  kind: Uint8Array = new Uint8Array(0);
  multiplier: Float64Array = new Float64Array(0);
  quotedAtMs: Float64Array = new Float64Array(0);
  #capacity = 0;
  #used = 0;

  /** Makes room for so many rows (at most `MAX_CONTRACTS`), of which those before have their values, and the rest none. */
  reach(rows: number): void {
    if (rows > this.#used) this.#used = rows;
    if (rows <= this.#capacity) return;
    const capacity = this.#capacity = Math.min(MAX_CONTRACTS, Math.max(1024, 2 * rows));
    const grown = <T extends Int32Array | Float64Array | Uint8Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.numbers = this.numbers.map((column) => grown(new Int32Array(capacity).fill(NONE), column));
    this.kind = grown(new Uint8Array(capacity), this.kind);
    this.multiplier = grown(new Float64Array(capacity).fill(NaN), this.multiplier);
    this.quotedAtMs = grown(new Float64Array(capacity).fill(NaN), this.quotedAtMs);
  }

  /** Forgets all rows. */
  clear(): void {
    const used = this.#used;
    for (const column of this.numbers) column.fill(NONE, 0, used);
    this.kind.fill(0, 0, used);
    this.multiplier.fill(NaN, 0, used);
    this.quotedAtMs.fill(NaN, 0, used);
    this.#used = 0;
  }

  /** The columns of a set's contracts, whose rows are all in. */
  toColumns({ occ, rowOf }: ContractSet): QuoteColumns {
    const length = occ.length;
    this.#settleMinusOnes(length);
    const fields: Partial<Record<QuoteField, Int32Array | null>> = {};
    for (const [n, field] of QUOTE_FIELDS.entries()) {
      const column = (this.numbers[n] as Int32Array).subarray(0, length);
      fields[field] = hasOnly(NONE, column) ? null : sortedBy(rowOf, column);
    }
    const kind = this.kind.subarray(0, length);
    const multiplier = this.multiplier.subarray(0, length);
    const quotedAtMs = this.quotedAtMs.subarray(0, length);
    return {
      occ,
      fields: fields as QuoteColumns["fields"], // every field was set just now
      kind: hasOnly(0, kind) ? null : sortedBy(rowOf, kind),
      multiplier: hasOnly(NaN, multiplier) ? null : sortedBy(rowOf, multiplier),
      quotedAtMs: hasOnly(NaN, quotedAtMs) ? null : sortedBy(rowOf, quotedAtMs),
    };
  }

  /** A delta or theta of -1 is a value beside an IV above 0, else it is the word for none. */
  #settleMinusOnes(length: number): void {
    const of = (field: QuoteField): Int32Array =>
      (this.numbers[QUOTE_FIELDS.indexOf(field)] as Int32Array).subarray(0, length);
    const impliedVol = of("impliedVol");
    for (const field of ["delta", "gamma", "theta", "vega"] as const) {
      const column = of(field);
      const maySay = field === "delta" || field === "theta";
      for (let row = 0; (row = column.indexOf(MINUS_ONE, row)) >= 0; row++) {
        const iv = impliedVol[row] as number;
        const isValue = maySay && (iv > 0 || iv === ABOVE_ZERO);
        column[row] = isValue ? -FIELD_SCALE[field] : NONE;
      }
    }
    for (let row = 0; (row = impliedVol.indexOf(ABOVE_ZERO, row)) >= 0; row++) impliedVol[row] = 0;
  }
}

function hasOnly(value: number, column: Int32Array | Uint8Array | Float64Array): boolean {
  for (let i = 0; i < column.length; i++) if (!Object.is(column[i], value)) return false;
  return true;
}

function sortedBy<T extends Int32Array | Uint8Array | Float64Array>(
  rowOf: Int32Array | null,
  column: T,
): T {
  const sorted = column.slice() as T; // a slice is of the array's own kind
  if (rowOf) {
    for (let i = 0; i < rowOf.length; i++) sorted[i] = column[rowOf[i] as number] as number;
  }
  return sorted;
}
