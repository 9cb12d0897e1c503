// @ts-nocheck: AssemblyScript, which `.ci/check.ts` compiles
/**
 * Numbers as they are stored: whole numbers of their field's scale, just as rounding the double
 * that `JSON.parse` reads would have it.
 */
import {
  COUNT,
  FACTORS,
  FAILED,
  FORM_RULES,
  FORM_SIZE,
  FORMS,
  GREEK,
  HUNDREDS,
  LEFT,
  LONG_FORM,
  MINUS_BYTES,
  NINE_BYTES,
  POINT_BYTES,
  POWER_COUNT,
  POWERS,
  PRICE,
  TEN_THOUSANDS,
  TENS,
  ZERO_BYTES,
} from "./layout.ts";
import { note } from "./notes.ts";
import { isNull, pastSpace } from "./text.ts";

/** The word for none. */
export const NONE: i32 = i32.MIN_VALUE;
/** A greek of -1, which is a value beside an IV above 0, else none. */
export const MINUS_ONE: i32 = NONE + 1;
/** An IV above 0 that is stored as 0. */
export const ABOVE_ZERO: i32 = NONE + 2;
/** What a field does not take. */
const REFUSED: i64 = 2_147_483_648;

const PRICE_LIMIT: f64 = 200_000;
const PRICE_SCALE: f64 = 10_000;
const MAX_COUNT: f64 = 2_147_483_647;
const MAX_GREEK: f64 = 2_147;
const GREEK_SCALE: f64 = 1_000_000;

/** How -1 would be stored, were it never the word for none. */
const MINUS_ONE_GREEK: i32 = -1_000_000;

const ZERO: u8 = 0x30;
const MINUS: u8 = 0x2d;
const PLUS: u8 = 0x2b;
const POINT: u8 = 0x2e;
const LETTER_E: u8 = 0x65;
const TO_SMALL: u8 = 0x20;

/** So many digits of a long number are read; the others tell that it is above them. */
const MAX_DIGITS: i32 = 15;
/** Exponents are not told apart beyond this. */
const MAX_EXPONENT: i32 = 100_000;
/** A number that every field rounds to 0. */
const TINY: f64 = 1e-100;

/** Whether one of {@link MINUS_ONE} and {@link ABOVE_ZERO} was stored since this was set to false. */
export let hasMarks: bool = false;

export function forgetMarks(): void {
  hasMarks = false;
}

/**
 * Reads a number or `null`, and stores it. Gives the place behind it, or `FAILED` where the field
 * does not take it. Where an exponent stands at that place, the number must be
 * read anew by {@link storeLong}.
 *
 * Sixteen bytes are looked at at once. Which of them are digits, and where they end to be those of a
 * number, tells its form.
 */
export function storeNumber(at: i32, kind: i32, to: i32): i32 {
  const bytes = v128.load(at);
  const values = i8x16.sub(bytes, v128.load(ZERO_BYTES));
  const isDigit = i8x16.le_u(values, v128.load(NINE_BYTES));
  const isPoint = i8x16.eq(bytes, v128.load(POINT_BYTES));
  const isMinus = i8x16.eq(bytes, v128.load(MINUS_BYTES));
  const ofNumber = i8x16.bitmask(v128.or(v128.or(isDigit, isPoint), isMinus));
  const end = ~ofNumber & (ofNumber + 1); // the bit behind the last byte
  if (end >= LONG_FORM) return storeLong(at, kind, to);
  const form = FORMS + (i8x16.bitmask(isDigit) & (end - 1) | end) * FORM_SIZE;
  const rules = load<i64>(form, FORM_RULES);
  if ((i8x16.bitmask(isPoint) & (end - 1)) !== (i32(rules) & 0xffff)) {
    return storeOdd(at, kind, to);
  }
  const digits = digitsOf(i8x16.relaxed_swizzle(values, v128.load(form)));
  const factor = load<i64>(FACTORS + (kind << 7) + (i32(rules) >>> 16));
  if (digits < i32(rules >>> 32) || digits > i32(factor)) return storeLong(at, kind, to);
  const stored = digits * i32(factor >>> 32);
  if (stored === MINUS_ONE_GREEK) return storeLong(at, kind, to);
  store<i32>(to, stored);
  return at + ctz(end);
}

/** Whether an exponent stands at a place. */
export function isExponent(at: i32): bool {
  return (load<u8>(at) | TO_SMALL) === LETTER_E;
}

/** Eight digits as one number: they are added up two by two. */
function digitsOf(digits: v128): i32 {
  const twos = i16x8.relaxed_dot_i8x16_i7x16_s(v128.load(TENS), digits);
  const fours = i32x4.dot_i16x8_s(twos, v128.load(HUNDREDS));
  const narrow = i16x8.narrow_i32x4_s(fours, fours);
  return i32x4.extract_lane(i32x4.dot_i16x8_s(narrow, v128.load(TEN_THOUSANDS)), 0);
}

/** What is no number of a plain form: `null`, or white space is before it. */
function storeOdd(at: i32, kind: i32, to: i32): i32 {
  if (isNull(at)) return storeNone(at, to);
  const value = pastSpace(at);
  return value !== at ? storeNumber(value, kind, to) : storeLong(at, kind, to);
}

function storeNone(at: i32, to: i32): i32 {
  store<i32>(to, NONE);
  return at + 4;
}

function keep(value: i64, to: i32): bool {
  if (value === REFUSED) return false;
  const stored = i32(value);
  if (stored === MINUS_ONE || stored === ABOVE_ZERO) hasMarks = true;
  store<i32>(to, stored);
  return true;
}

/** Reads a number of any length, with an exponent or not. What takes more is left to the caller. */
export function storeLong(at: i32, kind: i32, to: i32): i32 {
  at = pastSpace(at);
  const from = at;
  const isNegative = load<u8>(at) === MINUS;
  if (isNegative) at++;
  let digits: i64 = 0;
  let count = 0;
  let exponent = 0;
  let isCut = false;
  let start = at;
  for (; isDigit(load<u8>(at)); at++) {
    const digit = i64(load<u8>(at) - ZERO);
    if (count === MAX_DIGITS) {
      exponent++;
      if (digit !== 0) isCut = true;
    } else {
      digits = digits * 10 + digit;
      if (digits !== 0) count++;
    }
  }
  if (at === start || at > start + 1 && load<u8>(start) === ZERO) return FAILED;
  if (load<u8>(at) === POINT) {
    start = ++at;
    for (; isDigit(load<u8>(at)); at++) {
      const digit = i64(load<u8>(at) - ZERO);
      if (count === MAX_DIGITS) {
        if (digit !== 0) isCut = true;
      } else {
        digits = digits * 10 + digit;
        exponent--;
        if (digits !== 0) count++;
      }
    }
    if (at === start) return FAILED;
  }
  if (isExponent(at)) {
    const sign = load<u8>(++at);
    if (sign === MINUS || sign === PLUS) at++;
    start = at;
    let said = 0;
    for (; isDigit(load<u8>(at)); at++) {
      if (said < MAX_EXPONENT) said = said * 10 + (load<u8>(at) - ZERO);
    }
    if (at === start) return FAILED;
    exponent += sign === MINUS ? -said : said;
  }
  const sign: f64 = isNegative ? -1 : 1;
  const value = scaled(digits, exponent);
  const stored = valueOf(kind, sign * value);
  // The number is between that of its first digits and the next: where both are stored as the same
  // it is too.
  const isTold = !isCut || stored === valueOf(kind, sign * scaled(digits + 1, exponent));
  if (!isTold || isNaN(value)) return note(LEFT, to, kind, 0, from, at) < 0 ? FAILED : at;
  return keep(stored, to) ? at : FAILED;
}

/** Stores the value of a number that was left to the caller; says whether the field takes it. */
export function storeValue(kind: i32, value: f64, to: i32): bool {
  return keep(valueOf(kind, value), to);
}

function isDigit(byte: u8): bool {
  return byte >= ZERO && byte <= 0x39;
}

/**
 * The double nearest to `digits` times a power of ten: both are doubles, so that one operation
 * rounds it as reading it would. NaN where it is not told.
 */
function scaled(digits: i64, exponent: i32): f64 {
  if (digits === 0) return 0;
  if (exponent >= POWER_COUNT || exponent < -300) return NaN;
  // Fifteen digits times 1e-23 are far below what any field keeps.
  if (exponent <= -POWER_COUNT) return TINY;
  if (exponent < 0) return f64(digits) / load<f64>(POWERS + (-exponent << 3));
  return f64(digits) * load<f64>(POWERS + (exponent << 3));
}

/** A value as it is stored, or {@link MINUS_ONE}, {@link ABOVE_ZERO} or {@link REFUSED}. */
function valueOf(kind: i32, value: f64): i64 {
  if (kind === GREEK) {
    if (value === -1) return MINUS_ONE;
    return value >= -MAX_GREEK && value <= MAX_GREEK ? rounded(value * GREEK_SCALE) : REFUSED;
  }
  if (value === -1) return NONE;
  if (!(value >= 0)) return REFUSED;
  if (kind === PRICE) return value < PRICE_LIMIT ? rounded(value * PRICE_SCALE) : REFUSED;
  if (kind === COUNT) return value <= MAX_COUNT && floor(value) === value ? i64(value) : REFUSED;
  if (value > MAX_GREEK) return REFUSED;
  const stored = rounded(value * GREEK_SCALE);
  return stored === 0 && value > 0 ? ABOVE_ZERO : stored;
}

/** As `Math.round()` rounds. */
function rounded(value: f64): i64 {
  const below = floor(value);
  return i64(below) + i64(value - below >= 0.5);
}
