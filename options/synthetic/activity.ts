/** How much is done in a contract. */
import type { ListedContract } from "./listing.ts";
import { chance } from "./random.ts";
import { atTheMoneyVariance } from "./surface.ts";
import type { Worth } from "./theory.ts";

/** How lively a contract is, from 0 to 1: near, at and above the money, and soon. */
export function activityOf(listed: ListedContract, worth: Worth): number {
  const { terms } = worth;
  const distance = distanceOf(listed, worth);
  const inside = terms.right === "C" ? terms.strike < terms.spot : terms.strike > terms.spot;
  const round = isRound(terms.strike) ? 1 : 0.5;
  return Math.exp(-0.5 * (distance / 1.3) ** 2) * (inside ? 0.4 : 1) * round /
    (1 + 4 * terms.years);
}

/** How many standard deviations the strike is away. */
function distanceOf(listed: ListedContract, { terms }: Worth): number {
  const { surface, deal } = listed.underlying;
  const deviation = deal
    ? 0.04 + 0.06 * Math.sqrt(terms.years)
    : Math.sqrt(atTheMoneyVariance(surface, terms.years + 5 / 365));
  return Math.log(terms.strike / terms.spot) / deviation;
}

function isRound(strike: number): boolean {
  const unit = 10 ** Math.floor(Math.log10(strike)) / 2;
  return strike % unit === 0 || strike % 10 === 0;
}

/** The contracts that are open; `key` is the contract's chance. */
export function openInterestOf(key: number, listed: ListedContract, worth: Worth): number {
  const distance = distanceOf(listed, worth) / 2.2;
  const monthly = Number(listed.contract.expiry.slice(8)) >= 15 &&
    Number(listed.contract.expiry.slice(8)) <= 21;
  const scale = listed.underlying.trades * (monthly ? 12 : 3) *
    (isRound(worth.terms.strike) ? 3 : 1);
  return Math.floor(scale * Math.exp(-0.5 * distance * distance) * 2 * chance(key, 11) ** 2);
}
