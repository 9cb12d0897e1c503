/**
 * The options of a stock under a cash takeover bid: the stock is worth the cash if the deal closes
 * and falls to a lower price if it breaks, so an option is worth the mixture of the two. The stock
 * is a martingale (rates are 0 here), so no strike and no expiry can be played against another.
 */
import { blackScholesPrice } from "../pricing/black_scholes.ts";
import type { Right } from "../contract.ts";

/** A takeover as the market sees it. */
export interface Deal {
  /** Cash per share. */
  readonly cash: number;
  /** What the share would be worth without the deal. */
  readonly breakPrice: number;
  /** Years until the deal closes; 0 or less once it has. */
  readonly yearsToClose: number;
}

/** Volatility of a share whose deal lives, and of one whose deal broke. */
const CALM = 0.03;
const BROKEN = 0.4;

/** The value of an option on a stock at `spot`, between the deal's break price and its cash. */
export function pinnedPrice(
  deal: Deal,
  right: Right,
  spot: number,
  strike: number,
  years: number,
): number {
  const { cash, breakPrice, yearsToClose } = deal;
  const calmYears = Math.max(0, Math.min(years, yearsToClose));
  const breakByClose = (cash - spot) / (cash - breakPrice);
  // The hazard is the same every day, and brings the chance that today's price tells by the close.
  const broken = yearsToClose > 0 ? 1 - (1 - breakByClose) ** (calmYears / yearsToClose) : 0;
  const living = (spot - broken * breakPrice) / (1 - broken);
  const terms = { right, strike, rate: 0, dividendYield: 0 };
  return (1 - broken) * blackScholesPrice({ ...terms, spot: living, years: calmYears }, CALM) +
    broken * blackScholesPrice({ ...terms, spot: breakPrice, years }, BROKEN);
}
