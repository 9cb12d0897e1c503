/**
 * Black, Scholes and Merton's model of a European option on an underlying with a continuous
 * dividend yield. Rates and volatilities are fractions per year, times are in years.
 */
import type { Right } from "../contract.ts";
import { normalCdf, normalPdf } from "./normal.ts";

/** Days in the year by which theta is told per day. */
export const DAYS_PER_YEAR = 365;

/** An option and its market, without volatility. */
export interface OptionTerms {
  readonly right: Right;
  readonly spot: number;
  readonly strike: number;
  /** Time to expiry in years; 0 or less means expired. */
  readonly years: number;
  /** The riskless rate, continuously compounded. */
  readonly rate: number;
  /** The dividend yield, continuously compounded. */
  readonly dividendYield: number;
}

/** Greeks in IB's units: theta per day, vega per 1 percentage point of volatility, per share. */
export interface Greeks {
  readonly delta: number;
  readonly gamma: number;
  readonly theta: number;
  readonly vega: number;
}

/** What the price of an option cannot go below: that of volatility zero, discounted. */
export function lowerBound(terms: OptionTerms): number {
  const { growth, discount } = carry(terms);
  const forwardPayoff = terms.right === "C"
    ? terms.spot * growth - terms.strike * discount
    : terms.strike * discount - terms.spot * growth;
  return Math.max(0, forwardPayoff);
}

/** What the price of an option cannot reach: that of endless volatility. */
export function upperBound(terms: OptionTerms): number {
  const { growth, discount } = carry(terms);
  return terms.right === "C" ? terms.spot * growth : terms.strike * discount;
}

/**
 * The price of an option at volatility `vol`. At expiry, or at volatility 0, what it would pay.
 *
 * @example
 * ```ts
 * import { blackScholesPrice } from "./black_scholes.ts";
 * // Hull, "Options, Futures, and Other Derivatives", example 15.6.
 * const terms = { spot: 42, strike: 40, years: 0.5, rate: 0.1, dividendYield: 0 } as const;
 * console.assert(Math.abs(blackScholesPrice({ ...terms, right: "C" }, 0.2) - 4.76) < 0.005);
 * console.assert(Math.abs(blackScholesPrice({ ...terms, right: "P" }, 0.2) - 0.81) < 0.005);
 * ```
 */
export function blackScholesPrice(terms: OptionTerms, vol: number): number {
  if (terms.years <= 0 || vol <= 0) return lowerBound(terms);
  const { growth, discount } = carry(terms);
  const { d1, d2 } = distances(terms, vol);
  return terms.right === "C"
    ? terms.spot * growth * normalCdf(d1) - terms.strike * discount * normalCdf(d2)
    : terms.strike * discount * normalCdf(-d2) - terms.spot * growth * normalCdf(-d1);
}

/** The greeks at volatility `vol`; at expiry, or at volatility 0, those of the payoff. */
export function blackScholesGreeks(terms: OptionTerms, vol: number): Greeks {
  const { spot, strike, years, rate, dividendYield } = terms;
  const sign = terms.right === "C" ? 1 : -1;
  const { growth, discount } = carry(terms);
  if (years <= 0 || vol <= 0) {
    const pays = sign * (spot * growth - strike * discount) > 0;
    return { delta: pays ? sign * growth : 0, gamma: 0, theta: 0, vega: 0 };
  }
  const { d1, d2 } = distances(terms, vol);
  const root = Math.sqrt(years);
  const density = normalPdf(d1);
  const decay = -spot * growth * density * vol / (2 * root) -
    sign * rate * strike * discount * normalCdf(sign * d2) +
    sign * dividendYield * spot * growth * normalCdf(sign * d1);
  return {
    delta: sign * growth * normalCdf(sign * d1),
    gamma: growth * density / (spot * vol * root),
    theta: decay / DAYS_PER_YEAR,
    vega: spot * growth * density * root / 100,
  };
}

function carry(terms: OptionTerms): { readonly growth: number; readonly discount: number } {
  const years = Math.max(0, terms.years);
  return {
    growth: Math.exp(-terms.dividendYield * years),
    discount: Math.exp(-terms.rate * years),
  };
}

function distances(terms: OptionTerms, vol: number): { readonly d1: number; readonly d2: number } {
  const deviation = vol * Math.sqrt(terms.years);
  const moneyness = Math.log(terms.spot / terms.strike) +
    (terms.rate - terms.dividendYield) * terms.years;
  const d1 = moneyness / deviation + deviation / 2;
  return { d1, d2: d1 - deviation };
}
