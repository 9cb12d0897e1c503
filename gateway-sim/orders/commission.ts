/** IB's fixed commissions (interactivebrokers.com, "Commissions": US stocks and US options, fixed). */
import type { Instrument } from "../market/market.ts";

const PER_SHARE = 0.005;
const PER_CONTRACT = 0.65;
const LEAST_PER_ORDER = 1;
/** Of the trade's value, for shares. */
const MOST_SHARE_OF_VALUE = 0.01;

/**
 * What an order of so many shares or contracts costs once they are filled at an average price.
 *
 * @example
 * ```ts
 * import { commissionOf } from "./commission.ts";
 * console.assert(commissionOf({ option: null }, 1_000, 10) === 5);
 * console.assert(commissionOf({ option: null }, 1_000, 0.1) === 1);
 * ```
 */
export function commissionOf(
  instrument: Pick<Instrument, "option">,
  quantity: number,
  averagePrice: number,
): number {
  if (quantity === 0) return 0;
  if (instrument.option) return cents(Math.max(LEAST_PER_ORDER, PER_CONTRACT * quantity));
  const most = MOST_SHARE_OF_VALUE * quantity * Math.abs(averagePrice);
  return cents(Math.min(Math.max(LEAST_PER_ORDER, PER_SHARE * quantity), most));
}

/** To whole cents. */
export function cents(amount: number): number {
  return Math.round(amount * 100) / 100;
}
