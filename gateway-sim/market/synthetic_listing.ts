/** The instruments of the made-up market at a time, with what each is made of. */
import { listContracts, type ListedContract } from "../../options/synthetic/listing.ts";
import type { Underlying } from "../../options/synthetic/underlyings.ts";
import { InstrumentBook } from "./book.ts";
import { optionHours, shareHours } from "./hours.ts";
import { type ConIds, optionInstrument, underlyingInstrument } from "./instruments.ts";
import type { Instrument } from "./market.ts";

/** What is listed until `validUntilMs`. */
export interface Listing {
  readonly book: InstrumentBook;
  readonly contracts: ReadonlyMap<number, ListedContract>;
  readonly underlyings: ReadonlyMap<number, Underlying>;
  readonly validUntilMs: number;
}

const HOUR_MS = 3_600_000;

/** The listing of some underlyings at a time. */
export function listingAt(
  underlyings: readonly Underlying[],
  conIds: ConIds,
  atMs: number,
): Listing {
  const instruments: Instrument[] = [];
  const contracts = new Map<number, ListedContract>();
  const shares = new Map<number, Underlying>();
  // Hours are told from today on, so a listing does not outlive the day by much.
  let validUntilMs = atMs + HOUR_MS;
  for (const underlying of underlyings) {
    const share = underlyingInstrument(underlying, conIds, shareHours(atMs));
    instruments.push(share);
    shares.set(share.conId, underlying);
    const hours = optionHours(atMs, underlying.ticker);
    for (const listed of listContracts(underlying, atMs)) {
      const { contract, lastTradeDate } = listed;
      const description = { contract, lastTradeDate, minTick: underlying.ticks.small };
      const option = optionInstrument(share, description, conIds, hours);
      instruments.push(option);
      contracts.set(option.conId, listed);
      validUntilMs = Math.min(validUntilMs, listed.leavesAtMs);
    }
  }
  return { book: new InstrumentBook(instruments), contracts, underlyings: shares, validUntilMs };
}
