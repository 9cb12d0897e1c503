// @ts-nocheck: AssemblyScript, which `.ci/check.ts` compiles
/** The plain texts of JSON. Beyond the body are zeros, at which all that goes over bytes stops. */
import { FAILED, PATTERN_BITS, PATTERN_LENGTH } from "./layout.ts";

const SPACE: u8 = 0x20;
const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
const NULL: u32 = 0x6c6c756e;

/** The place of the next byte that is no white space. */
export function pastSpace(at: i32): i32 {
  let byte = load<u8>(at);
  while (byte <= SPACE && (byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09)) {
    byte = load<u8>(++at);
  }
  return at;
}

/** The place behind a byte, and white space before it. */
export function past(byte: u8, at: i32): i32 {
  if (load<u8>(at) !== byte) {
    at = pastSpace(at);
    if (load<u8>(at) !== byte) return FAILED;
  }
  return at + 1;
}

export function isNull(at: i32): bool {
  return load<u32>(at) === NULL;
}

/** Whether a pattern stands at a place. */
export function isPattern(at: i32, pattern: i32): bool {
  const bits = load<i32>(pattern, PATTERN_BITS);
  const first = i8x16.bitmask(i8x16.eq(v128.load(at), v128.load(pattern)));
  if ((bits & 0xffff & ~first) !== 0) return false;
  const last = bits >>> 16;
  if (last === 0) return true;
  return (last & ~i8x16.bitmask(i8x16.eq(v128.load(at, 16), v128.load(pattern, 16)))) === 0;
}

/** How many bytes a pattern has. */
export function patternLength(pattern: i32): i32 {
  return load<i32>(pattern, PATTERN_LENGTH);
}

/** Whether so many bytes are the same at two places. */
export function isSame(one: i32, other: i32, length: i32): bool {
  let rest = length;
  for (; rest >= 16; rest -= 16) {
    if (v128.any_true(v128.xor(v128.load(one), v128.load(other)))) return false;
    one += 16;
    other += 16;
  }
  const same = i8x16.bitmask(i8x16.eq(v128.load(one), v128.load(other)));
  return (~same & ((1 << rest) - 1)) === 0;
}

/** The place behind a text of ASCII without escapes, whose quote is at `at`. */
export function pastText(at: i32): i32 {
  if (load<u8>(at) !== QUOTE) return FAILED;
  let byte = load<u8>(++at);
  while (byte >= SPACE && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH) {
    byte = load<u8>(++at);
  }
  return byte === QUOTE ? at + 1 : FAILED;
}

/** The place behind the characters of a number. Whether they make one, is not looked at. */
export function pastNumber(at: i32): i32 {
  while (isOfNumber(load<u8>(at))) at++;
  return at;
}

/** The place behind a value of any kind. Whether it is JSON at all, is not looked at. */
export function pastValue(at: i32): i32 {
  let depth = 0;
  do {
    at = pastSpace(at);
    const byte = load<u8>(at);
    if (byte === 0) return FAILED;
    if (byte === QUOTE) {
      at = pastAnyText(at);
      if (at === FAILED) return FAILED;
    } else {
      const opens = byte === 0x5b || byte === 0x7b;
      const closes = byte === 0x5d || byte === 0x7d;
      if (opens) depth++;
      else if (closes) depth--;
      at++;
      if (!opens && !closes && depth === 0) { while (isOfWord(load<u8>(at))) at++; }
    }
  } while (depth > 0);
  return at;
}

function pastAnyText(at: i32): i32 {
  let byte = load<u8>(++at);
  while (byte !== QUOTE) {
    if (byte === BACKSLASH) byte = load<u8>(++at);
    // No text of JSON has it: it is the end of the body.
    if (byte === 0) return FAILED;
    byte = load<u8>(++at);
  }
  return at + 1;
}

function isOfNumber(byte: u8): bool {
  return byte >= 0x30 && byte <= 0x39 || byte === 0x2b || byte === 0x2d || byte === 0x2e ||
    byte === 0x45 || byte === 0x65;
}

function isOfWord(byte: u8): bool {
  return isOfNumber(byte) || byte >= 0x61 && byte <= 0x7a;
}
