/** Contracts near the money come first: those are what users look at. */
import type { Listing } from "./listing.ts";

/**
 * The listings near the money first, then by expiry. Without a spot the middle of the strikes
 * stands for the money: exchanges list as many below it as above.
 */
export function nearestFirst(
  listings: readonly Listing[],
  spot: number | null,
): readonly Listing[] {
  const money = spot ?? middleStrike(listings);
  const distance = ({ contract }: Listing): number => Math.abs(contract.strike - money);
  return listings.toSorted((a, b) =>
    distance(a) - distance(b) || a.contract.expiry.localeCompare(b.contract.expiry) ||
    a.contract.occ.localeCompare(b.contract.occ)
  );
}

function middleStrike(listings: readonly Listing[]): number {
  const strikes = listings.map(({ contract }) => contract.strike).sort((a, b) => a - b);
  return strikes[strikes.length >> 1] ?? 0;
}
