import { strict as assert } from "node:assert";
import fc from "fast-check";
import { makeContract, parseIsoDate, parseTicker } from "../../options/contract.ts";
import { type Quote, QUOTE_FIELDS } from "../../options/quote.ts";
import { parseIngest } from "../../options/wire/ingest.ts";
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

Deno.test("toPayload() makes a body that the server reads back equal, value for value", () => {
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
    const read = parseIngest(JSON.parse(JSON.stringify(payload)));
    assert.ok(read.ok, JSON.stringify(read));
    assert.deepEqual(read.ignored, []);
    assert.equal(read.batch.spot, 7_491.23);
    for (const [index, expected] of given.entries()) {
      const actual: Quote | undefined = read.batch.quotes[index];
      assert.equal(actual?.occ, expected.occ);
      assert.equal(actual?.kind, expected.kind);
      for (const field of QUOTE_FIELDS) assert.equal(actual?.[field], expected[field], field);
    }
  }));
});

Deno.test("toPayload() has the documented fields and no other", () => {
  assert.ok(ticker && day);
  const contract = makeContract("SPXW", day, "C", 7_500);
  assert.ok(contract);
  const none = Object.fromEntries(QUOTE_FIELDS.map((field) => [field, null]));
  const payload = toPayload({
    ticker,
    agentId: "deals",
    mode: "snapshot",
    readId: "r-1",
    atMs: 0,
    spot: null,
    // Every field of QUOTE_FIELDS is in `none`.
    quotes: [{
      ...none as Record<typeof QUOTE_FIELDS[number], null>,
      occ: contract.occ,
      kind: null,
      multiplier: null,
      quotedAtMs: null,
    }],
    missing: [{ contract: "SPXW260717P07500000", reason: "mute_feed" }],
  });
  assert.deepEqual(Object.keys(payload).sort(), [
    "agentId",
    "agentTimestamp",
    "contracts",
    "missing",
    "mode",
    "readId",
    "spotPrice",
    "ticker",
  ]);
  assert.deepEqual(Object.keys(payload.contracts[0] ?? {}).sort(), [
    "ask",
    "ask_size",
    "bid",
    "bid_size",
    "delta",
    "expiry",
    "gamma",
    "implied_vol",
    "last",
    "market_data_type",
    "mid",
    "multiplier",
    "open_interest",
    "right",
    "strike",
    "symbol",
    "theta",
    "vega",
    "volume",
  ]);
});
