/** What a price has moved, told alike by the API, the list of tickers and the page of a chain. */
import { PRICE_SCALE } from "./quote.ts";

/**
 * How far a price is from a reference price, to stored precision, and in percent to two decimals;
 * null where one of them is not known.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { changeOf } from "./change.ts";
 * assert(changeOf(330.39, 326.93)?.percent === 1.06);
 * ```
 */
export function changeOf(
  price: number | null,
  reference: number | null,
): { readonly change: number; readonly percent: number } | null {
  if (price === null || reference === null || reference <= 0) return null;
  const change = Math.round((price - reference) * PRICE_SCALE) / PRICE_SCALE;
  return { change, percent: Math.round((change / reference) * 10_000) / 100 };
}
