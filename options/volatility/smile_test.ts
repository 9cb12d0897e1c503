import { strict as assert } from "node:assert";
import fc from "fast-check";
import { occ } from "../testing.ts";
import { bitsOf, type QualityFlag } from "../quality_flags.ts";
import { type JudgedContract, smileOf, volatilityAt } from "./smile.ts";

function contract(
  right: "C" | "P",
  strike: number,
  impliedVol: number | null,
  ...flags: readonly QualityFlag[]
): JudgedContract {
  return {
    occ: occ(`EA261218${right}${String(strike * 1000).padStart(8, "0")}`),
    fields: impliedVol === null
      ? {}
      : { impliedVol: { value: impliedVol, seenAtMs: 1, now: true } },
    quality: bitsOf(...flags),
  };
}

Deno.test("a smile has the puts below the spot and the calls from it on", () => {
  const { points } = smileOf([
    contract("C", 220, 0.22),
    contract("P", 220, 0.9),
    contract("C", 200, 0.9),
    contract("P", 200, 0.31),
    contract("C", 210, 0.25),
    contract("P", 210, 0.9),
  ], 210);
  assert.deepEqual(points.map(({ strike, right, impliedVol }) => [strike, right, impliedVol]), [
    [200, "P", 0.31],
    [210, "C", 0.25],
    [220, "C", 0.22],
  ]);
});

Deno.test("what is barred from a smile is counted by what is wrong with it", () => {
  const { points, leftOut } = smileOf([
    contract("C", 220, 0.22, "crossed"),
    contract("C", 225, 9, "iv_extreme"),
    contract("C", 230, 0.2, "zero_bid", "iv_placeholder"),
    contract("C", 235, 0.2),
    contract("P", 300, 9, "iv_extreme"),
  ], 210);
  assert.equal(points.length, 1);
  assert.deepEqual([...leftOut].sort(), [["crossed", 1], ["iv_extreme", 1], ["zero_bid", 1]]);
});

Deno.test("without a spot there is no smile", () => {
  assert.deepEqual(smileOf([contract("C", 220, 0.22)], null).points, []);
});

Deno.test("between two strikes the volatility is on their line, outside there is none", () => {
  const smile = smileOf([contract("C", 210, 0.3), contract("C", 220, 0.2)], 210);
  assert.equal(volatilityAt(smile, 215), 0.25);
  assert.equal(volatilityAt(smile, 220), 0.2);
  assert.equal(volatilityAt(smile, 209), undefined);
  assert.equal(volatilityAt(smile, 221), undefined);
});

Deno.test("a volatility between strikes is never outside those of its neighbours", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 210, max: 400 }), { minLength: 2, maxLength: 12 }),
      fc.array(fc.double({ min: 0.05, max: 2, noNaN: true }), { minLength: 12, maxLength: 12 }),
      fc.double({ min: 210, max: 400, noNaN: true }),
      (strikes, ivs, at) => {
        const smile = smileOf(
          strikes.map((strike, index) => contract("C", strike, ivs[index] ?? 1)),
          210,
        );
        const found = volatilityAt(smile, at);
        const inside = at >= Math.min(...strikes) && at <= Math.max(...strikes);
        assert.equal(found !== undefined, inside);
        const all = smile.points.map(({ impliedVol }) => impliedVol);
        if (found !== undefined) {
          assert.ok(found >= Math.min(...all) - 1e-12 && found <= Math.max(...all) + 1e-12);
        }
      },
    ),
  );
});
