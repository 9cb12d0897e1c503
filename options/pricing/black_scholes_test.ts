import { strict as assert } from "node:assert";
import fc from "fast-check";
import {
  blackScholesGreeks,
  blackScholesPrice,
  DAYS_PER_YEAR,
  lowerBound,
  type OptionTerms,
  upperBound,
} from "./black_scholes.ts";

const TERMS = fc.record({
  right: fc.constantFrom("C" as const, "P" as const),
  spot: fc.double({ min: 1, max: 5000, noNaN: true }),
  strike: fc.double({ min: 1, max: 5000, noNaN: true }),
  years: fc.double({ min: 1 / 365, max: 3, noNaN: true }),
  rate: fc.double({ min: -0.02, max: 0.1, noNaN: true }),
  dividendYield: fc.double({ min: 0, max: 0.1, noNaN: true }),
});
const VOL = fc.double({ min: 0.02, max: 2, noNaN: true });

function near(a: number, b: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(a - b) <= tolerance, `${what}: ${a} and ${b}`);
}

Deno.test("blackScholesPrice() gives published prices", () => {
  // Haug, "The Complete Guide to Option Pricing Formulas", 2nd ed.: chapter 1.1.1 (call on a stock)
  // and 1.1.2 (put on an index with a dividend yield).
  const stock = { right: "C", spot: 60, strike: 65, years: 0.25, rate: 0.08, dividendYield: 0 };
  near(blackScholesPrice(stock as OptionTerms, 0.3), 2.1334, 5e-5, "call");
  const index = { right: "P", spot: 100, strike: 95, years: 0.5, rate: 0.1, dividendYield: 0.05 };
  near(blackScholesPrice(index as OptionTerms, 0.2), 2.4648, 5e-5, "put");
});

Deno.test("a call and a put of one strike differ by the forward's worth", () => {
  fc.assert(fc.property(TERMS, VOL, (terms, vol) => {
    const call = blackScholesPrice({ ...terms, right: "C" }, vol);
    const put = blackScholesPrice({ ...terms, right: "P" }, vol);
    const { spot, strike, years, rate, dividendYield } = terms;
    const forward = spot * Math.exp(-dividendYield * years) - strike * Math.exp(-rate * years);
    near(call - put, forward, 1e-9 * (spot + strike), "parity");
  }));
});

Deno.test("blackScholesPrice() stays within its bounds", () => {
  fc.assert(fc.property(TERMS, VOL, (terms, vol) => {
    const price = blackScholesPrice(terms, vol);
    assert.ok(price >= lowerBound(terms) - 1e-9 * terms.spot);
    assert.ok(price <= upperBound(terms) + 1e-9 * terms.spot);
  }));
});

Deno.test("blackScholesGreeks() are the slopes of the price, per day and per point", () => {
  fc.assert(fc.property(TERMS, VOL, (terms, vol) => {
    const { delta, gamma, theta, vega } = blackScholesGreeks(terms, vol);
    const price = (change: Partial<OptionTerms>, atVol = vol): number =>
      blackScholesPrice({ ...terms, ...change }, atVol);
    const { spot, years } = terms;
    const step = spot * 1e-4;
    const up = price({ spot: spot + step });
    const down = price({ spot: spot - step });
    near(delta, (up - down) / (2 * step), 1e-3, "delta");
    // A gamma that is a spike at the strike cannot be seen by differences.
    if (vol * Math.sqrt(years) > 0.02) {
      near(gamma * spot, (up - 2 * price({}) + down) / step ** 2 * spot, 0.02, "gamma");
    }
    const day = 1e-3 / DAYS_PER_YEAR;
    const slope = (price({ years: years - day }) - price({ years: years + day })) / 2e-3;
    near(theta, slope, 1e-6 * spot + 1e-3 * Math.abs(theta), "theta");
    const perPoint = (price({}, vol + 1e-4) - price({}, vol - 1e-4)) / 0.02;
    near(vega, perPoint, 1e-6 * spot + 1e-3 * vega, "vega");
  }));
});

Deno.test("an expired option is worth what it pays, and its delta says whether it does", () => {
  const terms = {
    right: "P",
    spot: 90,
    strike: 100,
    years: 0,
    rate: 0.05,
    dividendYield: 0,
  } as const;
  assert.equal(blackScholesPrice(terms, 0.3), 10);
  assert.deepEqual(blackScholesGreeks(terms, 0.3), { delta: -1, gamma: 0, theta: 0, vega: 0 });
  assert.equal(blackScholesPrice({ ...terms, right: "C" }, 0.3), 0);
});
