// @ts-nocheck: AssemblyScript, which `.ci/check.ts` compiles
/** Contracts that are one object each. */
import { CHANGED, isCount, isKnown, nextName, pastKnown, placeOf, reach, tell } from "./found.ts";
import {
  AT_START,
  END,
  EXPIRY,
  FAILED,
  KEY_PATTERNS,
  KINDS_OF_NUMBER,
  MID,
  NEXT,
  NUMBERS,
  NUMBERS_SIZE,
  PATTERN_LENGTH,
  PATTERN_SIZE,
  PER_LAYOUT,
  RIGHT,
  START,
  STRIKE,
  SYMBOL,
  UNKNOWN,
} from "./layout.ts";
import { isExponent, storeLong, storeNumber } from "./number.ts";
import { note } from "./notes.ts";
import {
  isNull,
  isPattern,
  isSame,
  past,
  pastNumber,
  pastSpace,
  pastText,
  pastValue,
  patternLength,
} from "./text.ts";
import { storeOther } from "./values.ts";

const COMMA: u8 = 0x2c;
const COLON: u8 = 0x3a;

/** The keys that name a contract, as bits. */
const NAMING: i32 = 1 << SYMBOL | 1 << EXPIRY | 1 << STRIKE | 1 << RIGHT;

/** The last key that named a contract. */
let lastNaming: i32 = SYMBOL;
/** Where the patterns of the layout are. */
let patterns: i32 = KEY_PATTERNS;
/** The key that was found last, and where its text begins and ends. */
let found: i32 = 0;
let textAt: i32 = 0;
let textEnd: i32 = 0;

/** Reads an array of rows; gives the place behind it. */
export function readRows(at: i32): i32 {
  at = past(0x5b, at);
  if (at === FAILED) return FAILED;
  let row = 0;
  let end = past(0x5d, at);
  if (end === FAILED) {
    do {
      const reached = reach(row);
      if (reached < 0) return reached;
      at = readRow(at, row++);
      if (at < 0) return at;
      end = at;
      at = past(COMMA, at);
    } while (at !== FAILED);
    end = past(0x5d, end);
  }
  if (!isCount(row)) return CHANGED;
  tell(row);
  return end;
}

function readRow(at: i32, row: i32): i32 {
  at = pastSpace(at);
  const start = at;
  const place = placeOf(row);
  let name = 0;
  let before: i32 = START;
  let seen = 0;
  const nameAt = pastKnown(at, row);
  if (nameAt !== 0) {
    at = nameAt;
    before = lastNaming;
    seen = NAMING;
  } else if (isKnown) return CHANGED;
  else name = nextName();
  // Where what names the contract ends, while nothing else has come.
  let nameEnd = start;
  let isNaming = true;
  let valueAt = at;
  for (;;) {
    let key = i32(load<u8>(NEXT + before));
    const pattern = patterns + (key + (before === START ? AT_START : 0)) * PATTERN_SIZE;
    if (isPattern(at, pattern)) at += patternLength(pattern);
    else if (before <= MID && isExponent(at)) {
      // The number that was read last goes on, once.
      at = storeLong(valueAt, kindOf(before), columnOf(before) + (place << 2));
      if (at === FAILED) return FAILED;
      valueAt = at;
      continue;
    } else {
      at = findKey(at, before === START);
      if (at === FAILED) return FAILED;
      key = found;
      if (key !== UNKNOWN) store<u8>(NEXT + before, u8(key));
    }
    if ((seen & 1 << key) !== 0) return FAILED;
    if (key <= MID) {
      valueAt = at;
      at = storeNumber(at, kindOf(key), columnOf(key) + (place << 2));
    } else if (key === END) break;
    else at = readOther(key, at, place, name, row);
    if (at === FAILED) return FAILED;
    if ((NAMING & 1 << key) === 0) isNaming = false;
    else {
      nameEnd = isNaming ? at : start;
      lastNaming = key;
    }
    if (key !== UNKNOWN) seen |= 1 << key;
    before = key;
  }
  if (name !== 0) {
    store<i32>(name, start);
    store<i32>(name, nameEnd, 4);
  }
  return at;
}

/** The kind of number that a key takes. */
export function kindOf(key: i32): i32 {
  return i32(load<u8>(KINDS_OF_NUMBER + key));
}

/** The column of a key that takes numbers. */
export function columnOf(key: i32): i32 {
  return NUMBERS + key * NUMBERS_SIZE;
}

/** Finds the next key of a row, or its end. Gives the place of its value. */
function findKey(at: i32, isFirst: bool): i32 {
  if (!isFirst) {
    const end = past(0x7d, at);
    if (end !== FAILED) {
      found = END;
      return end;
    }
  }
  at = past(isFirst ? 0x7b : COMMA, at);
  if (at === FAILED) return FAILED;
  textAt = pastSpace(at);
  textEnd = pastText(textAt);
  if (textEnd === FAILED) return FAILED;
  found = keyAt(textAt, textEnd - textAt);
  at = past(COLON, textEnd);
  if (at === FAILED) return FAILED;
  patterns = KEY_PATTERNS + (load<u8>(at) === 0x20 ? PER_LAYOUT * PATTERN_SIZE : 0);
  return pastSpace(at);
}

/** The key whose text, with its quotes, stands at a place. */
export function keyAt(at: i32, length: i32): i32 {
  for (let key = 0; key < UNKNOWN; key++) {
    // A comma comes before it, and a colon behind.
    const pattern = KEY_PATTERNS + key * PATTERN_SIZE;
    if (load<i32>(pattern, PATTERN_LENGTH) - 2 === length && isSame(at, pattern + 1, length)) {
      return key;
    }
  }
  return UNKNOWN;
}

/** Reads the value of a key that is no number of a field. */
function readOther(key: i32, at: i32, place: i32, name: i32, row: i32): i32 {
  at = pastSpace(at);
  if (key === UNKNOWN) return noteUnknown(at, row);
  if (isNull(at)) return key === SYMBOL ? FAILED : at + 4;
  if (key > RIGHT) return storeOther(key, at, place);
  const part = name + 8 + ((key - SYMBOL) << 3);
  if (key === STRIKE) {
    const end = pastNumber(at);
    if (end === at) return FAILED;
    store<i32>(part, at);
    store<i32>(part, end, 4);
    return end;
  }
  const end = pastText(at);
  if (end === FAILED || end - at === 2) return FAILED; // an empty one names nothing
  store<i32>(part, at + 1);
  store<i32>(part, end - 1, 4);
  return end;
}

/** Goes past the value of a key that is not known. One that is plainly JSON is noted as at 0. */
function noteUnknown(at: i32, row: i32): i32 {
  let end = isNull(at) ? at + 4 : pastText(at);
  let from = 0;
  if (end === FAILED) {
    from = at;
    end = pastValue(at);
    if (end === FAILED) return FAILED;
  }
  const to = from === 0 ? 0 : end;
  return note(UNKNOWN, row, textAt, textEnd, from, to) === FAILED ? FAILED : end;
}
