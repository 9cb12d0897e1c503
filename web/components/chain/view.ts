/**
 * What the chain page shows, worked out once for the server's page and for each change in the
 * browser.
 */
import type { LastKnownContract } from "../../../options/chain.ts";
import { type IsoDate, parseIsoDate, type Ticker } from "../../../options/contract.ts";
import type { MarketDataKind } from "../../../options/quote.ts";
import type { ExpiryState } from "../../../options/wire/live.ts";
import { contractOf } from "./sections.ts";

/** Which contracts of a ticker a page shows: those of one expiry, or all. */
export type Shown = IsoDate | "all";

/** One tab: an expiry with how much is known of it and how fresh that is. */
export interface ExpiryTab {
  readonly expiry: IsoDate;
  readonly contracts: number;
  /** When its newest contract was seen; null where none ever was. */
  readonly asOfMs: number | null;
  readonly kind: MarketDataKind | null;
}

/** The terms of a deal, as the head says them. */
export interface DealTerms {
  readonly cash: number | null;
  readonly close: string | null;
}

/** How many strikes are shown of each section: those around the money, or all. */
export type Strikes = "near" | "all";

/** The moment of the past that a page shows, and where its history goes on from there. */
export interface Then {
  readonly atMs: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** The reads before and after the one that is shown. */
  readonly earlierMs: number | null;
  readonly laterMs: number | null;
}

/** What the head says of a ticker whatever its newest price is. */
export interface TickerHead {
  readonly ticker: Ticker;
  readonly name: string | null;
  readonly deal: DealTerms | null;
  /** The price that a change is told against; null where none is known. */
  readonly referencePrice: number | null;
}

/** The tab of an expiry. Throws where it names no day. */
export function tabOf(state: ExpiryState): ExpiryTab {
  const expiry = parseIsoDate(state.expiry);
  if (!expiry) throw new Error(`The expiry ${state.expiry} is no day`);
  return {
    expiry,
    contracts: state.contractCount,
    asOfMs: state.asOf === null ? null : Date.parse(state.asOf),
    kind: state.kind,
  };
}

/** The expiry that a page opens with: the nearest that has prices, else the nearest. */
export function defaultExpiry(contracts: Iterable<LastKnownContract>): IsoDate | undefined {
  let nearest: IsoDate | undefined;
  let nearestPriced: IsoDate | undefined;
  for (const contract of contracts) {
    const { expiry } = contractOf(contract.occ);
    if (nearest === undefined || expiry < nearest) nearest = expiry;
    if (!contract.fields.bid && !contract.fields.ask && !contract.fields.last) continue;
    if (nearestPriced === undefined || expiry < nearestPriced) nearestPriced = expiry;
  }
  return nearestPriced ?? nearest;
}

/** The contracts of what is shown. */
export function contractsOf<Known extends LastKnownContract>(
  contracts: readonly Known[],
  shown: Shown,
): readonly Known[] {
  if (shown === "all") return contracts;
  return contracts.filter(({ occ }) => contractOf(occ).expiry === shown);
}
