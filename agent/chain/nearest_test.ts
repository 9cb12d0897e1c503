import { strict as assert } from "node:assert";
import { parseOcc } from "../../options/contract.ts";
import type { Listing } from "./listing.ts";
import { nearestFirst } from "./nearest.ts";

function listing(occ: string): Listing {
  const contract = parseOcc(occ);
  assert.ok(contract);
  return { contract, conId: 1, multiplier: 100 };
}

const symbols = (listings: readonly Listing[]): string[] =>
  listings.map(({ contract }) => contract.occ);

const FAR = listing("EA260918C00150000");
const NEAR = listing("EA260918C00205000");
const NEAR_LATER = listing("EA261218C00205000");
const NEAR_PUT = listing("EA260918P00205000");
const ABOVE = listing("EA260918C00215000");

Deno.test("nearestFirst() puts what is near the money first, then what ends first", () => {
  const sorted = nearestFirst([FAR, ABOVE, NEAR_LATER, NEAR_PUT, NEAR], 206);
  assert.deepEqual(symbols(sorted), symbols([NEAR, NEAR_PUT, NEAR_LATER, ABOVE, FAR]));
});

Deno.test("nearestFirst() begins in the middle of the strikes where there is no spot", () => {
  const strikes = [100, 120, 140, 160, 180, 200, 220].map((strike) =>
    listing(`EA260918C00${strike}000`)
  );
  const [first] = nearestFirst(strikes, null);
  assert.equal(first?.contract.strike, 160);
});
