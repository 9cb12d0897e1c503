// @ts-nocheck: AssemblyScript, which `.ci/check.ts` compiles
/** Contracts that are an array a field. */
import {
  CHANGED,
  isCount,
  isKnown,
  nextName,
  pastKnown,
  placeOf,
  placesAt,
  reach,
  tell,
} from "./found.ts";
import { FAILED, FOR_ALL, MID, MULTIPLIER, SYMBOL, UNKNOWN } from "./layout.ts";
import { isExponent, storeLong, storeNumber } from "./number.ts";
import { note } from "./notes.ts";
import { columnOf, keyAt, kindOf } from "./rows.ts";
import { isNull, past, pastSpace, pastText, pastValue } from "./text.ts";
import { storeOther } from "./values.ts";

const COMMA: u8 = 0x2c;
const OPEN: u8 = 0x5b;
const CLOSE: u8 = 0x5d;
const SPACE: u8 = 0x20;

/** How long the columns so far are; -1 before the first. */
let length: i32 = -1;

/** Reads an object of columns; gives the place behind it. */
export function readColumns(at: i32): i32 {
  length = -1;
  let seen = 0;
  at = past(0x7b, at);
  if (at === FAILED) return FAILED;
  let end = 0;
  do {
    const textAt = pastSpace(at);
    const textEnd = pastText(textAt);
    if (textEnd === FAILED) return FAILED;
    const key = columnAt(textAt, textEnd);
    if ((seen & 1 << key) !== 0) return FAILED;
    at = past(0x3a, textEnd);
    if (at === FAILED) return FAILED;
    at = pastSpace(at);
    if (key === UNKNOWN) {
      end = pastValue(at);
      if (end === FAILED || note(key, 0, textAt, textEnd, at, end) === FAILED) return FAILED;
    } else {
      seen |= 1 << key;
      end = readColumn(key, at);
      if (end < 0) return end;
    }
    at = past(COMMA, end);
  } while (at !== FAILED);
  if ((seen & 1 << SYMBOL) === 0) return FAILED;
  tell(length);
  return past(0x7d, end);
}

/** The key of a column. What names a contract beside its symbol is none, nor is `mid`. */
function columnAt(at: i32, end: i32): i32 {
  const key = keyAt(at, end - at);
  return key >= MULTIPLIER || key === SYMBOL || key < MID ? key : UNKNOWN;
}

function readColumn(key: i32, at: i32): i32 {
  if (load<u8>(at) === OPEN) {
    const end = past(CLOSE, at + 1);
    if (end !== FAILED) return endOf(0, end);
    return key < MID ? readNumbers(key, at + 1) : readOthers(key, at + 1);
  }
  if (key === SYMBOL) return FAILED;
  if (isNull(at)) return at + 4;
  return key < MID ? FAILED : storeOther(key, at, FOR_ALL);
}

function readNumbers(key: i32, at: i32): i32 {
  const kind = kindOf(key);
  const column = columnOf(key);
  const places = placesAt();
  let reached = 0;
  let row = 0;
  let end = 0;
  do {
    if (load<u8>(at) <= SPACE) at = pastSpace(at);
    if (row === reached) {
      reached = reach(row);
      if (reached < 0) return reached;
    }
    const place = places !== 0 ? load<i32>(places + (row << 2)) : row;
    const to = column + (place << 2);
    row++;
    end = storeNumber(at, kind, to);
    if (end === FAILED) return FAILED;
    if (isExponent(end)) {
      end = storeLong(at, kind, to);
      if (end === FAILED) return FAILED;
    }
    at = past(COMMA, end);
  } while (at !== FAILED);
  return endOf(row, past(CLOSE, end));
}

function readOthers(key: i32, at: i32): i32 {
  let row = 0;
  let end = 0;
  do {
    at = pastSpace(at);
    const reached = reach(row);
    if (reached < 0) return reached;
    if (key === SYMBOL) end = readSymbol(at, row);
    else end = isNull(at) ? at + 4 : storeOther(key, at, placeOf(row));
    if (end < 0) return end;
    row++;
    at = past(COMMA, end);
  } while (at !== FAILED);
  return endOf(row, past(CLOSE, end));
}

function readSymbol(at: i32, row: i32): i32 {
  const nameEnd = pastKnown(at, row);
  if (nameEnd !== 0) return nameEnd;
  if (isKnown) return CHANGED;
  const end = pastText(at);
  if (end === FAILED || end - at === 2) return FAILED;
  const name = nextName();
  store<i32>(name, at);
  store<i32>(name, end, 4);
  store<i32>(name, at + 1, 8);
  store<i32>(name, end - 1, 12);
  return end;
}

/** The end of a column of so many values, if it is as long as the others. */
function endOf(rows: i32, end: i32): i32 {
  if (!isCount(rows)) return CHANGED;
  if (length < 0) length = rows;
  return length === rows ? end : FAILED;
}
