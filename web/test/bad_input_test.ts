/**
 * Everything that can be wrong with an ingest body, over HTTP: each field with each kind of value
 * that it does not take, and bodies that are wrong as a whole. Each is answered with one clear
 * problem and stores nothing.
 */
import { strict as assert } from "node:assert";
import { gzipSync } from "node:zlib";
import { z } from "zod";
import type { Sql } from "../../db/connect.ts";
import { PROBLEM_MEDIA_TYPE } from "../../base/problem.ts";
import { bodyOf, contractOf, mustPost, post, type TestServer, withServer } from "./harness.ts";

/** Everything an ingest call can leave behind. */
async function stored(sql: Sql): Promise<unknown> {
  const [row] = await sql`
    SELECT
      (SELECT count(*)::int FROM batches) AS batches,
      (SELECT count(*)::int FROM contract_sets) AS sets,
      (SELECT count(*)::int FROM idempotency) AS keys,
      (SELECT sum(seq)::int FROM tickers) AS seq,
      (SELECT string_agg(coalesce(owner_agent, '-'), ',') FROM tickers) AS owners`;
  return { ...row };
}

const problemBody = z.object({
  type: z.string().regex(/^\/problems\/[a-z-]+$/),
  title: z.string().min(1),
  status: z.number(),
  error: z.string().min(1),
  errors: z.array(z.object({ path: z.string(), message: z.string().min(1) })).max(20).optional(),
});

/** Reads a refusal, which must be a problem of that status; the paths of the fields it names. */
async function refusalOf(response: Response, status: number, what: string): Promise<string[]> {
  const text = await response.text();
  assert.equal(response.status, status, `${what}: ${text}`);
  assert.equal(response.headers.get("content-type"), PROBLEM_MEDIA_TYPE, what);
  const problem = problemBody.parse(JSON.parse(text));
  assert.equal(problem.status, status);
  return (problem.errors ?? []).map(({ path }) => path);
}

/** Values of every kind, as JSON. */
const KINDS = {
  "a text": '"no such!"',
  "an empty text": '""',
  "a number's text": '"1.5"',
  "NaN as a text": '"NaN"',
  "Infinity as a text": '"Infinity"',
  "letters of Unicode": '"ÅΩ💹"',
  "a NUL": '"a\\u0000b"',
  "half a surrogate pair": '"\\ud800"',
  "a long text": `"${"x".repeat(5_000)}"`,
  "a day that does not exist": '"2030-02-30"',
  "a time that does not exist": '"2030-02-30T00:00:00Z"',
  "true": "true",
  "false": "false",
  "null": "null",
  "0": "0",
  "half": "0.5",
  "a negative number": "-7",
  "more than a column holds": "3000000000",
  "less than a column holds": "-3000000000",
  "a huge number": "1e308",
  "more than any number": "1e999",
  "less than any number": "-1e999",
  "an array": "[]",
  "an array in an array": "[[1]]",
  "an object": "{}",
  "keys of prototypes": '{"__proto__":{"bid":1},"constructor":{"prototype":{}}}',
  "a deep nest": "[".repeat(3_000) + "]".repeat(3_000),
} as const;

type Kind = keyof typeof KINDS;

/** What a field does not refuse with 400: it is taken, or answered with another status. */
interface Field {
  readonly path: string;
  readonly takes: readonly Kind[];
  readonly others?: Partial<Record<Kind, number>>;
  /** The body with a value in this field. */
  readonly with: (value: unknown) => unknown;
}

const PRICE: readonly Kind[] = ["null", "0", "half"];
const COUNT: readonly Kind[] = ["null", "0"];
const GREEK: readonly Kind[] = ["null", "0", "half", "a negative number"];
const NUMBERS: Readonly<Record<string, readonly Kind[]>> = {
  bid: PRICE,
  ask: PRICE,
  last: PRICE,
  volume: COUNT,
  open_interest: COUNT,
  implied_vol: PRICE,
  delta: GREEK,
  gamma: GREEK,
  theta: GREEK,
  vega: GREEK,
  bid_size: COUNT,
  ask_size: COUNT,
};
const OTHERS: Readonly<Record<string, readonly Kind[]>> = {
  multiplier: ["null", "half"],
  market_data_type: ["null"],
  quoted_at: ["null"],
};
/** What is the root of an option somewhere. */
const ROOTS: readonly Kind[] = ["NaN as a text"];
const TEXTS: readonly Kind[] = [
  "a text",
  "a number's text",
  "NaN as a text",
  "Infinity as a text",
  "letters of Unicode",
  "a day that does not exist",
  "a time that does not exist",
];

const OCC = ["EA301220C00210000", "EA301220P00210000"];

function columnsOf(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const { contracts: _, ...head } = bodyOf();
  return { ...head, columns: { symbol: OCC, bid: [1.05, 3.2], delta: [0.4, -0.6], ...change } };
}

function headFields(): Field[] {
  const names: Readonly<Record<string, readonly Kind[]>> = {
    agentTimestamp: [],
    timestamp: [],
    sentAt: ["null"],
    spotPrice: PRICE,
    mode: [],
    readId: [...TEXTS, "null"],
    missing: ["null", "an array"],
    contracts: ["an array"],
  };
  const missing = { contract: OCC[0], reason: "mute_feed" };
  const notFollowed: Field["others"] = { "NaN as a text": 404, "Infinity as a text": 404 };
  const foreign: Field["others"] = Object.fromEntries(
    Object.entries(KINDS).filter(([, json]) => json.startsWith('"')).map(([kind]) => [kind, 403]),
  );
  return [
    ...Object.entries(names).map(([path, takes]) => ({
      path,
      takes,
      with: (value: unknown) => bodyOf({ [path]: value }),
    })),
    { path: "ticker", takes: [], others: notFollowed, with: (ticker) => bodyOf({ ticker }) },
    { path: "agentId", takes: [], others: foreign, with: (agentId) => bodyOf({ agentId }) },
    ...["contract", "reason"].map((key) => ({
      path: `missing[0].${key}`,
      takes: TEXTS,
      with: (value: unknown) => bodyOf({ missing: [{ ...missing, [key]: value }] }),
    })),
    {
      path: "missing[0]",
      takes: [],
      with: (value) => bodyOf({ missing: [value] }),
    },
  ];
}

function rowFields(): Field[] {
  const rest = { symbol: ROOTS, expiry: [], strike: ["half"], right: [], mid: PRICE } as const;
  const withRow = (row: unknown) => bodyOf({ contracts: [contractOf({ strike: 215 }), row] });
  return [
    { path: "contracts[1]", takes: [], with: withRow },
    ...Object.entries({ ...NUMBERS, ...OTHERS, ...rest }).map(([key, takes]) => ({
      path: `contracts[1].${key}`,
      takes,
      with: (value: unknown) => withRow(contractOf({ [key]: value })),
    })),
  ];
}

function columnFields(): Field[] {
  return [
    {
      path: "columns",
      takes: [],
      with: (columns) => ({ ...columnsOf(), columns }),
    },
    ...Object.entries({ ...NUMBERS, ...OTHERS, symbol: [] }).flatMap(([key, takes]): Field[] => [
      {
        path: `columns.${key}[1]`,
        takes,
        with: (value) => columnsOf({ [key]: [null, value] }),
      },
      {
        path: key === "symbol" ? "columns." : `columns.${key}`,
        takes: key in OTHERS ? takes : key === "symbol" ? [] : ["null"],
        with: (value) => columnsOf({ [key]: value }),
      },
    ]),
  ];
}

const VALUE = "the value";

/** A body's JSON with another JSON in the place of its {@link VALUE}. */
function bodyWith(field: Field, json: string): string {
  return JSON.stringify(field.with(VALUE)).replace(JSON.stringify(VALUE), () => json);
}

const MATRIX = { head: headFields, contracts: rowFields, columns: columnFields };

for (const [what, fields] of Object.entries(MATRIX)) {
  Deno.test(`every field of ${what} is refused with each kind of value that it does not take`, async () => {
    await withServer(async ({ server, sql, key }) => {
      const before = await stored(sql);
      let refused = 0;
      for (const field of fields()) {
        for (const [kind, json] of Object.entries(KINDS)) {
          // Every one is a key of KINDS.
          if (field.takes.includes(kind as Kind)) continue;
          const status = field.others?.[kind as Kind] ?? 400;
          const name = `${field.path}: ${kind}`;
          const paths = await refusalOf(
            await post(server, key, bodyWith(field, json), { "idempotency-key": `k${refused}` }),
            status,
            name,
          );
          const isNamed = paths.some((path) => path.startsWith(field.path));
          assert.equal(isNamed, status === 400, `${name} is named: ${paths}`);
          refused++;
        }
        assert.deepEqual(await stored(sql), before, field.path);
      }
      assert.ok(refused > 200, `${refused} were refused`);
      await mustPost(server, key, bodyOf());
      await mustPost(server, key, columnsOf());
    });
  });
}

Deno.test("every field takes what the matrix says it takes", async () => {
  await withServer(async ({ server, key }) => {
    for (const field of [...headFields(), ...rowFields(), ...columnFields()]) {
      for (const kind of field.takes) {
        const response = await post(server, key, bodyWith(field, KINDS[kind]));
        const text = await response.text();
        assert.equal(response.status, 200, `${field.path}: ${kind}: ${text}`);
      }
    }
  });
});

interface WrongBody {
  readonly status: number;
  readonly body: () => string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** The path of the field that is named; nothing where the body as a whole is wrong. */
  readonly path?: string;
}

const encoder = new TextEncoder();
const gzip = { "content-encoding": "gzip" };
const MIB = 1024 * 1024;

/** A text with the first of some bytes in it replaced by one that no UTF-8 has. */
function withoutUtf8(text: string, at: string): Uint8Array {
  const bytes = encoder.encode(text);
  bytes[text.indexOf(at)] = 0xff;
  return bytes;
}

/** So many contracts, each once. */
function manySymbols(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `EA301220C${String(i + 1).padStart(8, "0")}`);
}

/** The wrong bodies that can be made of a good one. */
function wrongBodies(good: () => Record<string, unknown>): Record<string, WrongBody> {
  const text = () => JSON.stringify(good());
  const gzipped = () => new Uint8Array(gzipSync(text()));
  const at = (field: string, value: string) => () => JSON.stringify({ ...good(), [field]: value });
  return {
    "cut short": { status: 400, body: () => text().slice(0, -1) },
    "cut within its contracts": { status: 400, body: () => text().slice(0, -40) },
    "with more behind it": { status: 400, body: () => `${text()}}` },
    "with NaN in it": { status: 400, body: () => text().replace("1.05", "NaN") },
    "with Infinity in it": { status: 400, body: () => text().replace("1.05", "-Infinity") },
    "with a leading zero": { status: 400, body: () => text().replace("1.05", "01.05") },
    "with a comma too many": { status: 400, body: () => text().replace("1.05", "1.05,") },
    "with a line end in a text": { status: 400, body: () => text().replace("EA", "E\nA") },
    "without UTF-8 in its head": { status: 400, body: () => withoutUtf8(text(), "deals") },
    "without UTF-8 in a contract": { status: 400, body: () => withoutUtf8(text(), "EA301220") },
    "cut short within its gzip": { status: 400, body: () => gzipped().slice(0, -9), headers: gzip },
    "broken within its gzip": {
      status: 400,
      body: () => gzipped().map((byte, i) => i === 40 ? byte ^ 0xff : byte),
      headers: gzip,
    },
    "of 50 MB": { status: 413, body: () => text() + " ".repeat(50 * MIB) },
    "of 50 MB, gzipped": {
      status: 413,
      body: () => new Uint8Array(gzipSync(text() + " ".repeat(50 * MIB))),
      headers: gzip,
    },
    "that is a bomb": {
      status: 413,
      body: () => new Uint8Array(gzipSync(new Uint8Array(512 * MIB))),
      headers: gzip,
    },
    "of an agent that the key is not of": { status: 403, body: at("agentId", "options") },
    "from the future": {
      status: 400,
      body: at("agentTimestamp", new Date(Date.now() + 3_600_000).toISOString()),
      path: "agentTimestamp",
    },
    "from the year 9999": {
      status: 400,
      body: at("agentTimestamp", "9999-12-31T23:59:59Z"),
      path: "agentTimestamp",
    },
    "from the year 1": {
      status: 400,
      body: at("agentTimestamp", "0001-01-01T00:00:00Z"),
      headers: { "lastmark-backfill": "1" },
      path: "agentTimestamp",
    },
  };
}

function rowsOf(contracts: readonly unknown[]): () => string {
  return () => JSON.stringify(bodyOf({ contracts }));
}

const WRONG: Readonly<Record<string, WrongBody>> = {
  "100,000 contracts": {
    status: 413,
    body: rowsOf(manySymbols(100_000).map((symbol) => ({ symbol }))),
  },
  "100,000 contracts in columns": {
    status: 413,
    body: () => JSON.stringify(columnsOf({ symbol: manySymbols(100_000) })),
  },
  "a contract twice": {
    status: 400,
    body: rowsOf([{ symbol: OCC[0] }, { symbol: OCC[1] }, contractOf()]),
    path: "contracts[2].symbol",
  },
  "a contract twice in its columns": {
    status: 400,
    body: () => JSON.stringify(columnsOf({ symbol: [OCC[0], "ea  301220c00210000"] })),
    path: "columns.symbol[1]",
  },
  "contracts and columns": {
    status: 400,
    body: () => JSON.stringify({ ...columnsOf(), contracts: [] }),
    path: "columns",
  },
  "a column too short": {
    status: 400,
    body: () => JSON.stringify(columnsOf({ last: [1] })),
    path: "columns.last",
  },
  "a strike of 1e308": {
    status: 400,
    body: rowsOf([contractOf({ strike: 1e308 })]),
    path: "contracts[0].strike",
  },
  "a right that is none": {
    status: 400,
    body: rowsOf([contractOf({ right: "X" })]),
    path: "contracts[0].right",
  },
};

async function refuseAll(
  { server, sql, key }: TestServer,
  bodies: Readonly<Record<string, WrongBody>>,
): Promise<void> {
  const before = await stored(sql);
  for (const [what, { status, body, headers, path }] of Object.entries(bodies)) {
    const paths = await refusalOf(await post(server, key, body(), headers), status, what);
    if (path === undefined) assert.deepEqual(paths, [], what);
    else assert.ok(paths.some((each) => each.startsWith(path)), `${what}: ${paths}`);
    assert.deepEqual(await stored(sql), before, what);
  }
}

Deno.test("a body that is wrong as a whole is refused, with its contracts in either form", async () => {
  await withServer(async (given) => {
    const rows = () => bodyOf({ contracts: [{ symbol: OCC[0], bid: 1.05 }] });
    await refuseAll(given, wrongBodies(rows));
    await refuseAll(given, wrongBodies(columnsOf));
    await refuseAll(given, WRONG);
    await mustPost(given.server, given.key, rows());
  });
});

Deno.test("rows and columns are stored the same", async () => {
  await withServer(async ({ server, sql, key }) => {
    const contracts = [
      { symbol: OCC[1], bid: 3.2, delta: -1, implied_vol: 0.3, quoted_at: "2030-01-02T00:00:00Z" },
      { symbol: OCC[0], bid: 1.05, ask: null, delta: -1, volume: 7, multiplier: 100 },
    ];
    const columns = {
      symbol: [OCC[1], OCC[0]],
      bid: [3.2, 1.05],
      ask: [null, -1],
      volume: [null, 7],
      implied_vol: [0.3, null],
      delta: [-1, -1],
      multiplier: [null, 100],
      quoted_at: ["2030-01-02T00:00:00Z", null],
    };
    await mustPost(server, key, bodyOf({ contracts }));
    await mustPost(server, key, columnsOf(columns));
    const rows = await sql`
      SELECT to_jsonb(b) - ARRAY[
          'seq', 'as_of', 'received_at', 'agent_time', 'snapshot_id', 'sent_at', 'id'
        ] AS batch
      FROM batches b
      ORDER BY seq`;
    assert.equal(rows.length, 2);
    assert.deepEqual(rows[0]?.["batch"], rows[1]?.["batch"]);
  });
});
