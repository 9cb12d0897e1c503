import { strict as assert } from "node:assert";
import fc from "fast-check";
import { occ } from "../testing.ts";
import { bitsOf, type QualityFlag } from "../quality_flags.ts";
import { maxPain, positionsOf, putCallOf, type StrikePositions } from "./positions.ts";

function contract(
  symbol: string,
  openInterest: number,
  volume: number,
  ...flags: readonly QualityFlag[]
) {
  const seen = (value: number) => ({ value, seenAtMs: 1, now: true });
  return {
    occ: occ(symbol),
    fields: { openInterest: seen(openInterest), volume: seen(volume) },
    quality: bitsOf(...flags),
  };
}

Deno.test("positions add up by strike, over expiries, without adjusted contracts", () => {
  const positions = positionsOf([
    contract("EA261218C00210000", 10, 1),
    contract("EA270115C00210000", 5, 2),
    contract("EA261218P00210000", 7, 3),
    contract("EA1261218P00210000", 100, 100, "adjusted"),
    contract("EA261218P00200000", 4, 0, "crossed"),
  ]);
  assert.deepEqual(positions, [
    { strike: 200, callOpenInterest: 0, putOpenInterest: 4, callVolume: 0, putVolume: 0 },
    { strike: 210, callOpenInterest: 15, putOpenInterest: 7, callVolume: 3, putVolume: 3 },
  ]);
  const totals = putCallOf(positions);
  assert.deepEqual([totals.volumeRatio, totals.openInterestRatio], [1, 11 / 15]);
});

Deno.test("without a call there is no ratio, and without open interest no max pain", () => {
  assert.equal(putCallOf([]).volumeRatio, null);
  assert.equal(maxPain([]), undefined);
  assert.equal(maxPain(positionsOf([contract("EA261218C00210000", 0, 9)])), undefined);
});

Deno.test("at max pain all that is open pays no more than at any other strike", () => {
  const at: fc.Arbitrary<StrikePositions> = fc.record({
    strike: fc.integer({ min: 1, max: 500 }),
    callOpenInterest: fc.integer({ min: 0, max: 1_000 }),
    putOpenInterest: fc.integer({ min: 0, max: 1_000 }),
    callVolume: fc.constant(0),
    putVolume: fc.constant(0),
  });
  const paidAt = (all: readonly StrikePositions[], price: number): number =>
    all.map((one) =>
      one.callOpenInterest * Math.max(0, price - one.strike) +
      one.putOpenInterest * Math.max(0, one.strike - price)
    ).reduce((a, b) => a + b, 0);
  fc.assert(
    fc.property(fc.uniqueArray(at, { selector: ({ strike }) => strike, minLength: 1 }), (all) => {
      const strike = maxPain(all);
      if (strike === undefined) return;
      for (const one of all) assert.ok(paidAt(all, strike) <= paidAt(all, one.strike));
    }),
  );
});
