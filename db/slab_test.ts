import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { columnsOf } from "../options/columns.ts";
import type { Quote } from "../options/quote.ts";
import { quoteOf } from "../options/testing.ts";
import { makeContract, parseIsoDate } from "../options/contract.ts";
import { BitsError } from "./bits.ts";
import { wholeColumns } from "./block.ts";
import { encodeSlab, readDay, readRecord, recordOf, SlabError } from "./slab.ts";
import { storedQuotes } from "./test/quotes.ts";

/** Snapshots of the same contracts, whose values of now and then have nothing to do with each other. */
const snapshots = fc.array(storedQuotes, { minLength: 1, maxLength: 9 }).map((lists) => {
  const names = lists[0]?.map(({ occ }) => occ) ?? [];
  return lists.map((quotes) =>
    columnsOf(names.map((occ, i): Quote => ({ ...(quotes[i] ?? quoteOf(occ, {})), occ })))
  );
});

Deno.test("readDay() gives back exactly the values that encodeSlab() took", () => {
  fc.assert(
    fc.property(snapshots, (chains) => {
      const occ = chains[0]?.occ ?? [];
      const body = encodeSlab(chains.map(wholeColumns), 0, occ.length);
      const slab = { first: 0, contracts: occ.length, body };
      assert.deepEqual(readDay([slab], occ, chains.length), chains);
    }),
    { numRuns: 500 },
  );
});

const expiry = parseIsoDate("2026-12-18");

/** Chains of forty contracts whose prices move by a few cents a snapshot, and whose volume rises. */
function moving(times: number): Quote[][] {
  return Array.from({ length: times }, (_, at) =>
    Array.from({ length: 40 }, (_, n) => {
      const occ = expiry && makeContract("EA", expiry, "C", 100 + n)?.occ;
      assert.ok(occ);
      const bid = 20 + n + Math.round(Math.sin(at + n) * 20) / 100;
      return quoteOf(occ, { bid, ask: bid + 0.05, volume: 10 * n + at, openInterest: 7 });
    }));
}

Deno.test("encodeSlab() spends bits on what moves, and none on what does not", () => {
  const chains = moving(78).map(columnsOf);
  const body = encodeSlab(chains.map(wholeColumns), 0, 40);
  // Bid and ask 6 bits each, volume 1, open interest none.
  const bytes = body.length / (40 * 78);
  assert.ok(bytes < 2.2, `${bytes} bytes a quote`);
});

Deno.test("readRecord() refuses what is no slab, or ends too early", () => {
  const body = encodeSlab(moving(3).map(columnsOf).map(wholeColumns), 0, 40);
  const last = recordOf(body, 40, 39);
  assert.throws(() => readRecord(Uint8Array.of(1, ...last.slice(1)), 3), SlabError);
  assert.throws(() => readRecord(last.slice(0, -3), 3), BitsError);
});
