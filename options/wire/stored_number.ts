/**
 * The numbers of a body as they are stored: whole numbers of their field's scale, read from the
 * bytes just as rounding what `JSON.parse` reads would have it.
 */
import { NONE } from "../columns.ts";
import { GREEK_SCALE, PRICE_SCALE } from "../quote.ts";
import { MAX_COUNT, MAX_GREEK, PRICE_LIMIT } from "./ingest_schema.ts";
import type { JsonBytes } from "./json_bytes.ts";

/** The kind of field that prices are. */
export const PRICE = 0;
/** The kind of volume, open interest and sizes. */
export const COUNT = 1;
/** The kind of an implied volatility. */
export const VOLATILITY = 2;
/** The kind of greeks. */
export const GREEK = 3;

/** What kind of number a field takes. */
export type NumberKind = typeof PRICE | typeof COUNT | typeof VOLATILITY | typeof GREEK;

/** A greek of -1, which is a value beside an IV above 0, else none. No value is stored so. */
export const MINUS_ONE: number = NONE + 1;

/** An IV above 0 that is stored as 0. No value is stored so. */
export const ABOVE_ZERO: number = NONE + 2;

/** What a field does not take. No column holds it. */
export const REFUSED = 2_147_483_648;

/** Decimals that are stored, by kind. */
const DECIMALS = Int32Array.of(4, 0, 6, 6);

/** Stored values above this, by kind, are held against the field's limit exactly. */
const SAFE = Float64Array.of(
  (PRICE_LIMIT - 1) * PRICE_SCALE,
  MAX_COUNT - 1,
  (MAX_GREEK - 1) * GREEK_SCALE,
  (MAX_GREEK - 1) * GREEK_SCALE,
);

/** Powers of ten, all of which a double holds. */
const POWERS = Float64Array.from({ length: 23 }, (_, n) => Number(`1e${n}`));

/** For each kind, eight places: what digits with 0, 1, 2 … decimals are multiplied by; 0 is for no. */
const FACTORS = new Int32Array(32);
/** The most digits that may be multiplied so. */
const MOST = new Int32Array(32);
for (let kind = 0; kind < 4; kind++) {
  for (let decimals = 0; decimals <= (DECIMALS[kind] as number); decimals++) {
    const factor = 10 ** ((DECIMALS[kind] as number) - decimals);
    FACTORS[8 * kind + decimals] = factor;
    MOST[8 * kind + decimals] = Math.floor((SAFE[kind] as number) / factor);
  }
}

const LITTLE_ENDIAN = true;
/** `null`, as its four bytes are read at once. */
const NULL = 0x6c6c756e;

/**
 * Reads a number or `null` into `column[row]`: as it is stored, or as {@link MINUS_ONE} or
 * {@link ABOVE_ZERO}. Gives the place behind it, or -1 where the field does not take it. The bytes
 * must not end with the number.
 *
 * At most nine significant digits are read; whole numbers then tell to which side a value is
 * rounded. Where they do not tell (a tie, more digits just below one, a limit), `JSON.parse` does.
 */
export function storeNumber(
  json: JsonBytes,
  start: number,
  kind: NumberKind,
  column: Int32Array,
  row: number,
): number {
  const { bytes } = json;
  let at = start;
  let digit = ((bytes[at] as number) - 0x30) | 0;
  const isNegative = digit === -3;
  if (isNegative) digit = ((bytes[++at] as number) - 0x30) | 0;
  if (digit < 0 || digit > 9) return isNegative ? -1 : storeNull(json, start, column, row);
  let digits = digit;
  let count = digit === 0 ? 0 : 1;
  digit = ((bytes[++at] as number) - 0x30) >>> 0;
  while (digit <= 9) {
    if (count === 0 || count === 9) return storeExactly(json, start, kind, column, row);
    digits = (digits * 10 + digit) | 0;
    count++;
    digit = ((bytes[++at] as number) - 0x30) >>> 0;
  }
  let decimals = 0;
  let isCut = false;
  if (digit === POINT) {
    const point = at;
    digit = ((bytes[++at] as number) - 0x30) >>> 0;
    while (digit <= 9 && count < 9) {
      digits = (digits * 10 + digit) | 0;
      decimals++;
      if (digits > 0) count++;
      digit = ((bytes[++at] as number) - 0x30) >>> 0;
    }
    while (digit <= 9) {
      isCut = true;
      digit = ((bytes[++at] as number) - 0x30) >>> 0;
    }
    if (at === point + 1) return -1;
  }
  const place = 8 * kind + decimals;
  const isPlain = !isCut && decimals < 8 && digits <= (MOST[place] as number);
  const whole = isPlain && FACTORS[place] !== 0
    ? Math.imul(digits, FACTORS[place] as number)
    : rounded(digits, decimals, isCut, kind);
  if (whole < 0 || digit === SMALL_E || digit === LARGE_E) {
    return storeExactly(json, start, kind, column, row);
  }
  if (!isNegative) {
    column[row] = kind === VOLATILITY && whole === 0 && digits > 0 ? ABOVE_ZERO : whole;
  } else if (!isCut && digits === POWERS[decimals]) {
    column[row] = kind === GREEK ? MINUS_ONE : NONE;
  } else if (kind === GREEK && whole !== GREEK_SCALE || digits === 0) {
    column[row] = -whole;
  } else return storeExactly(json, start, kind, column, row);
  return at;
}

const POINT = (0x2e - 0x30) >>> 0;
const SMALL_E = 0x65 - 0x30;
const LARGE_E = 0x45 - 0x30;

/** `digits` with so many decimals at the scale of a kind; -1 where a double must tell. */
function rounded(digits: number, decimals: number, isCut: boolean, kind: NumberKind): number {
  const extra = decimals - (DECIMALS[kind] as number);
  if (extra <= 0 || extra > 15 || kind === COUNT) return -1;
  const power = POWERS[extra] as number;
  const below = Math.trunc(digits / power) | 0;
  if (below >= (SAFE[kind] as number)) return -1;
  const rest = digits - below * power;
  const half = power / 2;
  if (rest > half) return below + 1;
  return rest + 1 < half || rest < half && !isCut ? below : -1;
}

function storeNull(json: JsonBytes, at: number, column: Int32Array, row: number): number {
  const { view } = json;
  if (at + 4 > view.byteLength || view.getInt32(at, LITTLE_ENDIAN) !== NULL) return -1;
  column[row] = NONE;
  return at + 4;
}

function storeExactly(
  json: JsonBytes,
  start: number,
  kind: NumberKind,
  column: Int32Array,
  row: number,
): number {
  json.at = start;
  const value = json.takeNumber();
  const whole = value === undefined ? REFUSED : stored(kind, value);
  column[row] = whole;
  return whole === REFUSED ? -1 : json.at;
}

/** A value as it is stored, or {@link MINUS_ONE}, {@link ABOVE_ZERO} or {@link REFUSED}. */
function stored(kind: NumberKind, value: number): number {
  if (kind === GREEK) {
    if (value === -1) return MINUS_ONE;
    return value >= -MAX_GREEK && value <= MAX_GREEK ? Math.round(value * GREEK_SCALE) : REFUSED;
  }
  if (value === -1) return NONE;
  if (!(value >= 0)) return REFUSED;
  if (kind === PRICE) return value < PRICE_LIMIT ? Math.round(value * PRICE_SCALE) : REFUSED;
  if (kind === COUNT) return value <= MAX_COUNT && Number.isInteger(value) ? value : REFUSED;
  if (value > MAX_GREEK) return REFUSED;
  const whole = Math.round(value * GREEK_SCALE);
  return whole === 0 && value > 0 ? ABOVE_ZERO : whole;
}
