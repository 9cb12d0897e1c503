import { strict as assert } from "node:assert";
import fc from "fast-check";
import { blackScholesPrice, lowerBound } from "./black_scholes.ts";
import { impliedVol } from "./implied_vol.ts";

const TERMS = {
  right: "C",
  spot: 100,
  strike: 110,
  years: 0.5,
  rate: 0.03,
  dividendYield: 0.01,
} as const;

Deno.test("impliedVol() finds the volatility that gave a price", () => {
  const cases = fc.record({
    right: fc.constantFrom("C" as const, "P" as const),
    spot: fc.double({ min: 1, max: 5000, noNaN: true }),
    moneyness: fc.double({ min: -4, max: 4, noNaN: true }),
    years: fc.double({ min: 1 / 365, max: 3, noNaN: true }),
    vol: fc.double({ min: 0.03, max: 4, noNaN: true }),
  });
  fc.assert(fc.property(cases, ({ right, spot, moneyness, years, vol }) => {
    const strike = spot * Math.exp(moneyness * vol * Math.sqrt(years));
    const terms = { right, spot, strike, years, rate: 0.02, dividendYield: 0.01 };
    const price = blackScholesPrice(terms, vol);
    // Where the price is its bound and a rounding error, nobody can find a volatility.
    fc.pre(price - lowerBound(terms) > 1e-7 * spot && strike < 50 * spot);
    const found = impliedVol(terms, price);
    assert.ok(found.ok && Math.abs(found.vol - vol) < 1e-5, JSON.stringify(found));
  }));
});

Deno.test("impliedVol() tells why a price has none", () => {
  assert.deepEqual(impliedVol({ ...TERMS, years: 0 }, 1), { ok: false, reason: "expired" });
  const inside = { ...TERMS, strike: 90 };
  assert.deepEqual(impliedVol(inside, 5), { ok: false, reason: "below the lower bound" });
  assert.deepEqual(impliedVol(TERMS, 0), { ok: false, reason: "below the lower bound" });
  assert.deepEqual(impliedVol(TERMS, Number.NaN), { ok: false, reason: "below the lower bound" });
  assert.deepEqual(impliedVol(TERMS, 100), { ok: false, reason: "above the upper bound" });
});

Deno.test("impliedVol() finds the tiny and the huge", () => {
  for (const vol of [0.01, 0.001, 12, 60]) {
    const terms = { ...TERMS, strike: 100, rate: 0, dividendYield: 0, years: 1 / 52 };
    const found = impliedVol(terms, blackScholesPrice(terms, vol));
    assert.ok(found.ok && Math.abs(found.vol / vol - 1) < 1e-6, `${vol}`);
  }
});
