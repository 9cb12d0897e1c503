// @ts-nocheck: AssemblyScript, which `.ci/check.ts` compiles
/** What a scan finds: the values in their columns, and the names. */
import {
  AS_KNOWN,
  FAILED,
  IS_KNOWN,
  KINDS,
  MAX_ROWS,
  MID,
  MULTIPLIERS,
  NAME_SIZE,
  NAMES,
  NOTES,
  NUMBERS,
  NUMBERS_SIZE,
  OTHERS,
  PLACES,
  RESULT,
  ROWS,
  TEXT_AT,
  TEXTS,
  TIMES,
} from "./layout.ts";
import { forgetMarks, NONE } from "./number.ts";
import { forgetNotes, notes } from "./notes.ts";
import { isSame } from "./text.ts";

/** A row is not as in the known set, so that where the rows so far were put is of no use. */
export const CHANGED: i32 = -2;

/** So many rows are emptied at once, a multiple of 16. */
const BLOCK: i32 = 1_024;

const SPACE: u8 = 0x20;

/** How many rows the known set has; 0 where none is known. */
let knownRows: i32 = 0;
/** Whether the rows of the known set are put to their places. */
let isScattered: bool = false;
/** Whether all rows must be as in the known set. */
export let isKnown: bool = false;
/** So many rows can be written to. */
let emptied: i32 = 0;
/** So many rows, from the first on, were named as in the known set. */
let asKnown: i32 = 0;
/** The keys of `MULTIPLIER` to `QUOTED_AT` that have a value, as bits. */
let others: i32 = 0;
/** How many names there are. */
let names: i32 = 0;

/** Begins with a body whose set is perhaps the known one. */
export function open(rows: i32, scattered: bool): void {
  knownRows = rows;
  isScattered = scattered;
  isKnown = rows > 0;
  empty();
}

/** Begins anew with the same body, whose set is not the known one. */
export function leaveKnown(): void {
  isKnown = false;
  isScattered = false;
  empty();
}

function empty(): void {
  emptied = 0;
  asKnown = 0;
  names = 0;
  forgetNotes();
  others = 0;
  forgetMarks();
}

/** Says what was found in so many rows. */
export function tell(rows: i32): void {
  store<i32>(RESULT + (ROWS << 2), rows);
  store<i32>(RESULT + (AS_KNOWN << 2), asKnown);
  store<i32>(RESULT + (OTHERS << 2), others);
  store<i32>(RESULT + (NOTES << 2), notes);
  store<i32>(RESULT + (IS_KNOWN << 2), i32(isKnown));
}

/** Makes a row one that can be written to. Gives up to which row that now holds, or why it does not. */
export function reach(row: i32): i32 {
  if (row < emptied) return emptied;
  if (row >= (isKnown ? knownRows : MAX_ROWS)) return isKnown ? CHANGED : FAILED;
  const until = isKnown ? knownRows : min(MAX_ROWS, emptied + BLOCK);
  const count = until - emptied;
  for (let key = 0; key < MID; key++) {
    fill(NUMBERS + key * NUMBERS_SIZE + (emptied << 2), count << 2, i32x4.splat(NONE));
  }
  memory.fill(KINDS + emptied, 0, count);
  fill(MULTIPLIERS + (emptied << 3), count << 3, f64x2.splat(NaN));
  fill(TIMES + (emptied << 3), count << 3, f64x2.splat(NaN));
  emptied = until;
  return until;
}

/** Fills whole steps of sixteen bytes, the last one perhaps beyond the end. */
function fill(from: i32, length: i32, value: v128): void {
  for (const end = from + length; from < end; from += 16) v128.store(from, value);
}

/** Whether there may be so many rows. */
export function isCount(rows: i32): bool {
  return !isKnown || rows === knownRows;
}

/** Where it is said where in the columns the rows go; 0 where they stay in their order. */
export function placesAt(): i32 {
  return isScattered ? PLACES : 0;
}

/** Where in the columns a row goes. */
export function placeOf(row: i32): i32 {
  return isScattered ? load<i32>(PLACES + (row << 2)) : row;
}

/** The place behind the name of the known set's row, if that is what stands at `at`; else 0. */
export function pastKnown(at: i32, row: i32): i32 {
  if (row !== asKnown || row >= knownRows) return 0;
  const from = load<i32>(TEXT_AT + (row << 2));
  const length = load<i32>(TEXT_AT + (row << 2), 4) - from;
  if (length === 0 || !isSame(at, TEXTS + from, length)) return 0;
  at += length;
  const byte = load<u8>(at);
  // A comma, the end of an object or array, or white space: what can only come after a value.
  if (byte !== 0x2c && byte !== 0x7d && byte !== 0x5d && byte > SPACE) return 0;
  asKnown = row + 1;
  return at;
}

/** The place of the next name that is not in the known set, emptied. */
export function nextName(): i32 {
  const name = NAMES + names++ * NAME_SIZE;
  memory.fill(name, 0, NAME_SIZE);
  return name;
}

/** Remembers that one of the keys from `MULTIPLIER` to `QUOTED_AT` has a value. */
export function hasOther(key: i32): void {
  others |= 1 << key;
}
