import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { columnsOf, NONE } from "../options/columns.ts";
import { BitsError } from "./bits.ts";
import { decodeBlock, wholeColumns } from "./block.ts";
import { decodePacked, encodePacked } from "./packed.ts";
import { storedQuotes } from "./test/quotes.ts";

Deno.test("decodeBlock() gives back exactly the columns that encodePacked() took", () => {
  fc.assert(
    fc.property(storedQuotes, (quotes) => {
      const columns = columnsOf(quotes);
      const packed = encodePacked(wholeColumns(columns), columns.occ.length);
      assert.deepEqual(decodeBlock(packed, columns.occ), columns);
    }),
    { numRuns: 500 },
  );
});

Deno.test("a value is kept whose distance to the column before is the number that stands for none", () => {
  const before = Int32Array.of(2_147_483_646);
  const column = Int32Array.of(-2);
  const packed = encodePacked([before, column], 1);
  assert.deepEqual(decodePacked(packed, 1), [Float64Array.from(before), Float64Array.from(column)]);
});

Deno.test("encodePacked() takes bids near a line and asks near their bids for a few bits", () => {
  const bids = Int32Array.from({ length: 400 }, (_, i) => 100 * (50_000 - 120 * i + i % 3));
  const asks = bids.map((bid, i) => bid + 100 * (2 + i % 2));
  const packed = encodePacked([bids, asks], 400);
  assert.deepEqual(decodePacked(packed, 400), [Float64Array.from(bids), Float64Array.from(asks)]);
  const bits = 8 * packed.length / 400;
  assert.ok(bits < 6, `${bits} bits a quote`);
});

Deno.test("encodePacked() spends no bit on a column that is empty, or the same everywhere", () => {
  const same = new Int32Array(1_000).fill(7);
  const none = new Int32Array(1_000).fill(NONE);
  assert.ok(encodePacked([same, none, null], 1_000).length < 30);
});

Deno.test("decodePacked() refuses what ends too early", () => {
  const packed = encodePacked([Int32Array.of(5, 900, 3, 77)], 4);
  assert.throws(() => decodePacked(packed.slice(0, -2), 4), BitsError);
});
