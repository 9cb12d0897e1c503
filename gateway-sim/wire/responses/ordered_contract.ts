/** The contract of an order or an execution. */
import type { Instrument } from "../../market/market.ts";
import type { Field } from "../fields.ts";
import type { LegFields } from "../requests/orders.ts";
import { contractHead } from "./contract_data.ts";

/** What an order is for: an instrument, or a combination of several. */
export type OrderedContract = Instrument | Combination;

/** A combination as TWS describes it. */
export interface Combination {
  readonly secType: "BAG";
  /** The symbol of the underlying; of several, all of them with commas between. */
  readonly symbol: string;
  readonly exchange: string;
  readonly currency: string;
  readonly legs: readonly LegFields[];
}

/** The contract ID under which TWS shows every combination in US dollars. */
const COMBINATION_CON_ID = 28_812_380;

/** conId … tradingClass, as messages about orders and executions describe what was ordered. */
export function contractFields(it: OrderedContract): readonly Field[] {
  const { symbol, secType, exchange, currency } = it;
  if (it.secType === "BAG") {
    const none = ["", 0, "", ""]; // lastTrade, strike, right, multiplier
    return [COMBINATION_CON_ID, symbol, secType, ...none, exchange, currency, symbol, "COMB"];
  }
  return [it.conId, ...contractHead(it), exchange, currency, it.localSymbol, it.tradingClass];
}
