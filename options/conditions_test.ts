import { strict as assert } from "node:assert";
import { expiresAtMs } from "./calendar.ts";
import { columnsOf } from "./columns.ts";
import { conditionsOf, type MarketConditions } from "./conditions.ts";
import { parseOcc, parseTicker, type Ticker } from "./contract.ts";
import { readChainFolder } from "./formats/folder.ts";
import { layoutOf } from "./layout.ts";
import { blackScholesPrice } from "./pricing/black_scholes.ts";
import type { Quote } from "./quote.ts";
import { quoteOf, testOnRealChains } from "./testing.ts";

const T0 = Date.parse("2026-07-15T17:00:00Z");
const YEAR_MS = 365 * 86_400_000;

function tickerOf(text: string): Ticker {
  const ticker = parseTicker(text);
  assert.ok(ticker);
  return ticker;
}

function conditions(
  quotes: readonly Quote[],
  { spot = 100, ticker = "EA", atMs = T0 }: {
    spot?: number | null;
    ticker?: string;
    atMs?: number;
  } = {},
): MarketConditions {
  return conditionsOf(columnsOf(quotes), { ticker: tickerOf(ticker), spot, atMs });
}

/** The years that a series has yet to run. */
function yearsTo(root: string, day: string): number {
  const contract = parseOcc(`${root}${day}C00100000`);
  assert.ok(contract);
  return (expiresAtMs(contract) - T0) / YEAR_MS;
}

interface Smile {
  readonly root?: string;
  readonly forward?: number;
  /** By strike. */
  readonly vol: (strike: number) => number;
  readonly strikes?: readonly number[];
}

const EACH_5 = Array.from({ length: 25 }, (_, n) => 40 + 5 * n);

/** One expiry priced by its smile, with volume and open interest. */
function series(
  day: string,
  { root = "EA", forward = 100, vol, strikes = EACH_5 }: Smile,
): Quote[] {
  const years = yearsTo(root, day);
  return strikes.flatMap((strike) =>
    (["C", "P"] as const).map((right) => {
      const terms = { right, spot: forward, strike, years, rate: 0, dividendYield: 0 };
      const price = blackScholesPrice(terms, vol(strike)) + 0.05;
      return quoteOf(`${root}${day}${right}${String(strike * 1000).padStart(8, "0")}`, {
        bid: price - 0.02,
        ask: price + 0.02,
        impliedVol: vol(strike),
        delta: 0.5,
        volume: right === "C" ? 2 : 3,
        openInterest: right === "C" ? 10 : 20,
      });
    })
  );
}

const flat = (iv: number) => ({ vol: () => iv });

function near(value: number | null | undefined, expected: number, within = 1e-6): void {
  assert.ok(
    value !== null && value !== undefined && Math.abs(value - expected) <= within,
    `${value} is not ${expected}`,
  );
}

Deno.test("Q-30 at the money is between the strikes around the forward", () => {
  const slope = (strike: number): number => 0.3 + 0.001 * (strike - 100);
  const at = (forward: number): MarketConditions =>
    conditions(series("260821", { forward, vol: slope }), { spot: 100 });
  // The prices say the forward, whatever the spot.
  near(at(100).expiries[0]?.atmIv, slope(100));
  near(at(102).expiries[0]?.atmIv, slope(102), 1e-4);
  near(at(98).expiries[0]?.atmIv, slope(98), 1e-4);
});

Deno.test("Q-30 a parity that is off by more than carry explains is not believed", () => {
  const slope = (strike: number): number => 0.3 + 0.001 * (strike - 100);
  const off = conditions(series("260821", { forward: 92, vol: slope }), { spot: 100 });
  near(off.expiries[0]?.atmIv, slope(100));
});

Deno.test("Q-20 Q-21 a flagged quote beside the money is left out and counted", () => {
  const clean = series("260821", flat(0.3));
  const dirty = clean.map((quote) => {
    const made = { ...quote, impliedVol: 0.9 };
    if (quote.occ === "EA260821C00100000") return { ...made, ask: (quote.bid ?? 0) - 0.01 };
    if (quote.occ === "EA260821P00100000") return { ...made, bid: null };
    if (quote.occ === "EA260821C00095000") return { ...made, impliedVol: 1e-5 };
    return quote;
  });
  const found = conditions(dirty);
  near(found.expiries[0]?.atmIv, 0.3);
  assert.deepEqual(found.leftOut, { zero_bid: 1, crossed: 1, iv_placeholder: 1 });
  assert.deepEqual(conditions(clean).leftOut, {});
});

Deno.test("Q-30 without a clean volatility on both sides of the money there is none", () => {
  const below = series("260821", { ...flat(0.3), strikes: [80, 85, 90, 95] });
  assert.deepEqual(conditions(below).expiries, []);
  assert.equal(conditions(below).noVolatility, "no_clean_iv");
  const dead = series("260821", flat(0.3)).map((quote) => ({ ...quote, impliedVol: null }));
  assert.equal(conditions(dead).noVolatility, "no_clean_iv");
  assert.equal(conditions(dead).leftOut.iv_missing, 12);
});

Deno.test("Q-30 what is further than three listed strikes from the forward is not at the money", () => {
  const quotes = series("260821", flat(0.3)).map((quote) => {
    const strike = parseOcc(quote.occ)?.strike ?? 0;
    return strike >= 100 && strike < 115 ? { ...quote, impliedVol: null } : quote;
  });
  assert.deepEqual(conditions(quotes).expiries, []);
});

Deno.test("Q-31 skew is of the 25-delta put less the 25-delta call, whatever deltas the feed says", () => {
  // Linear in strike, so that the volatility at a delta can be found by hand.
  const vol = (strike: number): number => 0.4 - 0.001 * (strike - 100);
  const strikes = Array.from({ length: 161 }, (_, n) => 20 + n);
  const [expiry] = conditions(series("261016", { vol, strikes })).expiries;
  const root = Math.sqrt(yearsTo("EA", "261016"));
  const atD1 = (d1: number): number => {
    let strike = 100;
    for (let n = 0; n < 100; n++) {
      strike = 100 * Math.exp(-d1 * vol(strike) * root + (vol(strike) * root) ** 2 / 2);
    }
    return vol(strike);
  };
  near(expiry?.skew, atD1(0.67449) - atD1(-0.67449), 1e-4);
  assert.ok((expiry?.skew ?? 0) > 0);
});

Deno.test("Q-31 a skew that clean quotes do not reach is none", () => {
  const narrow = series("261016", { ...flat(0.4), strikes: [95, 100, 105] });
  assert.equal(conditions(narrow).expiries[0]?.skew, null);
  const sparse = series("260821", {
    ...flat(0.3),
    strikes: [99, 101, 60, 160].sort((a, b) => a - b),
  });
  assert.equal(conditions(sparse).expiries[0]?.skew, null);
});

Deno.test("Q-32 between two expiries total variance is linear in time", () => {
  const strikes = Array.from({ length: 60 }, (_, n) => 70 + n);
  const quotes = [
    ...series("260807", { ...flat(0.2), strikes }),
    ...series("260821", { ...flat(0.4), strikes }),
  ];
  const found = conditions(quotes);
  const [first, second] = found.expiries;
  assert.ok(first && second && first.days < 30 && second.days > 30);
  const weight = (30 - first.days) / (second.days - first.days);
  const variance = 0.04 * first.days + weight * (0.16 * second.days - 0.04 * first.days);
  near(found.atmIv, Math.sqrt(variance / 30));
  near(found.skew, 0);
  assert.equal(found.noVolatility, null);
});

Deno.test("Q-32 a single expiry stands for 30 days where it is at most 15 days off", () => {
  near(conditions(series("260821", flat(0.3))).atmIv, 0.3);
  near(conditions(series("260807", flat(0.3))).atmIv, 0.3);
  const far = conditions(series("260918", flat(0.3)));
  assert.equal(far.atmIv, null);
  assert.equal(far.noVolatility, "no_near_expiry");
  near(far.expiries[0]?.atmIv, 0.3);
});

Deno.test("Q-33 of two roots of a day the one that ends later counts", () => {
  const am = series("260821", { root: "SPX", ...flat(0.2) });
  const pm = series("260821", { root: "SPXW", ...flat(0.3) });
  const both = conditions([...am, ...pm], { ticker: "SPX" });
  assert.equal(both.expiries.length, 1);
  near(both.expiries[0]?.atmIv, 0.3);
  const dead = pm.map((quote) => ({ ...quote, impliedVol: null }));
  near(conditions([...am, ...dead], { ticker: "SPX" }).expiries[0]?.atmIv, 0.2);
});

Deno.test("Q-20 Q-34 totals are of the ticker's own contracts, crossed or not", () => {
  const [call, put, ...rest] = series("260821", flat(0.3));
  assert.ok(call && put);
  const crossed = { ...call, bid: 90, ask: 80 };
  const own = conditions([crossed, put, ...rest]);
  assert.equal(own.callVolume, 25 * 2);
  assert.equal(own.putVolume, 25 * 3);
  assert.equal(own.callOpenInterest, 25 * 10);
  assert.equal(own.putOpenInterest, 25 * 20);
  const foreign = series("260821", { root: "NGD", ...flat(0.3) });
  assert.deepEqual(
    conditions([...series("260821", flat(0.3)), ...foreign]),
    conditions(series("260821", flat(0.3))),
  );
});

Deno.test("Q-20 Q-34 what is of before a split is in no total", () => {
  const own = series("260821", flat(0.3));
  const before = { forward: 2_500, vol: () => 0.3, strikes: [2_000, 2_500, 3_000] };
  const { leftOut: _, ...both } = conditions([...own, ...series("260821", before)]);
  const { leftOut: __, ...alone } = conditions(own);
  assert.deepEqual(both, alone);
});

Deno.test("Q-34 what no contract says is null, and a 0 is 0", () => {
  const quotes = series("260821", flat(0.3));
  const none = quotes.map((quote) => ({ ...quote, volume: null, openInterest: 0 }));
  const found = conditions(none);
  assert.deepEqual([found.putVolume, found.callVolume], [null, null]);
  assert.deepEqual([found.putOpenInterest, found.callOpenInterest], [0, 0]);
});

Deno.test("Q-35 a blank snapshot has neither volatilities nor totals", () => {
  const blank = series("260821", flat(0.3)).map((quote, n) =>
    n < 4 ? quote : { ...quote, bid: 0, ask: null, openInterest: 0 }
  );
  const found = conditions(blank);
  assert.equal(found.noVolatility, "blank");
  assert.deepEqual([found.atmIv, found.putOpenInterest, found.expiries.length], [null, null, 0]);
});

Deno.test("without a spot there are totals and no volatility; what has expired has none", () => {
  const quotes = series("260821", flat(0.3));
  const found = conditions(quotes, { spot: null });
  assert.equal(found.noVolatility, "no_spot");
  assert.equal(found.putVolume, 75);
  const later = conditions(quotes, { atMs: Date.parse("2026-08-22T12:00:00Z") });
  assert.deepEqual(later.expiries, []);
});

Deno.test("layoutOf() keeps series together, calls before puts, and pairs them by strike", () => {
  const symbols = [
    "EA260821C00100000",
    "EA260821C00105000",
    "EA260821P00095000",
    "EA260821P00100000",
  ];
  const others = ["EA260918P00100000", "EA1260821C00100000", "E260821C00100000"];
  const { occ } = columnsOf([...symbols, ...others].map((symbol) => quoteOf(symbol)));
  const { series, strikes } = layoutOf(occ);
  assert.deepEqual(series.map(({ root, expiry }) => `${root} ${expiry}`), [
    "E 2026-08-21",
    "EA1 2026-08-21",
    "EA 2026-08-21",
    "EA 2026-09-18",
  ]);
  const two = series[2];
  assert.ok(two);
  assert.deepEqual([...two.strikes], [95, 100, 105]);
  const named = (rows: Int32Array) => [...rows].map((row) => occ[row] ?? "");
  assert.deepEqual(named(two.callRows), ["", "EA260821C00100000", "EA260821C00105000"]);
  assert.deepEqual(named(two.putRows), ["EA260821P00095000", "EA260821P00100000", ""]);
  assert.deepEqual([...strikes], occ.map((symbol) => parseOcc(symbol)?.strike));
});

/** The feed's own volatilities next to the money, read off the files by hand. */
const RECORDED = {
  AAPL_20260715: { atmIv: 0.286, expiries: 23 },
  AAPL_20260822: { atmIv: 0.247, expiries: 20 },
  SPX: { atmIv: 0.105, expiries: 12 },
  BKNG: { atmIv: 0.49, expiries: 16 },
  "BRK-B": { atmIv: 0.177, expiries: 12 },
} as const;

testOnRealChains(
  "Q-30 Q-32 recorded chains have the volatilities that their files show",
  async (folder) => {
    const chains = await readChainFolder(`${folder}/us-chains-2026`);
    for (const [name, expected] of Object.entries(RECORDED)) {
      const chain = chains.find(({ file }) => file.includes(`/${name}`));
      assert.ok(chain, name);
      const quotes = chain.contracts.map(({ contract, ...values }) =>
        quoteOf(contract.occ, values)
      );
      const { ticker, spot, updatedMs: atMs } = chain;
      const found = conditions(quotes, { ticker, spot, atMs });
      near(found.atmIv, expected.atmIv, 0.001);
      assert.equal(found.expiries.length, expected.expiries, name);
    }
    for (const chain of chains.filter(({ file }) => /AAPL_202607(08|10)/.test(file))) {
      const quotes = chain.contracts.map(({ contract, ...values }) =>
        quoteOf(contract.occ, values)
      );
      const { ticker, spot, updatedMs: atMs } = chain;
      assert.equal(conditions(quotes, { ticker, spot, atMs }).noVolatility, "blank");
    }
  },
);
