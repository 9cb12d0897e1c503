/**
 * Margin by Regulation T, as brokers apply it to shares and US options (Cboe, "Margin Manual";
 * interactivebrokers.com, "US Options Margin"), in a simple form: long options are paid for whole,
 * short ones are covered by shares or by long options of the same kind, or count as naked.
 */
import type { Instrument } from "../market/market.ts";
import type { Margin } from "./order.ts";

/** So many shares or contracts, below 0 where they are owed. */
export interface Held {
  readonly instrument: Instrument;
  readonly quantity: number;
}

/** The price of an instrument, by its contract ID: of what is held, and of what options are on. */
export type MarkOf = (conId: number) => number;

const LONG_SHARES = { initial: 0.5, maintenance: 0.25 };
const SHORT_SHARES = { initial: 1.5, maintenance: 1.3 };
const NAKED_SHARE = 0.2;
const NAKED_LEAST = 0.1;

/** The figures of an account with this cash that holds this. */
export function marginOf(cash: number, held: readonly Held[], markOf: MarkOf): Margin {
  let equityWithLoan = cash;
  let initial = 0;
  let maintenance = 0;
  for (const { instrument, quantity } of held) {
    if (instrument.option) continue;
    const value = quantity * markOf(instrument.conId);
    const rates = value >= 0 ? LONG_SHARES : SHORT_SHARES;
    equityWithLoan += value;
    initial += Math.abs(value) * rates.initial;
    maintenance += Math.abs(value) * rates.maintenance;
  }
  const options = requirementOfOptions(held, markOf);
  return {
    initial: initial + options,
    maintenance: maintenance + options,
    equityWithLoan,
  };
}

/** What short options ask for, each covered as well as can be. */
function requirementOfOptions(held: readonly Held[], markOf: MarkOf): number {
  const shares = new Map(held.map(({ instrument, quantity }) => [instrument.conId, quantity]));
  const long = held.filter((it) => it.instrument.option && it.quantity > 0)
    .map(({ instrument, quantity }) => ({ instrument, left: quantity }));
  let requirement = 0;
  for (const { instrument, quantity } of held) {
    const { option, underConId } = instrument;
    if (!option || quantity >= 0) continue;
    let left = -quantity;
    // Short calls by shares that are held, short puts by shares that are owed.
    const ownShares = (shares.get(underConId) ?? 0) * (option.right === "C" ? 1 : -1);
    const covered = Math.min(left, Math.floor(Math.max(0, ownShares) / option.multiplier));
    const used = covered * option.multiplier * (option.right === "C" ? 1 : -1);
    shares.set(underConId, (shares.get(underConId) ?? 0) - used);
    left -= covered;
    const naked = nakedRequirement(instrument, markOf);
    const candidates = long.filter((it) => covers(it.instrument, instrument))
      .sort((a, b) => lossOf(a.instrument, instrument) - lossOf(b.instrument, instrument));
    for (const candidate of candidates) {
      const loss = lossOf(candidate.instrument, instrument);
      const pairs = loss < naked ? Math.min(left, candidate.left) : 0;
      requirement += pairs * loss;
      candidate.left -= pairs;
      left -= pairs;
    }
    requirement += left * naked;
  }
  return requirement;
}

/** The premium and 20 % of the underlying less what the option is out of the money, 10 % at least. */
function nakedRequirement(instrument: Instrument, markOf: MarkOf): number {
  const { option } = instrument;
  if (!option) return 0;
  const spot = markOf(instrument.underConId);
  const call = option.right === "C";
  const outOfTheMoney = Math.max(0, call ? option.strike - spot : spot - option.strike);
  const least = NAKED_LEAST * (call ? spot : option.strike);
  const risk = Math.max(NAKED_SHARE * spot - outOfTheMoney, least);
  return (markOf(instrument.conId) + risk) * option.multiplier;
}

/** Whether a long option stands for a short one: same underlying and right, and it lives as long. */
function covers(long: Instrument, short: Instrument): boolean {
  return long.underConId === short.underConId && long.option?.right === short.option?.right &&
    (long.option?.expiry ?? "") >= (short.option?.expiry ?? "");
}

/** The most that a short option can lose against the long one that covers it. */
function lossOf(long: Instrument, short: Instrument): number {
  if (!long.option || !short.option) return 0;
  const apart = long.option.strike - short.option.strike;
  return Math.max(0, short.option.right === "C" ? apart : -apart) * short.option.multiplier;
}
