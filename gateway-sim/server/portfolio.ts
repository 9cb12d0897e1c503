/** The made-up accounts: what they begin with, and their figures as TWS lists them. */
import type { Market } from "../market/market.ts";
import type { Opening } from "../orders/ledger.ts";
import type { Holding, Margin } from "../orders/order.ts";
import type { AccountValue } from "../wire/responses/account.ts";

const CASH = 1_000_000;
const SHARES = 100;

/** The first account holds a round lot of the market's first stock; the others hold nothing. */
export function openings(market: Market, accounts: readonly string[]): readonly Opening[] {
  const [instrument] = market.find({ secType: "STK" });
  const quote = instrument && market.quote(instrument.conId);
  const averageCost = quote?.close ?? quote?.last ?? 0;
  return accounts.map((account, index) => ({
    account,
    cash: CASH,
    holdings: index === 0 && instrument ? [{ instrument, quantity: SHARES, averageCost }] : [],
  }));
}

/** What an account's figures are made of. */
export interface AccountState extends Margin {
  readonly account: string;
  readonly cash: number;
  readonly realizedPnl: number;
  readonly holdings: readonly Holding[];
  /** The worth of what is held, owed options and shares deducted, and of all of it counted up. */
  readonly netValue: number;
  readonly grossValue: number;
  readonly cost: number;
}

/** The figures of an account, in the order TWS lists them. */
export function accountValues(state: AccountState): readonly AccountValue[] {
  const { account, cash, initial, maintenance, equityWithLoan, netValue } = state;
  const netLiquidation = cash + netValue;
  const available = equityWithLoan - initial;
  const excess = equityWithLoan - maintenance;
  const plain = (tag: string, value: string): AccountValue => ({
    account,
    tag,
    value,
    currency: "",
  });
  const usd = (tag: string, amount: number): AccountValue => ({
    account,
    tag,
    value: amount.toFixed(2),
    currency: "USD",
  });
  return [
    plain("AccountType", "INDIVIDUAL"),
    plain("Cushion", share(excess, netLiquidation)),
    plain("DayTradesRemaining", "-1"),
    plain("Leverage", (state.grossValue / Math.max(1, netLiquidation)).toFixed(2)),
    usd("AccruedCash", 0),
    usd("AvailableFunds", available),
    // Regulation T lends as much as is there; day traders get four times.
    usd("BuyingPower", Math.max(0, available) * 4),
    usd("CashBalance", cash),
    usd("EquityWithLoanValue", equityWithLoan),
    usd("ExcessLiquidity", excess),
    usd("FullAvailableFunds", available),
    usd("FullExcessLiquidity", excess),
    usd("FullInitMarginReq", initial),
    usd("FullMaintMarginReq", maintenance),
    usd("GrossPositionValue", state.grossValue),
    usd("InitMarginReq", initial),
    usd("MaintMarginReq", maintenance),
    usd("NetLiquidation", netLiquidation),
    usd("RealizedPnL", state.realizedPnl),
    usd("SMA", available),
    usd("SettledCash", cash),
    usd("TotalCashValue", cash),
    usd("UnrealizedPnL", netValue - state.cost),
  ];
}

function share(part: number, whole: number): string {
  return whole > 0 ? String(Math.round(Math.min(1, Math.max(0, part / whole)) * 1e6) / 1e6) : "0";
}

/** The tags that belong to one currency's ledger (accountSummary's `$LEDGER`). */
export const LEDGER_TAGS: ReadonlySet<string> = new Set([
  "AccruedCash",
  "CashBalance",
  "NetLiquidation",
  "RealizedPnL",
  "UnrealizedPnL",
]);
