/** What the accounts hold: cash, and so much of each instrument at an average cost. */
import type { Instrument } from "../market/market.ts";
import type { Held } from "./margin.ts";
import type { Action, Holding } from "./order.ts";

/** What an account begins with. */
export interface Opening {
  readonly account: string;
  readonly cash: number;
  readonly holdings: readonly (Held & { readonly averageCost: number })[];
}

interface Account {
  cash: number;
  realizedPnl: number;
  readonly holdings: Map<number, Holding>;
}

/** A fill of one instrument. */
export interface Trade {
  readonly instrument: Instrument;
  readonly action: Action;
  readonly quantity: number;
  readonly price: number;
  readonly commission: number;
}

/** The accounts of a gateway. */
export class Ledger {
  readonly #accounts = new Map<string, Account>();

  constructor(openings: readonly Opening[]) {
    for (const { account, cash, holdings } of openings) {
      const held = holdings.map((it) =>
        [it.instrument.conId, { ...it, account, realizedPnl: 0 }] as const
      );
      this.#accounts.set(account, { cash, realizedPnl: 0, holdings: new Map(held) });
    }
  }

  cash(account: string): number {
    return this.#of(account).cash;
  }

  /** What closing trades brought so far, commissions deducted. */
  realizedPnl(account: string): number {
    return this.#of(account).realizedPnl;
  }

  /** What is held, and what was held and is closed, with 0. */
  holdings(account: string): readonly Holding[] {
    return [...this.#of(account).holdings.values()];
  }

  /** Books a fill; what it realized where it closed something, commission deducted. */
  book(account: string, trade: Trade): number | undefined {
    const to = this.#of(account);
    const { instrument, commission } = trade;
    const perUnit = trade.price * multiplierOf(instrument);
    const change = trade.action === "BUY" ? trade.quantity : -trade.quantity;
    to.cash -= change * perUnit + commission;
    const before = to.holdings.get(instrument.conId) ??
      { account, instrument, quantity: 0, averageCost: 0, realizedPnl: 0 };
    const closes = Math.sign(before.quantity) === -Math.sign(change);
    const closed = closes ? Math.min(Math.abs(before.quantity), Math.abs(change)) : 0;
    const quantity = before.quantity + change;
    const realized = closed === 0
      ? undefined
      : closed * (perUnit - before.averageCost) * Math.sign(before.quantity) - commission;
    to.realizedPnl += realized ?? 0;
    to.holdings.set(instrument.conId, {
      ...before,
      quantity,
      averageCost: averageAfter(before, change, perUnit),
      realizedPnl: before.realizedPnl + (realized ?? 0),
    });
    return realized;
  }

  #of(account: string): Account {
    const found = this.#accounts.get(account);
    if (!found) throw new RangeError(`no account ${account}`);
    return found;
  }
}

/** How many units of the underlying one of an instrument is. */
export function multiplierOf(instrument: Pick<Instrument, "option">): number {
  return instrument.option?.multiplier ?? 1;
}

function averageAfter(before: Holding, change: number, perUnit: number): number {
  const quantity = before.quantity + change;
  if (quantity === 0) return 0;
  // What is reduced keeps its cost; what turns to the other side has the cost of the turn.
  if (Math.sign(before.quantity) === -Math.sign(change)) {
    return Math.sign(quantity) === Math.sign(before.quantity) ? before.averageCost : perUnit;
  }
  return (before.quantity * before.averageCost + change * perUnit) / quantity;
}
