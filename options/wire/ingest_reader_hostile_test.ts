import { strict as assert } from "node:assert";
import { agrees } from "./ingest_agreement.ts";
import { IngestReader } from "./ingest_reader.ts";
import { MAX_CONTRACTS } from "./ingest_schema.ts";
import { numberText, randomOf } from "./ingest_texts.ts";
import { PADDING, TEXTS } from "./scan/layout.ts";
import { ScanMemory } from "./scan_memory.ts";

const HEAD = '{"ticker":"EA","agentId":"deals","agentTimestamp":"2026-07-15T17:15:53Z"';

/** The body of rows, or of columns. */
function bodyOf(contracts: string): Uint8Array<ArrayBuffer> {
  const key = contracts.startsWith("[") ? "contracts" : "columns";
  return new TextEncoder().encode(`${HEAD},"${key}":${contracts}}`);
}

/** Rows with every key; their symbols are not sorted, so that a known set is put to its places. */
const ROWS = JSON.stringify(["P", "C"].map((right, n) => ({
  symbol: `EA261218${right}00210000`,
  expiry: "2026-12-18",
  strike: 210,
  right,
  bid: 1.25 + n,
  ask: 123.5,
  mid: null,
  last: 0.01,
  volume: 0,
  open_interest: 123456,
  implied_vol: 0.253456,
  delta: -0.53,
  gamma: 0.000001,
  theta: -1,
  vega: 1e-7,
  bid_size: 1,
  ask_size: -1,
  multiplier: 100,
  market_data_type: "delayed_frozen",
  quoted_at: "2026-07-15T17:15:50.5Z",
  other: [n, { a: "]}" }],
})));

/** The same as columns. */
const COLUMNS = JSON.stringify({
  symbol: ["EA261218P00210000", "EA261218C00210000"],
  bid: [1.25, 2.25],
  implied_vol: [0.253456, null],
  delta: [-0.53, -1],
  vega: [1e-7, 0.12345678901234567],
  volume: null,
  ask_size: [7, -1],
  multiplier: 100,
  market_data_type: ["delayed", null],
  quoted_at: [null, "2026-07-15T17:15:50.5Z"],
  other: [1, { a: "]}" }],
});

/** Readers that know no set, and the one of these bodies. */
function readers(): readonly IngestReader[] {
  const knowing = new IngestReader();
  assert.equal(agrees(knowing, bodyOf(ROWS)), "quick");
  return [new IngestReader(), knowing];
}

for (const [name, contracts] of Object.entries({ rows: ROWS, columns: COLUMNS })) {
  Deno.test(`IngestReader refuses ${name} that end at any byte, and reads the next body`, () => {
    const whole = bodyOf(contracts);
    for (const reader of readers()) {
      for (let length = 0; length < whole.length; length++) {
        assert.ok(reader.read(whole.subarray(0, length)) === undefined, `${length}`);
        // Closed again, so that it is a body as far as the end tells.
        const closed = whole.slice(0, length + 1);
        closed[length] = 0x7d;
        agrees(reader, closed, `closed at ${length}`);
        assert.equal(agrees(reader, whole, `after ${length}`), "quick");
      }
    }
  });

  Deno.test(`IngestReader reads ${name} with any byte at any place as the schema does`, () => {
    const whole = bodyOf(contracts);
    const bytes = [
      0,
      1,
      0x0a,
      ...new TextEncoder().encode(' "\\,:[]{}-+.09eEnu/'),
      0x7f,
      0x80,
      0xc3,
      0xff,
    ];
    for (const reader of readers()) {
      for (let at = HEAD.length; at < whole.length; at++) {
        for (const byte of bytes) {
          const other = whole.slice();
          other[at] = byte;
          agrees(reader, other, `${byte} at ${at}`);
        }
      }
    }
  });

  Deno.test(`IngestReader reads ${name} with white space between all that may have it`, () => {
    for (const space of [" ", "\\n\\t", "\\r\\n  "].map((text) => JSON.parse(`"${text}"`))) {
      const spaced = contracts.replace(/("[^"]*"|[^"[\]{},:]+)|[[\]{},:]/g, `${space}$&${space}`);
      for (const reader of readers()) {
        assert.equal(agrees(reader, bodyOf(spaced.trim())), "quick");
        assert.equal(agrees(reader, bodyOf(spaced.trim())), "quick");
      }
    }
  });
}

Deno.test("IngestReader reads white space before a value whose key came where it was expected", () => {
  for (const space of ["\t", "\n  ", "  "]) {
    for (const reader of readers()) {
      const body = bodyOf(ROWS.replaceAll('":', `":${space}`));
      for (let round = 0; round < 3; round++) assert.equal(agrees(reader, body), "quick");
    }
  }
});

Deno.test("IngestReader reads rows with their keys in any order, and refuses a key twice", () => {
  const [first = {}] = JSON.parse(ROWS) as Record<string, unknown>[];
  const random = randomOf(5);
  const entries = Object.entries(first);
  for (const reader of readers()) {
    for (let round = 0; round < 300; round++) {
      const shuffled = entries.map((entry) => ({ entry, at: random(1000) }))
        .sort((a, b) => a.at - b.at).map(({ entry }) => entry);
      const texts = shuffled.map(([key, value]) => `"${key}":${JSON.stringify(value)}`);
      assert.equal(agrees(reader, bodyOf(`[{${texts.join(",")}}]`)), "quick");
      const twice = texts[random(texts.length)] ?? "";
      const known = !twice.startsWith('"other"');
      const body = bodyOf(`[{${[...texts, twice].join(",")}}]`);
      // `JSON.parse` takes the last of two.
      assert.equal(agrees(reader, body), known ? "exact only" : "quick", twice);
    }
  }
});

Deno.test("IngestReader stores numbers of every length and exponent as the schema does", () => {
  const reader = new IngestReader();
  const random = randomOf(Number(Deno.env.get("FC_SEED") ?? 1));
  let quick = 0;
  for (let round = 0; round < 20_000; round++) {
    const number = numberText(random);
    const field = ["bid", "volume", "implied_vol", "delta", "multiplier"][round % 5];
    const row = `[{"symbol":"EA261218P00210000","implied_vol":0.5,"${field}":${number}}]`;
    const column = `{"symbol":["EA261218P00210000"],"${field}":[${number}]}`;
    const body = bodyOf(round % 2 === 0 ? column : row.replace('"implied_vol":0.5,"im', '"im'));
    if (agrees(reader, body, number) === "quick") quick++;
  }
  assert.ok(quick > 8_000, `${quick}`);
});

Deno.test("IngestReader takes a greek of -1 for a value only beside a volatility above 0", () => {
  const reader = new IngestReader();
  for (const iv of ["0", "-0", "4e-7", "0.0000004", "1e-30", "0.5", "-1", "null"]) {
    for (const minusOne of ["-1", "-1.0", "-1.00000000000", "-10e-1", "-1.0000001"]) {
      for (const greek of ["delta", "gamma", "theta", "vega"]) {
        const symbol = '"symbol":"EA261218P00210000"';
        const row = `[{${symbol},"${greek}":${minusOne},"implied_vol":${iv}}]`;
        assert.equal(agrees(reader, bodyOf(row), row), "quick");
      }
    }
  }
});

Deno.test("IngestReader reads quickly what JavaScript and Python write of a double", () => {
  const reader = new IngestReader();
  const random = randomOf(7);
  for (let round = 0; round < 3_000; round++) {
    const value = random(2 ** 32) / 2 ** 32 * 10 ** (random(18) - 14);
    // Python has two digits in an exponent, and a point in every double.
    const python = `${value}`.replace(/e-(\d)$/, "e-0$1").replace(/^(\d+)$/, "$1.0");
    for (const number of [`${value}`, python, `-${python}`]) {
      const body = bodyOf(`[{"symbol":"EA261218P00210000","delta":${number}}]`);
      const isTaken = value < 2_147;
      assert.equal(agrees(reader, body, number), isTaken ? "quick" : "refused", number);
    }
  }
});

Deno.test("IngestReader does not read on and on where an exponent follows another", () => {
  const reader = new IngestReader();
  for (const number of ["1e5e5", "1e5e", "nulle5", "0.12345678901e1e1", "1ee", "1E5E5"]) {
    const row = `[{"symbol":"EA261218P00210000","volume":${number}}]`;
    assert.equal(agrees(reader, bodyOf(row), number), "refused");
    const column = `{"symbol":["EA261218P00210000"],"volume":[${number}]}`;
    assert.equal(agrees(reader, bodyOf(column), number), "refused");
  }
});

Deno.test("IngestReader reads bodies that end at or beside the end of a page of the memory", () => {
  const plain = bodyOf(ROWS);
  const from = `${HEAD},"contracts":`.length;
  const space = new ScanMemory().bytes.length - TEXTS;
  // Where what may be read beyond the body ends there, and where the body itself does.
  for (const beyond of [-2, -1, 0, 1, 2, PADDING - 1, PADDING, PADDING + 1]) {
    // What is put into the memory begins with the contracts.
    const length = space - PADDING + beyond - (plain.length - from);
    const body = new Uint8Array(plain.length + length).fill(0x20);
    body.set(plain.subarray(0, from + 1));
    body.set(plain.subarray(from + 1), body.length - (plain.length - from - 1));
    assert.equal(agrees(new IngestReader(), body), "quick", `${beyond}`);
  }
});

Deno.test("IngestReader reads a body that is larger than its memory, and a small one after it", () => {
  const reader = new IngestReader();
  const rows = ROWS.replace("[", `[${" ".repeat(15_000_000)}`);
  for (const body of [bodyOf(COLUMNS), bodyOf(rows), bodyOf(ROWS), bodyOf(rows)]) {
    assert.equal(agrees(reader, body), "quick");
  }
});

Deno.test("IngestReader reads long chains whose contracts change, in any order and form", () => {
  const reader = new IngestReader();
  const random = randomOf(11);
  const value = (decimals: number): number | null =>
    random(9) === 0 ? null : random(10 ** 7) / 10 ** decimals - (random(2) === 0 ? 0 : 1);
  const row = (n: number): Record<string, unknown> => ({
    symbol: `EA261218${n % 2 === 0 ? "C" : "P"}${String(n + 1).padStart(8, "0")}`,
    bid: Math.abs(value(3) ?? 0),
    last: random(3) === 0 ? -1 : 7,
    open_interest: random(10 ** 6),
    implied_vol: Math.abs(value(6) ?? 0),
    delta: value(7),
    theta: random(5) === 0 ? -1 : value(8),
    market_data_type: random(3) === 0 ? null : "frozen",
    multiplier: random(4) === 0 ? 10 : 100,
  });
  const all = Array.from({ length: 2_500 }, (_, n) => n);
  const mixed = all.map((n) => (n * 1_009) % all.length);
  const sets = [all, mixed, mixed, mixed.slice(0, 1_500), mixed.slice(900), [...mixed, 2_500], []];
  for (const set of [...sets, ...sets]) {
    for (const isColumns of [false, true, false]) {
      const rows = set.map(row);
      const column = (key: string): unknown[] => rows.map((row) => row[key]);
      const columns = Object.fromEntries(Object.keys(row(0)).map((key) => [key, column(key)]));
      const body = bodyOf(JSON.stringify(isColumns ? columns : rows));
      const name = `${set.length}, columns: ${isColumns}`;
      assert.equal(agrees(reader, body, name), "quick", name);
    }
  }
});

Deno.test("IngestReader counts the contracts of a body", () => {
  const reader = new IngestReader();
  const symbols = Array.from(
    { length: MAX_CONTRACTS + 1 },
    (_, n) => `"EA261218C${String(n + 1).padStart(8, "0")}"`,
  );
  const most = symbols.slice(0, MAX_CONTRACTS);
  const bodies = [symbols, most].map((list) => ({
    rows: bodyOf(`[${list.map((symbol, n) => `{"symbol":${symbol},"bid":${n}}`).join(",")}]`),
    columns: bodyOf(`{"bid":[${list.map((_, n) => n).join(",")}],"symbol":[${list.join(",")}]}`),
  }));
  const [tooMany, allowed] = bodies;
  for (const form of ["rows", "columns"] as const) {
    for (let round = 0; round < 2; round++) {
      assert.ok(reader.read(tooMany?.[form] ?? new Uint8Array()) === undefined);
      const { batch } = reader.read(allowed?.[form] ?? new Uint8Array()) ?? assert.fail(form);
      assert.equal(batch.columns.occ.length, MAX_CONTRACTS);
      const { bid } = batch.columns.fields;
      assert.ok(bid?.every((value, n) => value === n * 10_000));
    }
  }
});
