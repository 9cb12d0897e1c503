/** IB's texts for market data that is refused, or that is less than was asked for. */
import type { DATA_CODES } from "../faults/fault.ts";
import type { Instrument } from "../market/market.ts";

type DataCode = typeof DATA_CODES[number];

/** What a code means: `ends` the request, or ticks follow, of which kind. */
export interface DataRefusal {
  readonly text: (instrument: Instrument) => string;
  readonly then: "end" | "delayed" | "no greeks";
  /** Where the client asked for delayed data it gets it instead, with advice 10167. */
  readonly delayedInstead?: true;
}

const REQUIRES = "Requested market data requires additional subscription for API. " +
  "See link in 'Market Data Connections' dialog for more details.";
const DELAYED_IS_THERE = "Delayed market data is available.";

/** By code; texts as users have seen them (`docs/gateway/faults.md`). */
export const DATA_REFUSALS: Readonly<Record<DataCode, DataRefusal>> = {
  354: {
    text: (it) =>
      `Requested market data is not subscribed.${DELAYED_IS_THERE}${it.symbol} ${it.exchange}/TOP/ALL`,
    then: "end",
    delayedInstead: true,
  },
  10089: {
    text: (it) => `${REQUIRES}${DELAYED_IS_THERE}${it.symbol} ${it.exchange}/TOP/ALL`,
    then: "end",
    delayedInstead: true,
  },
  10090: {
    text: (it) =>
      `Part of requested market data is not subscribed. Subscription-independent ticks are still active.${it.symbol} ${it.exchange}/TOP/ALL`,
    then: "no greeks",
  },
  10091: {
    text: (it) =>
      `Part of requested market data requires additional subscription for API.${it.symbol} ${it.exchange}/TOP/ALL`,
    then: "no greeks",
  },
  10167: {
    text: () => "Requested market data is not subscribed. Displaying delayed market data.",
    then: "delayed",
  },
  10168: {
    text: () => "Requested market data is not subscribed. Delayed market data is not enabled.",
    then: "end",
  },
  10197: { text: () => "No market data during competing live session", then: "end" },
  200: { text: () => "No security definition has been found for the request", then: "end" },
  101: { text: () => "Max number of tickers has been reached", then: "end" },
};

/** Whether a fault that names a symbol, or a kind of instrument, is about this one. */
export function isAbout(
  fault: { readonly symbol?: string | undefined; readonly secType?: string | undefined },
  it: Pick<Instrument, "symbol" | "localSymbol" | "secType">,
): boolean {
  const { symbol, secType } = fault;
  if (secType !== undefined && secType !== it.secType) return false;
  const plain = (text: string): string => text.replaceAll(" ", "").toUpperCase();
  return symbol === undefined ||
    [it.symbol, it.localSymbol].some((name) => plain(name) === plain(symbol));
}
