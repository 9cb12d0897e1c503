/** The volatility at which Black, Scholes and Merton's model gives an option's price. */
import {
  blackScholesGreeks,
  blackScholesPrice,
  lowerBound,
  type OptionTerms,
  upperBound,
} from "./black_scholes.ts";

/** Why a price has no implied volatility. */
export type NoImpliedVol = "expired" | "below the lower bound" | "above the upper bound";

/** An implied volatility as a fraction, or the reason why there is none. */
export type ImpliedVol =
  | { readonly ok: true; readonly vol: number }
  | { readonly ok: false; readonly reason: NoImpliedVol };

/** The highest volatility that is looked for: 10,000 %. */
const MOST = 100;

/**
 * The implied volatility of a price. A price at or below the discounted payoff has none, nor has
 * one so near to it that doubles cannot tell them apart.
 *
 * @example
 * ```ts
 * import { impliedVol } from "./implied_vol.ts";
 * const terms = { right: "C", spot: 42, strike: 40, years: 0.5, rate: 0.1, dividendYield: 0 } as const;
 * const found = impliedVol(terms, 4.759422392871532);
 * console.assert(found.ok && Math.abs(found.vol - 0.2) < 1e-9);
 * console.assert(!impliedVol(terms, 1).ok);
 * ```
 */
export function impliedVol(terms: OptionTerms, price: number): ImpliedVol {
  if (terms.years <= 0) return { ok: false, reason: "expired" };
  const least = lowerBound(terms);
  const noise = 4 * Number.EPSILON * Math.max(terms.spot, terms.strike);
  if (!(price > least + noise)) return { ok: false, reason: "below the lower bound" };
  if (price >= upperBound(terms)) return { ok: false, reason: "above the upper bound" };
  const vol = solve(terms, price);
  return vol < MOST ? { ok: true, vol } : { ok: false, reason: "above the upper bound" };
}

/** Newton's steps, kept inside a bracket that halves whenever a step leaves it. */
function solve(terms: OptionTerms, price: number): number {
  let low = 0;
  let high = MOST;
  // Where the price is inflected in volatility, Newton converges from there (Manaster and Koehler 1982).
  const moneyness = Math.log(terms.spot / terms.strike) +
    (terms.rate - terms.dividendYield) * terms.years;
  let vol = Math.min(5, Math.max(0.01, Math.sqrt(2 * Math.abs(moneyness) / terms.years)));
  for (let round = 0; round < 100; round++) {
    const error = blackScholesPrice(terms, vol) - price;
    if (error > 0) high = vol;
    else low = vol;
    const slope = 100 * blackScholesGreeks(terms, vol).vega;
    const step = slope > 0 ? error / slope : Number.POSITIVE_INFINITY;
    const next = vol - step;
    const taken = next > low && next < high ? next : (low + high) / 2;
    if (Math.abs(taken - vol) <= 1e-12 * vol) return taken;
    vol = taken;
  }
  return vol;
}
