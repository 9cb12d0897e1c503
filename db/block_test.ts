import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { columnsOf, NONE, quotesOf } from "../options/columns.ts";
import { makeContract, type OccSymbol, parseIsoDate } from "../options/contract.ts";
import { MARKET_DATA_KINDS, type Quote } from "../options/quote.ts";
import { quoteOf } from "../options/testing.ts";
import { BlockError, decodeBlock, encodeBlock, readBlock } from "./block.ts";
import { storedQuotes } from "./test/quotes.ts";

Deno.test("decodeBlock() gives back exactly the columns that encodeBlock() took", () => {
  fc.assert(
    fc.property(storedQuotes, (quotes) => {
      const columns = columnsOf(quotes);
      assert.deepEqual(decodeBlock(encodeBlock(columns), columns.occ), columns);
    }),
    { numRuns: 500 },
  );
});

/** A chain of which every contract is quoted in cents, and its IV and delta with all decimals. */
function chain(contracts: number): Quote[] {
  const expiry = parseIsoDate("2026-12-18");
  return Array.from({ length: contracts }, (_, n) => {
    const occ = expiry && makeContract("SPX", expiry, "C", 1_000 + n)?.occ;
    assert.ok(occ);
    return quoteOf(occ, {
      bid: 100 + n / 20,
      ask: 100.05 + n / 20,
      impliedVol: 0.2 + n / 987_654,
      kind: MARKET_DATA_KINDS[0],
      multiplier: 100,
      quotedAtMs: Date.UTC(2026, 6, 15) + n,
    });
  });
}

Deno.test("encodeBlock() spends the bits that prices in cents need, and nothing on what all share", () => {
  const head = 6 + 15 * 18;
  const bytes = encodeBlock(columnsOf(chain(1_000))).length - head;
  // Bid, ask, IV and quoted_at 10 bits each, each plane's form a byte; kind and multiplier are one
  // value.
  assert.equal(bytes, 4 * (1_000 + 250 + 2));
  const flat = chain(1_000).map(({ occ }) => quoteOf(occ, { volume: 7 }));
  assert.equal(encodeBlock(columnsOf(flat)).length, head);
});

Deno.test("decodeBlock() refuses bytes that are no block of these contracts", () => {
  const { occ } = columnsOf(chain(20));
  const block = encodeBlock(columnsOf(chain(20)));
  const refused = (bytes: Uint8Array, names: readonly OccSymbol[], message: RegExp): void => {
    assert.throws(() => decodeBlock(bytes, names), (error) => {
      assert.ok(error instanceof BlockError);
      assert.match(error.message, message);
      return true;
    });
  };
  refused(block, occ.slice(1), /of 20 contracts is not that of 19/);
  refused(block.subarray(0, -1), occ, /its columns/);
  refused(new Uint8Array(3), occ, /3 bytes are no block/);
  refused(Uint8Array.from(block, (byte, at) => at === 0 ? 9 : byte), occ, /version 3/);
  assert.equal(quotesOf(decodeBlock(block, occ)).length, 20);
});

Deno.test("decodeBlock() and readBlock() read blocks of version 1", () => {
  const block = Uint8Array.fromBase64(
    "AQ8AAAADAQEAAAAAAA8+WAAAA+j/AAAAAAAAAAAAAAAAAP8AAAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAASz/AAAAAAAA" +
      "AAAAAAAAAAEAAAAAAAADDUAAAAAB/wAAAAAAAAAAAAAAAAD/AAAAAAAAAAAAAAAAAP8AAAAAAAAAAAAAAAAA/wAA" +
      "AAAAAAAAAAAAAAD/AAAAAAAAAAAAAAAAAP8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAAAAEAAAAAAAAAD0JAAAAA" +
      "AQEAAAABn2MSvAAAARFwAQACAAECAAECAAEC",
  );
  const quotes = chain(3).map((each, n) => ({
    ...quoteOf(each.occ, {}),
    bid: n === 1 ? null : 100 + n / 20,
    impliedVol: Math.round((0.2 + n / 987_654) * 1e6) / 1e6,
    volume: 300 * n,
    kind: MARKET_DATA_KINDS[0],
    multiplier: 100,
    quotedAtMs: Date.UTC(2026, 6, 15) + 70_000 * n,
  }));
  const { occ } = columnsOf(chain(3));
  assert.deepEqual(quotesOf(decodeBlock(block, occ)), quotes);
  assert.deepEqual(readBlock(block, 3, 2).slice(0, 6), [1_001_000, NONE, NONE, 600, NONE, 200_002]);
});
