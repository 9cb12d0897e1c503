import { strict as assert } from "node:assert";
import type { Instrument } from "../market/market.ts";
import { EA, option } from "../test/small_market.ts";
import { type Held, marginOf } from "./margin.ts";

const SPOT = 200;
const PREMIUM = 3;
const OPTION = { root: "EA", expiry: "2026-07-17" };

function call(strike: number, expiry = OPTION.expiry): Instrument {
  return option(EA, { ...OPTION, expiry, conId: 1_000 + strike, right: "C", strike });
}

function put(strike: number): Instrument {
  return option(EA, { ...OPTION, conId: 2_000 + strike, right: "P", strike });
}

/** The initial margin of holdings while EA is at 200 and each option at 3. */
function initial(...held: readonly [Instrument, number][]): number {
  const holdings: readonly Held[] = held.map(([instrument, quantity]) => ({
    instrument,
    quantity,
  }));
  return marginOf(0, holdings, (conId) => conId === EA.conId ? SPOT : PREMIUM).initial;
}

/** By what is held, the initial margin. */
const cases: readonly [string, number, readonly [Instrument, number][]][] = [
  ["shares are half lent", 10_000, [[EA, 100]]],
  ["owed shares are deposited with half of their worth", 30_000, [[EA, -100]]],
  ["long options are paid for whole", 0, [[call(200), 5]]],
  ["a naked call asks for its premium and 20 % of the share", 4_300, [[call(200), -1]]],
  ["what is out of the money lessens it", 3_300, [[call(210), -1]]],
  ["down to 10 % of the share for a call", 2_300, [[call(250), -1]]],
  ["and to 10 % of the strike for a put", 1_800, [[put(150), -1]]],
  ["a call is covered by a hundred shares", 10_000, [[EA, 100], [call(210), -1]]],
  ["a put by a hundred owed ones", 30_000, [[EA, -100], [put(190), -1]]],
  ["a second call is not", 13_300, [[EA, 100], [call(210), -2]]],
  ["a credit spread asks for the most it can lose", 500, [[call(200), -1], [call(205), 1]]],
  ["a debit spread for nothing", 0, [[call(195), 1], [call(200), -1]]],
  ["puts the other way round", 500, [[put(200), -1], [put(195), 1]]],
  ["a long option that ends first covers nothing", 4_300, [
    [call(200), -1],
    [call(205, "2026-07-10"), 1],
  ]],
];
for (const [what, expected, held] of cases) {
  Deno.test(`margin: ${what}`, () => {
    assert.equal(Math.round(initial(...held)), expected);
  });
}

Deno.test("margin: equity with loan value is cash and shares, without options", () => {
  const held = [{ instrument: EA, quantity: 100 }, { instrument: call(200), quantity: 5 }];
  const margin = marginOf(1_000, held, (conId) => conId === EA.conId ? SPOT : PREMIUM);
  assert.deepEqual(margin, { initial: 10_000, maintenance: 5_000, equityWithLoan: 21_000 });
});
