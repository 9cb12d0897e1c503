import { strict as assert } from "node:assert";
import { blackScholesPrice } from "../pricing/black_scholes.ts";
import { pinnedPrice } from "./pinned.ts";
import { atTheMoneyVariance, surfaceVol } from "./surface.ts";
import { UNDERLYINGS } from "./underlyings.ts";

const YEARS = [0.5 / 365, 2 / 365, 7 / 365, 1 / 12, 0.25, 0.5, 1, 2];
const DEAL = { cash: 210, breakPrice: 162, yearsToClose: 0.4 };

/** A way to price calls and puts of a strike and a time, at rates of 0. */
type Pricer = (right: "C" | "P", strike: number, years: number) => number;

function noArbitrage(price: Pricer, spot: number, name: string): void {
  const strikes = Array.from({ length: 121 }, (_, index) => spot * (0.4 + index * 0.01));
  const slack = 1e-9 * spot;
  for (const [index, years] of YEARS.entries()) {
    const calls = strikes.map((strike) => price("C", strike, years));
    strikes.forEach((strike, at) => {
      const [before, call, after] = [calls[at - 1], calls[at] ?? 0, calls[at + 1]];
      if (before === undefined || after === undefined) return;
      const where = `${name}, strike ${strike}, ${years} years`;
      assert.ok(after <= call + slack && call <= before + slack, `falling: ${where}`);
      assert.ok(before - 2 * call + after >= -slack, `convex: ${where}`);
      const parity = call - price("P", strike, years) - (spot - strike);
      assert.ok(Math.abs(parity) < 1e-8 * spot, `parity: ${where}`);
      const later = YEARS[index + 1];
      if (later !== undefined) {
        assert.ok(price("C", strike, later) >= call - slack, `calendar: ${where}`);
      }
    });
  }
}

Deno.test("no surface lets one option be played against others", () => {
  for (const { surface, deal, ticker } of UNDERLYINGS) {
    if (deal) continue;
    noArbitrage(
      (right, strike, years) => {
        const terms = { right, spot: 100, strike, years, rate: 0, dividendYield: 0 };
        return blackScholesPrice(terms, surfaceVol(surface, 100, strike, years));
      },
      100,
      ticker,
    );
  }
});

Deno.test("a stock under a bid lets none either", () => {
  noArbitrage(
    (right, strike, years) => pinnedPrice(DEAL, right, 206.4, strike, years),
    206.4,
    "pinned",
  );
});

Deno.test("a call above the cash is worth next to nothing, a put below it the risk of a break", () => {
  assert.ok(pinnedPrice(DEAL, "C", 206.4, 250, 0.4) < 0.1);
  const put = pinnedPrice(DEAL, "P", 206.4, 190, 0.4);
  assert.ok(put > 1 && put < 3, `${put}`);
});

Deno.test("after the close of a deal its options pay the cash", () => {
  const closed = { ...DEAL, yearsToClose: 0 };
  assert.ok(Math.abs(pinnedPrice(closed, "C", 210, 200, 0.5) - 10) < 1e-9);
});

Deno.test("low strikes of an index are dearer in volatility than high ones", () => {
  const spx = UNDERLYINGS.find((one) => one.ticker === "SPX");
  assert.ok(spx);
  const vol = (strike: number): number => surfaceVol(spx.surface, 7500, strike, 0.1);
  assert.ok(vol(6750) > vol(7500) && vol(7500) > vol(7800));
});

Deno.test("variance at the money rises with time, from the short volatility to the long", () => {
  for (const { surface } of UNDERLYINGS) {
    const variances = YEARS.map((years) => atTheMoneyVariance(surface, years));
    assert.deepEqual(variances, [...variances].sort((a, b) => a - b));
    const shortVol = Math.sqrt(atTheMoneyVariance(surface, 1e-6) / 1e-6);
    assert.ok(Math.abs(shortVol - surface.shortVol) < 1e-3);
  }
});
