// @ts-nocheck: AssemblyScript, which `.ci/check.ts` compiles
/** What can only be told when all columns are there. */
import {
  DELTA,
  FIELDS,
  IMPLIED_VOL,
  MID,
  NUMBERS,
  NUMBERS_SIZE,
  RESULT,
  THETA,
  VEGA,
} from "./layout.ts";
import { ABOVE_ZERO, hasMarks, MINUS_ONE, NONE } from "./number.ts";

/** The column beside which a greek of -1 may be a value. */
const VOLATILITIES: i32 = NUMBERS + IMPLIED_VOL * NUMBERS_SIZE;

/** A greek of -1 as it is stored. */
const MINUS_ONE_STORED: i32 = -1_000_000;

/** Settles what the columns of so many rows say, and which have a value. */
export function settle(rows: i32): void {
  const length = rows << 2;
  if (hasMarks) settleMarks(length);
  let fields = 0;
  for (let key = 0; key < MID; key++) {
    if (hasValue(NUMBERS + key * NUMBERS_SIZE, length)) fields |= 1 << key;
  }
  store<i32>(RESULT + (FIELDS << 2), fields);
}

/** A delta or theta of -1 is a value beside an IV above 0, else it is the word for none. */
function settleMarks(length: i32): void {
  for (let key = DELTA; key <= VEGA; key++) {
    const column = NUMBERS + key * NUMBERS_SIZE;
    const maySay = key === DELTA || key === THETA;
    for (let row = 0; row < length; row += 4) {
      if (load<i32>(column + row) !== MINUS_ONE) continue;
      const iv = load<i32>(VOLATILITIES + row);
      const isValue = maySay && (iv > 0 || iv === ABOVE_ZERO);
      store<i32>(column + row, isValue ? MINUS_ONE_STORED : NONE);
    }
  }
  for (let row = 0; row < length; row += 4) {
    if (load<i32>(VOLATILITIES + row) === ABOVE_ZERO) store<i32>(VOLATILITIES + row, 0);
  }
}

/** Whether a column holds anything but none. Up to four rows beyond its end are none. */
function hasValue(column: i32, length: i32): bool {
  for (const end = column + length; column < end; column += 16) {
    if (v128.any_true(i32x4.ne(v128.load(column), i32x4.splat(NONE)))) return true;
  }
  return false;
}
