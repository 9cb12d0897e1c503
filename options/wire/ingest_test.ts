import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { parseIngest } from "./ingest.ts";
import { ingestBody } from "./ingest_schema.ts";

const CALL = "SPXW260717C07500000";

function body(given: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    ticker: "SPX",
    agentId: "desk-1",
    agentTimestamp: "2026-07-15T17:15:53Z",
    contracts: [],
    ...given,
  };
}

function oneContract(given: Record<string, unknown>): Record<string, unknown> {
  return body({ contracts: [{ symbol: CALL, ...given }] });
}

function accepted(from: unknown) {
  const outcome = parseIngest(from);
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome;
}

function onlyQuote(given: Record<string, unknown>) {
  const [quote] = accepted(oneContract(given)).batch.quotes;
  assert.ok(quote);
  return quote;
}

/** The paths of the fields that are refused, with what is said of them. */
function refused(from: unknown): Record<string, string> {
  const outcome = parseIngest(from);
  assert.ok(!outcome.ok, "accepted");
  return Object.fromEntries(outcome.errors.map(({ path, message }) => [path, message]));
}

Deno.test("W-1 parseIngest() takes the ticker in any case and refuses what names none", () => {
  assert.equal(accepted(body({ ticker: "brk-b" })).batch.ticker, "BRK-B");
  for (const ticker of ["", "no such!", 7, null, "ABCDEFGHIJKLMNOP"]) {
    assert.deepEqual(Object.keys(refused(body({ ticker }))), ["ticker"], String(ticker));
  }
});

Deno.test("W-1 parseIngest() refuses an agent's name that could not stand in a log line", () => {
  for (const agentId of ["", "a b", "-x", "x".repeat(65), "a\nb"]) {
    assert.deepEqual(Object.keys(refused(body({ agentId }))), ["agentId"]);
  }
});

Deno.test("W-2 parseIngest() takes the agent's time with any zone, also under its alias", () => {
  const expected = Date.UTC(2026, 6, 15, 17, 15, 53, 372);
  const texts = [
    "2026-07-15T13:15:53.372439-04:00",
    "2026-07-15 17:15:53.372Z",
    "2026-07-15T17:15:53.372+0000",
  ];
  for (const agentTimestamp of texts) {
    assert.equal(accepted(body({ agentTimestamp })).batch.agentTimeMs, expected);
  }
  const { agentTimestamp: _, ...rest } = body();
  const aliased = {
    ...rest,
    timestamp: "2026-07-15T17:15:53.372Z",
    sentAt: "2026-07-15T17:15:54Z",
  };
  const { batch } = accepted(aliased);
  assert.equal(batch.agentTimeMs, expected);
  assert.equal(batch.sentAtMs, Date.UTC(2026, 6, 15, 17, 15, 54));
  assert.equal(
    accepted(body({ timestamp: "2001-01-01T00:00:00Z" })).batch.agentTimeMs,
    Date.UTC(2026, 6, 15, 17, 15, 53),
  );
});

Deno.test("W-2 parseIngest() refuses a time without a zone and says so, one that is none, and none at all", () => {
  assert.match(
    refused(body({ agentTimestamp: "2026-07-15T13:15:53" }))["agentTimestamp"] ?? "",
    /zone/,
  );
  for (
    const agentTimestamp of [
      "yesterday",
      "2026-02-30T00:00:00Z",
      "2026-07-15T25:00:00Z",
      "2026-07-15",
      1_784_000_000,
      null,
    ]
  ) {
    assert.deepEqual(
      Object.keys(refused(body({ agentTimestamp }))),
      ["agentTimestamp"],
      String(agentTimestamp),
    );
  }
  const { agentTimestamp: _, ...rest } = body();
  assert.match(refused(rest)["agentTimestamp"] ?? "", /needed/);
  assert.deepEqual(Object.keys(refused({ ...rest, ticker: "?" })), ["ticker", "agentTimestamp"]);
  assert.deepEqual(Object.keys(refused(body({ sentAt: "2026-07-15T13:15:53" }))), ["sentAt"]);
});

Deno.test("W-3 a symbol is the OCC symbol, compact or padded, or the root, in any case", () => {
  const parts = { expiry: "2026-07-17", strike: 7500, right: "C" };
  for (
    const row of [{ symbol: CALL }, { symbol: "SPXW  260717C07500000" }, {
      symbol: "spxw",
      ...parts,
    }]
  ) {
    assert.equal(accepted(body({ contracts: [row] })).batch.quotes[0]?.occ, CALL);
  }
  const brk = { ...parts, strike: 500.5, symbol: "BRK B" };
  assert.equal(accepted(body({ contracts: [brk] })).batch.quotes[0]?.occ, "BRKB260717C00500500");
});

Deno.test("W-3 a symbol that is neither is refused", () => {
  for (
    const symbol of ["", "7", "TOOLONGROOT", "SPXW261317C07500000", "SPXW260717X07500000", 5, null]
  ) {
    const contracts = [{ symbol, expiry: "2026-07-17", strike: 7500, right: "C" }];
    assert.deepEqual(
      Object.keys(refused(body({ contracts }))),
      ["contracts[0].symbol"],
      String(symbol),
    );
  }
});

Deno.test("W-4 expiry, strike and right may repeat what the OCC symbol says, and nothing else", () => {
  assert.equal(onlyQuote({ expiry: "20260717", strike: 7500.0, right: "call" }).occ, CALL);
  assert.deepEqual(
    Object.keys(refused(oneContract({ expiry: "2026-07-16", strike: 7505, right: "P" }))),
    [
      "contracts[0].expiry",
      "contracts[0].right",
      "contracts[0].strike",
    ],
  );
});

Deno.test("W-5 a root needs expiry, strike and right", () => {
  assert.deepEqual(Object.keys(refused(body({ contracts: [{ symbol: "SPXW" }] }))), [
    "contracts[0].expiry",
    "contracts[0].strike",
    "contracts[0].right",
  ]);
});

Deno.test("W-6 parseIngest() refuses an expiry, strike or right of another form", () => {
  const bad: Record<string, unknown[]> = {
    expiry: ["2026-7-17", "17.07.2026", "2026-02-30", "1999-01-15", "2126-07-17", 20260717],
    strike: [0, -5, 100_000, 0.0005, 7500.1234, "7500"],
    right: ["X", "", "CALLS", 1],
  };
  for (const [field, values] of Object.entries(bad)) {
    for (const value of values) {
      const row = {
        symbol: "SPXW",
        expiry: "2026-07-17",
        strike: 7500,
        right: "C",
        [field]: value,
      };
      assert.deepEqual(
        Object.keys(refused(body({ contracts: [row] }))),
        [`contracts[0].${field}`],
        `${value}`,
      );
    }
  }
  for (const right of ["C", "c", "CALL", "Call"]) assert.equal(onlyQuote({ right }).occ, CALL);
});

Deno.test("W-7 null, absent and -1 say none in every field", () => {
  const wire = [
    "bid",
    "ask",
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
  const all = (value: unknown) => Object.fromEntries(wire.map((field) => [field, value]));
  const empty = onlyQuote({});
  for (
    const field of [
      "bid",
      "ask",
      "last",
      "volume",
      "openInterest",
      "impliedVol",
      "delta",
      "gamma",
      "theta",
      "vega",
      "bidSize",
      "askSize",
    ] as const
  ) {
    assert.equal(empty[field], null);
  }
  assert.deepEqual(onlyQuote(all(null)), empty);
  assert.deepEqual(onlyQuote(all(-1)), empty);
  assert.equal(accepted(body({ spotPrice: -1 })).batch.spot, null);
  assert.equal(accepted(body({ spotPrice: 0 })).batch.spot, null);
});

Deno.test("W-7 a delta or theta of -1 is real beside an IV: a deep put has it", () => {
  const put = onlyQuote({ implied_vol: 0.3, delta: -1, theta: -1, gamma: -1, vega: -1 });
  assert.deepEqual([put.delta, put.theta, put.gamma, put.vega], [-1, -1, null, null]);
});

Deno.test("W-8 texts, fractions of a contract, negative and non-finite numbers are refused by field", () => {
  const bad: Record<string, unknown[]> = {
    bid: ["7.1", -2, -0.5, true, [], 200_000, Number.POSITIVE_INFINITY],
    ask: ["", -7, 200_000.01],
    last: [{}, -3],
    mid: ["x", -3],
    volume: [1.5, -2, 2_147_483_648, "3"],
    open_interest: [0.1, -9],
    implied_vol: ["25%", -0.2, 2_148],
    delta: ["-0.5", 3_000, -3_000],
    theta: [-2_147.5],
    bid_size: [1.2, -4],
    ask_size: ["1"],
    multiplier: [0, -100, "100"],
    market_data_type: ["live", 3],
    quoted_at: ["2026-07-15T13:15:53", 5],
  };
  for (const [field, values] of Object.entries(bad)) {
    for (const value of values) {
      assert.deepEqual(Object.keys(refused(oneContract({ [field]: value }))), [
        `contracts[0].${field}`,
      ], `${field} ${value}`);
    }
  }
  assert.deepEqual(Object.keys(refused(body({ spotPrice: "206" }))), ["spotPrice"]);
  assert.deepEqual(Object.keys(refused(body({ spotPrice: -2 }))), ["spotPrice"]);
  assert.deepEqual(Object.keys(refused(body({ mode: "stream" }))), ["mode"]);
  assert.deepEqual(Object.keys(refused(body({ contracts: {} }))), ["contracts"]);
});

Deno.test("W-9 what is at the bounds is taken as it is", () => {
  const quote = onlyQuote({
    bid: 199_999.99,
    volume: 2_147_483_647,
    implied_vol: 2_147,
    theta: -2_147,
  });
  assert.equal(quote.bid, 199_999.99);
  assert.equal(quote.volume, 2_147_483_647);
  assert.equal(quote.theta, -2_147);
});

Deno.test("W-10 kind, multiplier, quote time, greeks and sizes are taken where they are given", () => {
  const quote = onlyQuote({
    bid_size: 4,
    gamma: 0.01,
    multiplier: 100,
    market_data_type: "delayed_frozen",
    quoted_at: "2026-07-15T17:15:50Z",
  });
  assert.equal(quote.kind, "delayed_frozen");
  assert.equal(quote.multiplier, 100);
  assert.equal(quote.quotedAtMs, Date.UTC(2026, 6, 15, 17, 15, 50));
  assert.equal(quote.bidSize, 4);
  assert.equal(quote.gamma, 0.01);
});

Deno.test("W-11 mid is taken and not kept", () => {
  assert.ok(!("mid" in onlyQuote({ bid: 1, ask: 2, mid: 9 })));
  assert.deepEqual(accepted(oneContract({ mid: 9 })).ignored, []);
});

Deno.test("W-12 the same contract twice is refused, in whatever form it is named", () => {
  const contracts = [{ symbol: CALL }, { symbol: "SPX260717C07500000" }, {
    symbol: "SPXW",
    expiry: "20260717",
    strike: 7500,
    right: "CALL",
  }];
  const errors = refused(body({ contracts }));
  assert.deepEqual(Object.keys(errors), ["contracts[2].symbol"]);
  assert.match(errors["contracts[2].symbol"] ?? "", /SPXW260717C07500000.*contracts\[0\]/);
});

Deno.test("W-13 no contracts at all are allowed", () => {
  const { batch } = accepted(body());
  assert.deepEqual(batch.quotes, []);
  assert.equal(batch.mode, "snapshot");
  assert.equal(batch.spot, null);
  assert.equal(batch.readId, null);
});

Deno.test("W-14 every bad field is named by its path, over head and contracts, at most 20", () => {
  const few = body({
    ticker: "?",
    agentTimestamp: "x",
    contracts: [{ symbol: CALL, bid: "1", ask: "2" }, 3, { symbol: "EA" }],
  });
  assert.deepEqual(Object.keys(refused(few)), [
    "ticker",
    "agentTimestamp",
    "contracts[0].bid",
    "contracts[0].ask",
    "contracts[1]",
    "contracts[2].expiry",
    "contracts[2].strike",
    "contracts[2].right",
  ]);
  const many = body({
    contracts: Array.from({ length: 100 }, () => ({ symbol: CALL, bid: "1", ask: "2", last: "3" })),
  });
  assert.equal(Object.keys(refused(many)).length, 20);
  for (const none of [null, undefined, 7, "text", [], [1]]) {
    assert.deepEqual(Object.keys(refused(none)), ["body"]);
  }
});

Deno.test("W-15 unknown fields are ignored and named, each once; camelCase is no alias", () => {
  const row = { symbol: CALL, openInterest: 4, impliedVol: 0.3 };
  const from = body({
    contracts: [row, { ...row, symbol: "SPXW260717P07500000", extra: null }],
    missing: [{ contract: CALL, reason: "mute_feed", since: 1 }],
    version: 2,
  });
  const { ignored, batch } = accepted(from);
  assert.deepEqual(ignored, [
    "version",
    "contracts[].openInterest",
    "contracts[].impliedVol",
    "contracts[].extra",
    "missing[].since",
  ]);
  assert.equal(batch.quotes[0]?.openInterest, null);
});

Deno.test("W-15 at most 50 unknown fields are named", () => {
  const unknown = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`x${n}`, n]));
  assert.equal(accepted(body(unknown)).ignored.length, 50);
});

Deno.test("W-15 a field named __proto__ is only a field", () => {
  const from: unknown = JSON.parse(
    `{"__proto__": {"ticker": "EA"}, ${JSON.stringify(body()).slice(1)}`,
  );
  assert.deepEqual(accepted(from).ignored, ["__proto__"]);
});

Deno.test("W-16 missing contracts are taken with their reasons, in compact form", () => {
  const missing = [{ contract: "SPXW  260717C07500000", reason: "mute_feed" }, {
    contract: "?",
    reason: "x",
  }];
  assert.deepEqual(accepted(body({ missing })).batch.missing, [
    { contract: CALL, reason: "mute_feed" },
    { contract: "?", reason: "x" },
  ]);
  assert.deepEqual(Object.keys(refused(body({ missing: [{ contract: CALL }] }))), [
    "missing[0].reason",
  ]);
});

Deno.test("W-17 texts that PostgreSQL cannot hold are refused: NUL, and half a surrogate pair", () => {
  for (const text of ["\0", "a\0b", "\ud800", "\udc00x"]) {
    assert.deepEqual(Object.keys(refused(body({ readId: text }))), ["readId"]);
    const missing = [{ contract: text, reason: "mute_feed" }, { contract: CALL, reason: text }];
    assert.deepEqual(Object.keys(refused(body({ missing }))), [
      "missing[0].contract",
      "missing[1].reason",
    ]);
  }
  assert.equal(accepted(body({ readId: "read \u{1f4c8}" })).batch.readId, "read \u{1f4c8}");
});

const SYMBOLS = ["SPXW260717C07500000", "SPXW260717P07500000"];

function columnsBody(columns: unknown): Record<string, unknown> {
  const { contracts: _, ...head } = body();
  return { ...head, columns };
}

Deno.test("W-18 columns say the same as a contract a row", () => {
  const quotedAt = "2026-07-15T17:15:50Z";
  const columns = {
    symbol: SYMBOLS,
    bid: [1.5, -1],
    implied_vol: [null, 0.3],
    delta: [-1, -1],
    vega: null,
    multiplier: [100, null],
    market_data_type: "delayed",
    quoted_at: quotedAt,
    mid: [1, 2],
  };
  const more = { delta: -1, market_data_type: "delayed", quoted_at: quotedAt };
  const contracts = [
    { symbol: SYMBOLS[0], bid: 1.5, multiplier: 100, ...more },
    { symbol: "spxw  260717p07500000", bid: -1, implied_vol: 0.3, ...more },
  ];
  const read = accepted(columnsBody(columns));
  assert.deepEqual(read.batch, accepted(body({ contracts })).batch);
  assert.deepEqual(read.ignored, ["columns.mid"]);
});

Deno.test("W-18 a body has contracts or columns, not both and not neither", () => {
  assert.deepEqual(Object.keys(refused(body({ columns: { symbol: [] } }))), ["columns"]);
  const { contracts: _, ...neither } = body();
  assert.deepEqual(Object.keys(refused(neither)), ["contracts"]);
  assert.deepEqual(accepted(columnsBody({ symbol: [] })).batch.quotes, []);
});

Deno.test("W-19 every bad value of a column is named by its path", () => {
  const bad: [columns: unknown, paths: string[]][] = [
    [null, ["columns"]],
    [[], ["columns"]],
    [{}, ["columns.symbol"]],
    [{ symbol: ["SPXW", SYMBOLS[0]] }, ["columns.symbol[0]"]],
    [{ symbol: [SYMBOLS[0], SYMBOLS[1], SYMBOLS[0]] }, ["columns.symbol[2]"]],
    [{ symbol: SYMBOLS, bid: [1] }, ["columns.bid"]],
    [{ symbol: SYMBOLS, bid: 1 }, ["columns.bid"]],
    [{ symbol: SYMBOLS, bid: [1, "2"], ask: [-2, 1] }, ["columns.bid[1]", "columns.ask[0]"]],
    [{ symbol: SYMBOLS, multiplier: [100, "100"] }, ["columns.multiplier[1]"]],
    [{ symbol: SYMBOLS, multiplier: "100" }, ["columns.multiplier"]],
    [{ symbol: SYMBOLS, market_data_type: "live" }, ["columns.market_data_type"]],
    [{ symbol: SYMBOLS, quoted_at: [null] }, ["columns.quoted_at"]],
    [{ symbol: SYMBOLS, quoted_at: ["noon", null] }, ["columns.quoted_at[0]"]],
  ];
  for (const [columns, paths] of bad) {
    assert.deepEqual(Object.keys(refused(columnsBody(columns))), paths, JSON.stringify(columns));
  }
});

Deno.test("parseIngest() refuses exactly what the published schema refuses, symbol and duplicates apart", () => {
  const value = fc.oneof(fc.constantFrom(null, -1, 0, "1", 0.5, 3, -7), fc.double());
  const row = fc.record({
    bid: value,
    volume: value,
    implied_vol: value,
    delta: value,
    strike: fc.constant(7500),
  }, {
    requiredKeys: [],
  });
  fc.assert(fc.property(row, (fields) => {
    const from = oneContract(fields);
    assert.equal(parseIngest(from).ok, ingestBody.safeParse(from).success);
  }));
});

Deno.test("parseIngest() never throws, whatever it is given", () => {
  fc.assert(fc.property(fc.anything(), fc.anything(), (anything, row) => {
    parseIngest(anything);
    parseIngest(body({ contracts: [row] }));
    parseIngest(body({ missing: anything }));
  }));
});
