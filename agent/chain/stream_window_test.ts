import { strict as assert } from "node:assert";
import { makeContract, type OccSymbol, parseIsoDate } from "../../options/contract.ts";
import type { Listing } from "./listing.ts";
import {
  chooseContracts,
  formatStreamWindow,
  isOffCentre,
  parseStreamWindow,
  type StreamWindow,
  type WindowView,
} from "./stream_window.ts";

const SOON = "2026-09-18";
const LATER = "2026-12-18";

function listing(expiry: string, right: "C" | "P", strike: number): Listing {
  const day = parseIsoDate(expiry);
  const contract = day && makeContract("EA", day, right, strike);
  assert.ok(contract);
  return { contract, conId: 1, multiplier: 100 };
}

/** Strikes of 5 from 150 to 250 soon, of 10 later. */
const CHAIN: readonly Listing[] = [SOON, LATER].flatMap((expiry) => {
  const step = expiry === SOON ? 5 : 10;
  return Array.from({ length: 100 / step + 1 }, (_, index) => 150 + index * step)
    .flatMap((strike) => [listing(expiry, "C", strike), listing(expiry, "P", strike)]);
});

const NO_DELTA = (): null => null;

function strikes(
  window: StreamWindow,
  view: Partial<WindowView> & { readonly expiry?: string },
): readonly number[] {
  const chosen = chooseContracts(window, {
    listings: CHAIN,
    money: 202,
    deltaOf: NO_DELTA,
    held: new Set<OccSymbol>(),
    ...view,
  });
  const ofExpiry = chosen.filter(({ contract }) => contract.expiry === (view.expiry ?? SOON));
  return [...new Set(ofExpiry.map(({ contract }) => contract.strike))].sort((a, b) => a - b);
}

Deno.test("a window is written as rules with + between, and read again", () => {
  const texts = ["all", "atm5", "delta0.1", "expiries2", "atm0+delta0.25+expiries100"];
  for (const text of texts) {
    const window = parseStreamWindow(text);
    assert.ok(window, text);
    assert.equal(formatStreamWindow(window), text);
  }
  assert.deepEqual(parseStreamWindow("expiries2+delta.1"), { expiries: 2, delta: 0.1 });
});

for (
  const text of [
    "",
    "atm",
    "atm501",
    "atm-1",
    "atm1.5",
    "delta0",
    "delta0.5",
    "delta1",
    "expiries0",
    "expiries101",
    "all+atm5",
    "atm5+",
    "atm5+atm6",
    "atm5,delta0.1",
    "strikes5",
    " atm5",
  ]
) {
  Deno.test(`parseStreamWindow() takes ${JSON.stringify(text)} for no window`, () => {
    assert.equal(parseStreamWindow(text), undefined);
  });
}

Deno.test("atm2 keeps the strike at the money and two on each side, of each expiry", () => {
  assert.deepEqual(strikes({ atm: 2 }, {}), [190, 195, 200, 205, 210]);
  assert.deepEqual(strikes({ atm: 2 }, { expiry: LATER }), [180, 190, 200, 210, 220]);
  assert.equal(
    chooseContracts({ atm: 2 }, {
      listings: CHAIN,
      money: 202,
      deltaOf: NO_DELTA,
      held: new Set(),
    }).length,
    20,
  );
});

Deno.test("atm2 at the end of the strikes keeps those that there are", () => {
  assert.deepEqual(strikes({ atm: 2 }, { money: 900 }), [240, 245, 250]);
  assert.deepEqual(strikes({ atm: 2 }, { money: 1 }), [150, 155, 160]);
});

Deno.test("atm2 without a price lies in the middle of the strikes", () => {
  assert.deepEqual(strikes({ atm: 2 }, { money: null }), [190, 195, 200, 205, 210]);
});

Deno.test("expiries1 keeps the nearest expiry, and all its strikes", () => {
  assert.equal(strikes({ expiries: 1 }, {}).length, 21);
  assert.deepEqual(strikes({ expiries: 1 }, { expiry: LATER }), []);
  assert.deepEqual(strikes({ atm: 1, expiries: 1 }, {}), [195, 200, 205]);
});

Deno.test("a window comes near the money first", () => {
  const [first, second, third] = chooseContracts({}, {
    listings: CHAIN,
    money: 206,
    deltaOf: NO_DELTA,
    held: new Set(),
  });
  assert.deepEqual(
    [first, second, third].map((each) => each?.contract.strike),
    [205, 205, 210],
  );
});

/** A call's delta falls by 0.01 a dollar from 0.5 at 200; a put's is 1 less. */
function deltaOf(occ: OccSymbol): number {
  const strike = Number(occ.slice(-8)) / 1000;
  const call = 0.5 - (strike - 200) / 100;
  return occ.includes("C0") ? call : call - 1;
}

Deno.test("delta0.3 keeps deltas from 0.3 to 0.7, of calls and of puts", () => {
  const range = [180, 185, 190, 195, 200, 205, 210, 215, 220];
  assert.deepEqual(strikes({ delta: 0.3 }, { deltaOf }), range);
});

Deno.test("a contract leaves a window by delta only when it is well outside", () => {
  const edge = listing(SOON, "C", 225);
  const gone = listing(SOON, "C", 230);
  const held = new Set([edge, gone].map(({ contract }) => contract.occ));
  const kept = strikes({ delta: 0.3 }, { deltaOf, held });
  assert.equal(kept.at(-1), 225, "0.25 is within 0.8 × 0.3, 0.2 is not");
});

Deno.test("until any delta is known, five strikes each way stand for a window by delta", () => {
  assert.deepEqual(strikes({ delta: 0.3 }, {}).length, 11);
});

Deno.test("isOffCentre() waits until the price is more than a strike and a half away", () => {
  assert.ok(!isOffCentre(CHAIN, 202, 209.5));
  assert.ok(isOffCentre(CHAIN, 202, 209.6));
  assert.ok(isOffCentre(CHAIN, 202, 194.4));
  assert.ok(!isOffCentre(CHAIN, 202, null));
  assert.ok(isOffCentre(CHAIN, null, 202));
});

Deno.test("isOffCentre() goes by the strikes around the centre, also beyond their end", () => {
  const wide = [100, 110, 160].map((strike) => listing(SOON, "C", strike));
  assert.ok(!isOffCentre(wide, 130, 60), "strikes are 50 apart there");
  assert.ok(isOffCentre(wide, 105, 121));
  assert.ok(!isOffCentre(wide, 300, 370));
});

Deno.test("a price that swings between two strikes does not move the window", () => {
  let centre: number | null = null;
  let moves = 0;
  for (let second = 0; second < 600; second++) {
    const spot = 202.5 + 4 * Math.sin(second);
    if (!isOffCentre(CHAIN, centre, spot)) continue;
    centre = spot;
    moves++;
  }
  assert.ok(moves <= 2, `${moves} moves`);
});
