// @ts-nocheck: AssemblyScript, which `.ci/check.ts` compiles
/** The few values of a contract that are no numbers of a field. */
import { hasOther } from "./found.ts";
import {
  FAILED,
  FOR_ALL,
  KIND_COUNT,
  KIND_PATTERNS,
  KINDS,
  MARKET_DATA_TYPE,
  MULTIPLIER,
  MULTIPLIERS,
  PATTERN_SIZE,
} from "./layout.ts";
import { note } from "./notes.ts";
import { isPattern, pastNumber, pastText, patternLength } from "./text.ts";

const ZERO: u8 = 0x30;

/** Reads the value of a key from `MULTIPLIER` to `QUOTED_AT`; gives the place behind it. */
export function storeOther(key: i32, at: i32, place: i32): i32 {
  hasOther(key);
  if (key === MULTIPLIER) return storeMultiplier(at, place);
  return key === MARKET_DATA_TYPE ? storeKind(at, place) : noted(key, at, pastText(at), place);
}

/** Reads a whole number of up to six digits, as nearly all are; others are noted. */
function storeMultiplier(at: i32, place: i32): i32 {
  const end = pastNumber(at);
  let value = 0;
  let digit = at;
  while (digit < end && load<u8>(digit) - ZERO <= 9) value = value * 10 + load<u8>(digit++) - ZERO;
  const isPlain = digit === end && end - at <= 6 && value > 0 && load<u8>(at) !== ZERO;
  if (!isPlain || place === FOR_ALL) return noted(MULTIPLIER, at, end, place);
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
