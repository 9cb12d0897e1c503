/** The made-up accounts: figures and holdings that never change, so that tests can rely on them. */
import type { Market } from "../market/market.ts";
import type { AccountValue, Position } from "../wire/responses/account.ts";

const CASH = 1_000_000;

/** The figures of an account, in the order TWS lists them. */
export function accountValues(account: string): readonly AccountValue[] {
  const money = CASH.toFixed(2);
  const usd = (tag: string, value = money): AccountValue => ({
    account,
    tag,
    value,
    currency: "USD",
  });
  return [
    { account, tag: "AccountType", value: "INDIVIDUAL", currency: "" },
    { account, tag: "Cushion", value: "1", currency: "" },
    { account, tag: "DayTradesRemaining", value: "-1", currency: "" },
    { account, tag: "Leverage", value: "0.00", currency: "" },
    usd("AccruedCash", "0.00"),
    usd("AvailableFunds"),
    usd("BuyingPower", (CASH * 4).toFixed(2)),
    usd("CashBalance"),
    usd("EquityWithLoanValue"),
    usd("ExcessLiquidity"),
    usd("FullAvailableFunds"),
    usd("FullExcessLiquidity"),
    usd("FullInitMarginReq", "0.00"),
    usd("FullMaintMarginReq", "0.00"),
    usd("GrossPositionValue", "0.00"),
    usd("InitMarginReq", "0.00"),
    usd("MaintMarginReq", "0.00"),
    usd("NetLiquidation"),
    usd("RealizedPnL", "0.00"),
    usd("SMA"),
    usd("SettledCash"),
    usd("TotalCashValue"),
    usd("UnrealizedPnL", "0.00"),
  ];
}

/** The tags that belong to one currency's ledger (accountSummary's `$LEDGER`). */
export const LEDGER_TAGS: ReadonlySet<string> = new Set([
  "AccruedCash",
  "CashBalance",
  "NetLiquidation",
  "RealizedPnL",
  "UnrealizedPnL",
]);

const SHARES = 100;

/** The first account holds a round lot of the market's first stock; the others hold nothing. */
export function positions(market: Market, accounts: readonly string[]): readonly Position[] {
  const [account] = accounts;
  const [instrument] = market.find({ secType: "STK" });
  if (account === undefined || instrument === undefined) return [];
  const quote = market.quote(instrument.conId);
  const averageCost = quote?.close ?? quote?.last ?? 0;
  return [{ account, instrument, quantity: SHARES, averageCost }];
}
