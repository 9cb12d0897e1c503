/** The exchange's price steps. */
import type { TickRule } from "./underlyings.ts";

/** The price steps of an option at a price. */
export function tickOf(rule: TickRule, price: number): number {
  return price < 3 ? rule.small : rule.large;
}

/** The nearest price step at or below a price. */
export function floorToTick(rule: TickRule, price: number): number {
  const tick = tickOf(rule, price);
  return round4(Math.floor(price / tick + 1e-9) * tick);
}

/** The nearest price step at or above a price. */
export function ceilToTick(rule: TickRule, price: number): number {
  const tick = tickOf(rule, price);
  return round4(Math.ceil(price / tick - 1e-9) * tick);
}

function round4(price: number): number {
  return Math.round(price * 10_000) / 10_000;
}
