/** Implied volatility and greeks, as the gateway's tick 10 to 13 tell them. */
import { blackScholesGreeks, type OptionTerms } from "../../options/pricing/black_scholes.ts";
import { impliedVol } from "../../options/pricing/implied_vol.ts";
import type { OptionQuote } from "../../options/synthetic/quotes.ts";
import type { Computation, MarketQuote } from "./market.ts";

/** The four computations of a made-up option. */
export function computationsOf(quote: OptionQuote): NonNullable<MarketQuote["computations"]> {
  const { terms, price, vol } = quote.worth;
  return {
    bid: atPrice(terms, quote.bid),
    ask: atPrice(terms, quote.ask),
    last: atPrice(terms, quote.last),
    model: computation(terms, price, vol),
  };
}

function atPrice(terms: OptionTerms, price: number | null): Computation | null {
  if (price === null) return null;
  const found = impliedVol(terms, price);
  return computation(terms, price, found.ok ? found.vol : null);
}

function computation(terms: OptionTerms, price: number, vol: number | null): Computation {
  const greeks = vol === null ? null : blackScholesGreeks(terms, vol);
  return {
    impliedVol: vol,
    delta: greeks?.delta ?? null,
    gamma: greeks?.gamma ?? null,
    theta: greeks?.theta ?? null,
    vega: greeks?.vega ?? null,
    optionPrice: price,
    presentValueDividend: 0,
    underlyingPrice: terms.spot,
  };
}
