import { strict as assert } from "node:assert";
import { expectedMove, type StraddleLeg } from "./expected_move.ts";
import { bitsOf, type QualityFlag } from "./quality_flags.ts";

function leg(value: number, ...flags: readonly QualityFlag[]): StraddleLeg {
  return { fields: { mid: { value, seenAtMs: 0, now: true } }, quality: bitsOf(...flags) };
}

const at = (strike: number, call?: StraddleLeg, put?: StraddleLeg) => ({ strike, call, put });

Deno.test("the expected move is the straddle of the strike nearest to the spot", () => {
  const straddles = [
    at(325, leg(15), leg(9)),
    at(330, leg(12.475), leg(10.85)),
    at(335, leg(10), leg(13)),
  ];
  assert.deepEqual(expectedMove(straddles, 330.39), { amount: 23.325, strike: 330 });
  assert.deepEqual(expectedMove(straddles, 333), { amount: 23, strike: 335 });
});

Deno.test("a strike with a crossed, adjusted or one-sided quote is passed over for the next", () => {
  for (const flag of ["crossed", "adjusted", "zero_bid", "two_reads"] as const) {
    const straddles = [at(330, leg(12, flag), leg(11)), at(335, leg(10), leg(13))];
    assert.deepEqual(expectedMove(straddles, 330), { amount: 23, strike: 335 }, flag);
  }
  assert.deepEqual(expectedMove([at(330, leg(12), undefined)], 330), undefined);
});

Deno.test("flags of the volatility do not bar a straddle's price", () => {
  const move = expectedMove([at(330, leg(12, "iv_missing"), leg(11, "greeks_missing"))], 330);
  assert.deepEqual(move, { amount: 23, strike: 330 });
});

Deno.test("no strike near the spot, or no spot, is no expected move", () => {
  assert.equal(expectedMove([at(200, leg(130), leg(1))], 330), undefined);
  assert.equal(expectedMove([at(330, leg(12), leg(11))], null), undefined);
});
