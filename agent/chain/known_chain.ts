/**
 * What is known of a chain for one trading day: its contracts, those that IB denies, and the open
 * interest, which changes once a day. A read that finds it all here asks for none of it.
 */
import { expiresAtMs } from "../../options/calendar.ts";
import type { IsoDate, OccSymbol } from "../../options/contract.ts";
import type { LiquidHours } from "../../options/liquid_hours.ts";
import type { ClassExpiry, Listing, Underlying } from "./listing.ts";

/** A (class, expiry) pair of the chain and its contracts; `null` while they are not known. */
export interface KnownPart extends ClassExpiry {
  readonly listings: readonly Listing[] | null;
}

/** What is known; it is filled in as reads bring it. */
export interface KnownChain {
  /** The trading day that it is good for. */
  readonly day: IsoDate;
  underlying: Underlying | undefined;
  /** When its options trade, where the gateway says it in words that are understood. */
  hours: LiquidHours | undefined;
  /** The parts of the chain; `undefined` while they are not known. */
  parts: readonly KnownPart[] | undefined;
  /** Contracts that IB denies, with its sentence. */
  readonly denied: Map<OccSymbol, string>;
  readonly openInterest: Map<OccSymbol, number>;
}

/** Nothing is known yet. */
export function unknownChain(day: IsoDate): KnownChain {
  return {
    day,
    underlying: undefined,
    hours: undefined,
    parts: undefined,
    denied: new Map(),
    openInterest: new Map(),
  };
}

/** Forgets it all, as where the gateway denies what it listed. */
export function forget(known: KnownChain): void {
  known.underlying = undefined;
  known.hours = undefined;
  known.parts = undefined;
  known.denied.clear();
  known.openInterest.clear();
}

/** Contracts that were listed this day and did not leave the chain since. */
export function stillListed(listings: readonly Listing[], nowMs: number): readonly Listing[] {
  return listings.filter(({ contract }) => nowMs < expiresAtMs(contract));
}
