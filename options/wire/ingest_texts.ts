/** Bodies for tests: JSON texts that are good, odd or wrong in every way, from a seed. */

/** Draws from a seed: whole numbers below a bound. */
export type Random = (below: number) => number;

/** The draws of a seed. */
export function randomOf(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return (below) => {
    state = (Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x6d2b79f5) >>> 0;
    const mixed = Math.imul(state ^ state >>> 12, 0x297a2d39) >>> 0;
    return ((mixed ^ mixed >>> 15) >>> 0) % below;
  };
}

function oneOf<T>(random: Random, from: readonly T[]): T {
  return from[random(from.length)] as T;
}

/** Whether what happens once in so many times does. */
function once(random: Random, inTimes: number): boolean {
  return random(inTimes) === 0;
}

/** Values of every wrong or odd kind, as JSON or nearly so. */
// deno-fmt-ignore
const ODD_VALUES: readonly string[] = [
  "null", "true", "false", "0", "-0", "-0.0", "0e5", "-1", "-1.0", "-1e0", "-10e-1", "-1.00", "-2",
  "-1.0000000000000000001", "-0.99999999999999999999", "-1.0000001", "-0.9999999", "1e-7", "4e-7",
  "0.0000004", "0.0000005", "5e-324", "1E5", "1e+2", "1e999", "-1e999", "1e308", "1.7976931348623157e308",
  "0.00005", "1.00005", "1.005", "1.0000499999999999999", "2.5", "0.5", "5.0", "5.0000000000000000001",
  "199999.9999", "199999.99995", "199999.999999999999999999", "200000", "199998.99999", "99999.999",
  "100000", "2147", "2147.0", "2147.0000000000000000001", "2147.0000001", "2146.9999999", "-2147",
  "-2147.0000001", "2148", "2147483647", "2147483647.0", "2147483648", "2147483646.5", "999999999",
  "1000000000", "12345678901234567890", "0.1234567890123456789", "123456.123456789", "0.0000000001",
  "0.00000000000000000000000000001", "1000000", "1000000.5", "01", "-01", "1.", ".5", "+1", "-", "1e",
  "0x10", "NaN", "Infinity", "-Infinity", "undefined", "nul", "nulll", "1,", "1 1", "",
  '""', '"1"', '"NaN"', '"Infinity"', '"-1"', '"x"', '"\\u0000"', '"\\ud800"', '"é"', '"\t"', '"a\\"b"',
  "[]", "{}", "[1]", '{"a":1}', "[[[[[[1]]]]]]", '{"__proto__":{"bid":1}}', '"__proto__"',
];

const ODD_TEXTS: readonly string[] = [
  '"EA"',
  '"ea"',
  '"BRK B"',
  '"SPXW"',
  '"SPXW  260717C07500000"',
  '"spxw260717c07500000"',
  '"SPXW260717C07500000"',
  '"SPXW260230C07500000"',
  '"SPXW260229C07500000"',
  '"SPXW280229C07500000"',
  '"SPXW260717X07500000"',
  '"SPXW260717C00000000"',
  '"260717C07500000"',
  '"A.1260717C07500000"',
  '"1A260717C07500000"',
  '"TOOLONG260717C07500000"',
  '"SPXW261317C07500000"',
  '"SPXW260700C07500000"',
  '" SPXW260717C07500000 "',
  '"\\u0053PXW260717C07500000"',
  '"SPXW260717C0750000"',
  '"2026-07-17"',
  '"20260717"',
  '"2026-7-17"',
  '"2026-02-30"',
  '"1999-01-01"',
  '"2100-01-01"',
  '"C"',
  '"P"',
  '"CALL"',
  '"put"',
  '"c"',
  '"X"',
  '"realtime"',
  '"frozen"',
  '"delayed"',
  '"delayed_frozen"',
  '"live"',
  '"2026-07-15T17:15:50Z"',
  '"2026-07-15T17:15:50"',
  '"snapshot"',
  '"update"',
  '"2026-07-15 13:15:50.123456-04:00"',
  '"99999999999999999999"',
];

function oddValue(random: Random): string {
  return oneOf(random, once(random, 3) ? ODD_TEXTS : ODD_VALUES);
}

/** What fields have as their limits, and what is stored in another way than others. */
const LIMITS: readonly string[] = [
  "1",
  "5",
  "200000",
  "199999",
  "1999999999",
  "2147483647",
  "2147483648",
  "2147",
  "2146",
  "99999999",
  "100000000",
  "9007199254740992",
  "9007199254740993",
];

/** A number's text with any count of digits. */
export function numberText(random: Random): string {
  if (once(random, 4)) return limitText(random);
  let text = once(random, 6) ? "-" : "";
  text += String(random(10 ** random(once(random, 10) ? 10 : 4)));
  if (once(random, 5)) return text;
  text += ".";
  const decimals = 1 + random(once(random, 4) ? 25 : 6);
  for (let i = 0; i < decimals; i++) text += random(10);
  // Ties, and what is nearly one.
  if (once(random, 4)) {
    text += oneOf(random, ["5", "49999999", "50000000001", "4999999999999999999"]);
  }
  if (once(random, 30)) text += oneOf(random, ["e0", "e-3", "E2", "e-12"]);
  return text;
}

/** A number at a limit, or a little beside one, with its point and exponent anywhere. */
function limitText(random: Random): string {
  let digits = oneOf(random, LIMITS);
  if (once(random, 3)) digits = String(BigInt(digits) + BigInt(random(3)) - 1n);
  if (once(random, 3)) {
    digits += oneOf(random, ["0", "00000", "00000000000000001", "5", "4999999999"]);
  }
  const point = random(digits.length + 1);
  const whole = digits.slice(0, point).replace(/^0+(?=\d)/, "") || "0";
  const fraction = digits.slice(point);
  const text = fraction === "" ? whole : `${whole}.${fraction}`;
  const exponent = once(random, 2)
    ? fraction.length - random(2 * digits.length + 2)
    : oneOf(random, [0, -22, -23, -37, 22, 23, -300, -320, -345, 308, 99_999]);
  const sign = once(random, 4) ? "-" : "";
  if (exponent === 0) return sign + text;
  return `${sign}${text}${oneOf(random, ["e", "E"])}${
    once(random, 2) && exponent > 0 ? "+" : ""
  }${exponent}`;
}

const NUMBERS = [
  "bid",
  "ask",
  "mid",
  "last",
  "volume",
  "open_interest",
  "implied_vol",
  "delta",
  "gamma",
  "theta",
  "vega",
  "bid_size",
  "ask_size",
];
const COUNTS: readonly string[] = ["volume", "open_interest", "bid_size", "ask_size"];
const GREEKS: readonly string[] = ["delta", "gamma", "theta", "vega"];

function goodNumber(random: Random, field: string): string {
  if (once(random, 6)) return oneOf(random, ["null", "-1", "0", "-1.0"]);
  if (COUNTS.includes(field)) return String(random(100_000));
  if (field === "implied_vol") {
    return oneOf(random, [String(random(3e6) / 1e6), String(random(1e9) / 7e8)]);
  }
  const sign = GREEKS.includes(field) && once(random, 2) ? "-" : "";
  return sign + oneOf(random, [
    String(random(100_000) / 100),
    String(random(1e9) / 7e8),
    `${random(300)}.${random(1e9)}${random(1e9)}`,
  ]);
}

type Entries = [key: string, value: string][];

function goodContract(random: Random, n: number): Entries {
  const strike = 5 * (20 + n);
  const right = oneOf(random, ["C", "P"]);
  const symbol = `EA261218${right}${String(strike * 1000).padStart(8, "0")}`;
  const form = random(8);
  const entries: Entries = [[
    "symbol",
    JSON.stringify(form === 0 ? "EA" : form === 1 ? symbol.toLowerCase() : symbol),
  ]];
  if (form < 5) {
    entries.push(["strike", String(strike)], ["expiry", '"2026-12-18"'], [
      "right",
      JSON.stringify(right),
    ]);
  }
  for (const field of NUMBERS) {
    if (!once(random, 3)) entries.push([field, goodNumber(random, field)]);
  }
  if (once(random, 2)) entries.push(["multiplier", "100"], ["market_data_type", '"delayed"']);
  if (once(random, 9)) entries.push(["quoted_at", '"2026-07-15T17:15:50.5Z"']);
  return entries;
}

const OTHERS: readonly string[] = ["multiplier", "market_data_type", "quoted_at"];
const UNKNOWN_KEYS = [
  "openInterest",
  "x",
  "7",
  "2",
  "__proto__",
  "constructor",
  "é",
  "b\\u0069d",
  "toString",
  "",
];
const KNOWN_KEYS = [
  ...NUMBERS,
  "symbol",
  "expiry",
  "strike",
  "right",
  "multiplier",
  "market_data_type",
  "quoted_at",
];

/** Changes an object's entries a little. */
function change(random: Random, entries: Entries, keys: readonly string[]): void {
  const at = random(entries.length);
  const entry = entries[at];
  switch (random(6)) {
    case 0:
    case 1:
      if (entry) entry[1] = oddValue(random);
      return;
    case 2:
      if (entry) entry[1] = numberText(random);
      return;
    case 3:
      entries.splice(at, 1);
      return;
    case 4:
      entries.splice(at, 0, [oneOf(random, UNKNOWN_KEYS), oddValue(random)]);
      return;
    case 5:
      entries.splice(at, 0, [oneOf(random, keys), oddValue(random)]);
  }
}

function shuffle<T>(random: Random, list: T[]): void {
  for (let i = list.length - 1; i > 0; i--) {
    const k = random(i + 1);
    [list[i], list[k]] = [list[k] as T, list[i] as T];
  }
}

interface Layout {
  readonly comma: string;
  readonly colon: string;
  readonly open: string;
}

const LAYOUTS: readonly Layout[] = [
  { comma: ",", colon: ":", open: "" },
  { comma: ", ", colon: ": ", open: "" },
  { comma: ",\n  ", colon: ": ", open: "\n  " },
  { comma: " \t,\r\n", colon: " : ", open: " " },
];

function objectText(entries: Entries, { comma, colon, open }: Layout): string {
  return `{${open}${entries.map(([key, value]) => `"${key}"${colon}${value}`).join(comma)}${open}}`;
}

/** Columns of contracts, whose symbols are OCC symbols, with some of it changed. */
function columnsText(random: Random, count: number, layout: Layout): string {
  const columns = new Map<string, string[]>([["symbol", []]]);
  for (const field of NUMBERS) if (field !== "mid" && !once(random, 6)) columns.set(field, []);
  for (const field of OTHERS) if (once(random, 3)) columns.set(field, []);
  for (let n = 0; n < count; n++) {
    const row = new Map(goodContract(random, n));
    for (const [field, values] of columns) {
      const symbol = `EA261218C${String(5000 * (20 + n)).padStart(8, "0")}`;
      values.push(field === "symbol" ? JSON.stringify(symbol) : row.get(field) ?? "null");
    }
  }
  if (once(random, 6)) { for (const values of columns.values()) values.reverse(); }
  while (once(random, 4)) {
    const values = oneOf(random, [...columns.values()]);
    const at = random(values.length + 1);
    if (once(random, 4)) values.splice(at, once(random, 2) ? 1 : 0, oddValue(random));
    else if (at < values.length) {
      values[at] = once(random, 2) ? oddValue(random) : numberText(random);
    }
  }
  const entries: Entries = [...columns].map(([field, values]) => {
    const isOneForAll = OTHERS.includes(field) && once(random, 2) && values.length > 0;
    const text = `[${layout.open}${values.join(layout.comma)}${layout.open}]`;
    return [field, isOneForAll ? values[0] ?? "null" : text];
  });
  if (once(random, 5)) shuffle(random, entries);
  while (once(random, 8)) change(random, entries, KNOWN_KEYS);
  return objectText(entries, layout);
}

/** Bytes with white space put in at a place where a byte of JSON's own stands, perhaps in a text. */
function withSpace(random: Random, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const from = random(bytes.length);
  const at = bytes.findIndex((byte, n) => n >= from && JSON_BYTES.includes(byte));
  if (at < 0) return bytes;
  const place = at + random(2);
  const space = [oneOf(random, [0x20, 0x0a, 0x0d, 0x09])];
  return Uint8Array.from([...bytes.subarray(0, place), ...space, ...bytes.subarray(place)]);
}

const JSON_BYTES = new TextEncoder().encode('{}[]:,"');

/** A body's bytes. */
export function bodyText(random: Random): Uint8Array {
  const layout = LAYOUTS[random(2) * random(4)] as Layout;
  const rows: Entries[] = [];
  const count = once(random, 20) ? 0 : 1 + random(once(random, 4) ? 4 : 2);
  for (let n = 0; n < count; n++) rows.push(goodContract(random, n));
  if (once(random, 4)) shuffle(random, rows);
  if (once(random, 25)) rows.push(goodContract(random, 0));
  for (const row of rows) {
    if (once(random, 8)) shuffle(random, row);
    while (once(random, 5)) change(random, row, KNOWN_KEYS);
  }
  const texts = rows.map((row) => objectText(row, layout));
  if (once(random, 60)) texts.splice(random(texts.length + 1), 0, oddValue(random));
  const head: Entries = [
    ["ticker", '"EA"'],
    ["agentId", '"deals"'],
    ["agentTimestamp", '"2026-07-15T17:15:53Z"'],
    ["contracts", `[${layout.open}${texts.join(layout.comma)}${layout.open}]`],
  ];
  if (once(random, 3)) head[3] = ["columns", columnsText(random, count, layout)];
  if (once(random, 80)) head.push(["columns", columnsText(random, count, layout)]);
  if (once(random, 2)) head.unshift(["sentAt", '"2026-07-15T17:15:54Z"']);
  if (once(random, 2)) head.push(["mode", oneOf(random, ['"snapshot"', '"update"'])]);
  if (once(random, 2)) head.splice(1, 0, ["spotPrice", goodNumber(random, "last")]);
  if (once(random, 3)) head.push(["readId", oneOf(random, ['"r1"', '"é\\n"', '"]}"'])]);
  if (once(random, 5)) {
    head.push(["missing", '[{"contract":"EA261218C00100000","reason":"mute_feed"}]']);
  }
  if (once(random, 8)) shuffle(random, head);
  while (once(random, 9)) {
    change(random, head, ["contracts", "ticker", "agentId", "missing", "timestamp"]);
  }
  let text = objectText(head, layout);
  if (once(random, 80)) {
    text = oneOf(random, [`\ufeff${text}`, `${text} `, `\n${text}\n`, `${text}x`, `[${text}]`]);
  }
  let bytes = new TextEncoder().encode(text);
  if (once(random, 30)) bytes = bytes.slice(0, random(bytes.length));
  while (once(random, 15)) {
    bytes[random(bytes.length)] = once(random, 3) ? random(256) : 0x20 + random(0x5f);
  }
  while (once(random, 10)) bytes = withSpace(random, bytes);
  return bytes;
}
