import { strict as assert } from "node:assert";
import fc from "fast-check";
import { makeContract, parseIsoDate, parseTicker } from "../../options/contract.ts";
import { columnsOf } from "../../options/columns.ts";
import type { Quote } from "../../options/quote.ts";
import { quoteOf } from "../../options/testing.ts";
import { readIngest } from "../../options/wire/ingest.ts";
import { toPayload } from "./payload.ts";

const day = parseIsoDate("2026-07-17");
const ticker = parseTicker("SPX");

const price = fc.option(fc.integer({ min: 1, max: 1_999_999_999 }).map((n) => n / 10_000));
const count = fc.option(fc.nat(2_147_483_647));
const volatility = fc.option(fc.double({ min: 0, max: 2_000, noNaN: true }));
// A delta of -1 says none where there is no IV (`docs/specs/wire.md`), so it is left out here.
const greek = fc.option(
  // JSON has no negative zero.
  fc.double({ min: -0.999, max: 2_000, noNaN: true }).map((value) => value + 0),
);

const quote: fc.Arbitrary<Quote> = fc.record({
  root: fc.constantFrom("SPX", "SPXW", "BRKB"),
  right: fc.constantFrom("C" as const, "P" as const),
  thousandths: fc.integer({ min: 1, max: 99_999_999 }),
  kind: fc.constantFrom("realtime" as const, "frozen" as const, "delayed" as const, null),
  multiplier: fc.constantFrom(100, 10, null),
  bid: price,
  ask: price,
  last: price,
  volume: count,
  openInterest: count,
  impliedVol: volatility,
  delta: greek,
  gamma: greek,
  theta: greek,
  vega: greek,
  bidSize: count,
  askSize: count,
}).map(({ root, right, thousandths, ...values }) => {
  const contract = day && makeContract(root, day, right, thousandths / 1000);
  assert.ok(contract);
  return { occ: contract.occ, quotedAtMs: null, ...values };
});

Deno.test("toPayload() makes a body that the server reads back equal, at stored precision", () => {
  assert.ok(ticker);
  const quotes = fc.uniqueArray(quote, { maxLength: 8, selector: (each) => each.occ });
  fc.assert(fc.property(quotes, (given) => {
    const payload = toPayload({
      ticker,
      agentId: "deals",
      mode: "snapshot",
      readId: "r-1",
      atMs: Date.UTC(2026, 6, 15),
      spot: 7_491.23,
      quotes: given,
      missing: [],
    });
    const read = readIngest(JSON.parse(JSON.stringify(payload)));
    assert.ok(read.ok, JSON.stringify(read));
    assert.deepEqual(read.ignored, []);
    assert.equal(read.batch.spot, 7_491.23);
    assert.deepEqual(read.batch.columns, columnsOf(given));
  }));
});

Deno.test("toPayload() has the documented fields and no other, sorted by contract", () => {
  assert.ok(ticker);
  const more = { kind: "delayed", multiplier: 100 } as const;
  const payload = toPayload({
    ticker,
    agentId: "deals",
    mode: "snapshot",
    readId: "r-1",
    atMs: 0,
    spot: null,
    quotes: [
      quoteOf("SPXW260717P07500000", { ask: 2, delta: -1 / 3, kind: "frozen", multiplier: 100 }),
      quoteOf("SPXW260717C07500000", { bid: 0.1, volume: 7, ...more }),
    ],
    missing: [{ contract: "SPXW260717P07505000", reason: "mute_feed" }],
  });
  assert.deepEqual(Object.keys(payload).sort(), [
    "agentId",
    "agentTimestamp",
    "columns",
    "missing",
    "mode",
    "readId",
    "spotPrice",
    "ticker",
  ]);
  assert.deepEqual(payload.columns, {
    symbol: ["SPXW260717C07500000", "SPXW260717P07500000"],
    bid: [0.1, null],
    ask: [null, 2],
    volume: [7, null],
    delta: [null, -0.333333],
    multiplier: 100,
    market_data_type: ["delayed", "frozen"],
  });
});
