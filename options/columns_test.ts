import { strict as assert } from "node:assert";
import { columnsOf, NONE, quotesOf } from "./columns.ts";
import { quoteOf } from "./testing.ts";

Deno.test("columnsOf() and quotesOf() give back what was put in, sorted by contract", () => {
  const quotes = [
    quoteOf("EA261218P00210000", { bid: 1.05, delta: -0.5, kind: "delayed", multiplier: 100 }),
    quoteOf("EA261218C00210000", { ask: 1.1, volume: 0, quotedAtMs: 1_700_000_000_123 }),
  ];
  const columns = columnsOf(quotes);
  assert.deepEqual(columns.fields.bid, Int32Array.of(NONE, 10_500));
  assert.equal(columns.fields.vega, null);
  assert.deepEqual(quotesOf(columns), quotes.toReversed());
});

Deno.test("columnsOf() refuses a value that does not fit, by the contract's name", () => {
  const quote = quoteOf("EA261218C00210000", { bid: 300_000 });
  assert.throws(() => columnsOf([quote]), /bid of EA261218C00210000 is 300000/);
});
