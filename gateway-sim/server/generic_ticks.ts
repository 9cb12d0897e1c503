/**
 * Which generic ticks a request may ask for. One that is not allowed fails the whole request with
 * 321 (seen live: deephaven-ib issue 46), so the lists matter to whoever tests a client.
 */
import type { MarketDataType } from "../wire/requests/market_data.ts";

/** By number, as TWS names them in its error text. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [100, "Option Volume"],
  [101, "Option Open Interest"],
  [104, "Historical Volatility"],
  [105, "Average Opt Volume"],
  [106, "impvolat"],
  [165, "Misc. Stats"],
  [221, "Creditman Mark Price"],
  [225, "Auction"],
  [232, "Pl Price"],
  [233, "RTVolume"],
  [236, "inventory"],
  [258, "Fundamentals"],
  [292, "Wide_news"],
  [293, "TradeCount"],
  [294, "TradeRate"],
  [295, "VolumeRate"],
  [318, "LastRTHTrade"],
  [375, "RTTrdVolume"],
  [411, "RTHistoricalVol"],
  [456, "IBDividends"],
  [588, "Futures Open Interest"],
]);

/** What delayed data may ask for (IB's page on delayed data). */
const DELAYED = [101, 106, 165, 221, 232, 236, 258];

/** Either the numbers asked for, or why they are refused. */
export type GenericTicksChoice =
  | { readonly ok: true; readonly ticks: ReadonlySet<number> }
  | { readonly ok: false; readonly cause: string };

/** Reads a generic tick list; `mdoff` and provider suffixes (`292:BRFG`) are taken as TWS does. */
export function chooseGenericTicks(
  asked: readonly string[],
  secType: string,
  type: MarketDataType,
): GenericTicksChoice {
  const legal = type >= 3 ? DELAYED : [...NAMES.keys()];
  const ticks = new Set<number>();
  for (const text of asked) {
    if (text === "mdoff") continue;
    const number = Number(/^(\d{1,4})(?::[A-Z+]+)?$/i.exec(text)?.[1] ?? NaN);
    if (!legal.includes(number)) {
      const list = legal.map((id) => `${id}(${NAMES.get(id)})`).join(",");
      const of = type >= 3 ? `delayed data of ${secType}` : secType;
      return {
        ok: false,
        cause: `Incorrect generic tick list of ${
          asked.join(",")
        }.  Legal ones for (${of}) are: ${list}`,
      };
    }
    ticks.add(number);
  }
  return { ok: true, ticks };
}
