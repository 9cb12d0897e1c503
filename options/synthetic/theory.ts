/** What a made-up option is worth: the price about which its market is made. */
import { blackScholesPrice, type OptionTerms } from "../pricing/black_scholes.ts";
import { impliedVol } from "../pricing/implied_vol.ts";
import { dealCloseMs, spotAt } from "./spot.ts";
import { pinnedPrice } from "./pinned.ts";
import { surfaceVol } from "./surface.ts";
import type { ListedContract } from "./listing.ts";

const YEAR_MS = 365 * 86_400_000;
/** Below a minute to the settlement, time stands. */
const LEAST_YEARS = 60_000 / YEAR_MS;

/** An option's worth at a time. */
export interface Worth {
  readonly terms: OptionTerms;
  readonly price: number;
  /** The volatility that gives the price; `null` where none does. */
  readonly vol: number | null;
}

/** The terms of an option at a time, for the model. */
export function termsAt(listed: ListedContract, spot: number, atMs: number): OptionTerms {
  const { underlying, contract } = listed;
  return {
    right: contract.right,
    spot,
    strike: contract.strike,
    years: Math.max(LEAST_YEARS, (listed.settlesAtMs - atMs) / YEAR_MS),
    rate: underlying.rate,
    dividendYield: underlying.dividendYield,
  };
}

/** An option's worth at a time, when the underlying is at `spot`. */
export function worthAtSpot(listed: ListedContract, spot: number, atMs: number): Worth {
  const { deal, surface } = listed.underlying;
  const terms = termsAt(listed, spot, atMs);
  if (deal) {
    const yearsToClose = (dealCloseMs(atMs) - atMs) / YEAR_MS;
    const priceOf = (right: "C" | "P"): number =>
      pinnedPrice({ ...deal, yearsToClose }, right, spot, terms.strike, terms.years);
    // The side out of the money tells the volatility best; rates are 0, so parity joins the two.
    const outside = terms.strike >= spot ? "C" : "P";
    const found = impliedVol({ ...terms, right: outside }, priceOf(outside));
    return { terms, price: priceOf(terms.right), vol: found.ok ? found.vol : null };
  }
  const forward = spot * Math.exp((terms.rate - terms.dividendYield) * terms.years);
  const vol = surfaceVol(surface, forward, terms.strike, terms.years);
  return { terms, price: blackScholesPrice(terms, vol), vol };
}

/** An option's worth at a time. */
export function worthAt(seed: number, listed: ListedContract, atMs: number): Worth {
  return worthAtSpot(listed, spotAt(seed, listed.underlying, atMs), atMs);
}
