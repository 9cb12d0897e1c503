/** What the scanner reads of the fields, as it lies in its memory: their names, kinds and limits. */
import {
  GREEK_SCALE,
  MARKET_DATA_KINDS,
  PRICE_SCALE,
  QUOTE_FIELDS,
  type QuoteField,
} from "../quote.ts";
import { MAX_COUNT, MAX_GREEK, PRICE_LIMIT, WIRE_NAME } from "./ingest_schema.ts";
import {
  AT_START,
  COUNT,
  END,
  FACTORS,
  FORM_RULES,
  FORM_SIZE,
  FORMS,
  GREEK,
  HUNDREDS,
  KEY_PATTERNS,
  KIND_PATTERNS,
  KINDS_OF_NUMBER,
  LONG_FORM,
  MINUS_BYTES,
  NEXT,
  NINE_BYTES,
  PATTERN_BITS,
  PATTERN_LENGTH,
  PATTERN_SIZE,
  PER_LAYOUT,
  POINT_BYTES,
  POWER_COUNT,
  POWERS,
  PRICE,
  START,
  SYMBOL,
  TEN_THOUSANDS,
  TENS,
  VOLATILITY,
  WITH_MINUS,
  ZERO_BYTES,
} from "./scan/layout.ts";

type NumberKind = typeof PRICE | typeof COUNT | typeof VOLATILITY | typeof GREEK;

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

/** The keys of a contract, by their numbers in the layout. */
const KEYS: readonly string[] = [
  ...QUOTE_FIELDS.map((field) => WIRE_NAME[field]),
  "mid",
  "symbol",
  "expiry",
  "strike",
  "right",
  "multiplier",
  "market_data_type",
  "quoted_at",
];

/** What is between keys and values, as JavaScript writes it, and as Python does. */
const LAYOUTS = [[",", ":"], [", ", ": "]] as const;

/** Decimals that are stored, by kind. */
const DECIMALS: Readonly<Record<NumberKind, number>> = {
  [PRICE]: 4,
  [COUNT]: 0,
  [VOLATILITY]: 6,
  [GREEK]: 6,
};

/** Stored values above this, by kind, are held against the field's limit exactly. */
const SAFE: Readonly<Record<NumberKind, number>> = {
  [PRICE]: (PRICE_LIMIT - 1) * PRICE_SCALE,
  [COUNT]: MAX_COUNT - 1,
  [VOLATILITY]: (MAX_GREEK - 1) * GREEK_SCALE,
  [GREEK]: (MAX_GREEK - 1) * GREEK_SCALE,
};

const LITTLE_ENDIAN = true;

/** Writes the tables into a scanner's memory. */
export function writeTables(memory: ArrayBuffer): void {
  const bytes = new Uint8Array(memory);
  writeNumbers(new DataView(memory));
  writeBytes(bytes);
  for (let form = 1; form < LONG_FORM; form++) writeForm(memory, form);
  bytes.fill(SYMBOL, NEXT, NEXT + START + 1);
  bytes.set([...QUOTE_FIELDS.map((field) => KIND_OF[field]), PRICE], KINDS_OF_NUMBER);
  for (const [layout, [comma, colon]] of LAYOUTS.entries()) {
    const write = (n: number, text: string): void =>
      writePattern(memory, KEY_PATTERNS + (layout * PER_LAYOUT + n) * PATTERN_SIZE, text);
    for (const [key, name] of KEYS.entries()) {
      write(key, `${comma}"${name}"${colon}`);
      write(AT_START + key, `{"${name}"${colon}`);
    }
    write(END, "}");
  }
  for (const [n, kind] of MARKET_DATA_KINDS.entries()) {
    writePattern(memory, KIND_PATTERNS + n * PATTERN_SIZE, `"${kind}"`);
  }
}

function writeNumbers(view: DataView): void {
  for (const kind of [PRICE, COUNT, VOLATILITY, GREEK] as const) {
    for (let decimals = 0; decimals < 8; decimals++) {
      const factor = 10 ** (DECIMALS[kind] - decimals);
      const most = factor >= 1 ? Math.floor(SAFE[kind] / factor) : -1;
      const place = FACTORS + 8 * (2 * WITH_MINUS * kind + decimals);
      view.setInt32(place, most, LITTLE_ENDIAN);
      view.setInt32(place + 4, factor, LITTLE_ENDIAN);
      // What else may have a minus is read with more care.
      view.setInt32(place + 8 * WITH_MINUS, kind === GREEK ? most : -1, LITTLE_ENDIAN);
      view.setInt32(place + 8 * WITH_MINUS + 4, -factor, LITTLE_ENDIAN);
    }
  }
  for (let n = 0; n < POWER_COUNT; n++) {
    view.setFloat64(POWERS + 8 * n, Number(`1e${n}`), LITTLE_ENDIAN);
  }
}

function writeBytes(bytes: Uint8Array): void {
  const fill = (at: number, values: readonly number[]): void => {
    for (let n = 0; n < 16; n++) bytes[at + n] = values[n % values.length] ?? 0;
  };
  fill(MINUS_BYTES, [0x2d]);
  fill(ZERO_BYTES, [0x30]);
  fill(NINE_BYTES, [9]);
  fill(POINT_BYTES, [0x2e]);
  fill(TENS, [10, 1]);
  fill(HUNDREDS, [100, 0, 1, 0]);
  fill(TEN_THOUSANDS, [10_000 % 256, 10_000 >> 8, 1, 0]);
}

/** Writes the form of numbers whose digits are at the bits of `form`, but the highest. */
function writeForm(memory: ArrayBuffer, form: number): void {
  const at = FORMS + form * FORM_SIZE;
  const rules = new DataView(memory, at + FORM_RULES, 8);
  const length = 31 - Math.clz32(form);
  const text = Array.from({ length }, (_, n) => (form & 1 << n) === 0 ? "." : "0").join("");
  const [, minus = "", whole = "", fraction] = /^(\.?)(0+)(?:\.(0+))?$/.exec(text) ?? [];
  const decimals = fraction?.length ?? 0;
  const digits = whole.length + decimals;
  if (whole === "" || digits > 8) {
    rules.setUint16(0, 0xffff, LITTLE_ENDIAN);
    return;
  }
  const shuffle = new Uint8Array(memory, at, 16).fill(0x80);
  shuffle.set([...text].flatMap((byte, n) => byte === "0" ? [n] : []), 8 - digits);
  const point = fraction === undefined ? 0 : 1 << minus.length + whole.length;
  rules.setUint16(0, point, LITTLE_ENDIAN);
  rules.setUint16(2, 8 * (WITH_MINUS * minus.length + decimals), LITTLE_ENDIAN);
  rules.setInt32(4, whole.length > 1 ? 10 ** (digits - 1) : 0, LITTLE_ENDIAN);
}

function writePattern(memory: ArrayBuffer, at: number, text: string): void {
  const bytes = new TextEncoder().encode(text);
  const view = new DataView(memory, at, PATTERN_SIZE);
  new Uint8Array(memory, at).set(bytes);
  view.setInt32(PATTERN_BITS, 2 ** bytes.length - 1, LITTLE_ENDIAN);
  view.setInt32(PATTERN_LENGTH, bytes.length, LITTLE_ENDIAN);
}
