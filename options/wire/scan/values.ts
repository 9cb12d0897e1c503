// @ts-nocheck: AssemblyScript, which `.ci/check.ts` compiles
/** The few values of a contract that are no numbers of a field. */
import { hasOther, note } from "./found.ts";
import {
  COUNT,
  FAILED,
  FOR_ALL,
  KIND_COUNT,
  KIND_PATTERNS,
  KINDS,
  MARKET_DATA_TYPE,
  MULTIPLIER,
  MULTIPLIERS,
  PATTERN_SIZE,
  RESULT,
} from "./layout.ts";
import { isExponent, storeLong, storeNumber } from "./number.ts";
import { isPattern, pastNumber, pastText, patternLength } from "./text.ts";

const MAX_MULTIPLIER: i32 = 1_000_000;

/** Where a number is read to that is not yet taken. */
const READ: i32 = RESULT + 32;

/** Reads the value of a key from `MULTIPLIER` to `QUOTED_AT`; gives the place behind it. */
export function storeOther(key: i32, at: i32, place: i32): i32 {
  hasOther(key);
  if (key === MULTIPLIER) return storeMultiplier(at, place);
  return key === MARKET_DATA_TYPE ? storeKind(at, place) : noted(key, at, pastText(at), place);
}

function storeMultiplier(at: i32, place: i32): i32 {
  let end = storeNumber(at, COUNT, READ); // it is whole, as nearly all are
  if (end !== FAILED && isExponent(end)) end = storeLong(at, COUNT, READ);
  const value = load<i32>(READ);
  if (end === FAILED || place === FOR_ALL) return noted(MULTIPLIER, at, pastNumber(at), place);
  if (value <= 0 || value > MAX_MULTIPLIER) return FAILED;
  store<f64>(MULTIPLIERS + (place << 3), value);
  return end;
}

function storeKind(at: i32, place: i32): i32 {
  for (let kind = 0; kind < KIND_COUNT; kind++) {
    const pattern = KIND_PATTERNS + kind * PATTERN_SIZE;
    if (!isPattern(at, pattern)) continue;
    const end = at + patternLength(pattern);
    if (place === FOR_ALL) return noted(MARKET_DATA_TYPE, at, end, place);
    store<u8>(KINDS + place, kind + 1);
    return end;
  }
  return FAILED;
}

function noted(key: i32, at: i32, end: i32, place: i32): i32 {
  return end === FAILED || note(key, place, 0, 0, at, end) === FAILED ? FAILED : end;
}
