/**
 * position (61, 62), accountSummary (63, 64), accountValue (6), portfolioValue (7), account time
 * (8), account download end (54), accountUpdateMulti (73, 74).
 */
import type { Instrument } from "../../market/market.ts";
import { encodeFields } from "../fields.ts";
import { contractHead } from "./contract_data.ts";

/** One figure of an account. */
export interface AccountValue {
  readonly account: string;
  readonly tag: string;
  readonly value: string;
  readonly currency: string;
}

/** What an account holds of one instrument. `averageCost` is of one share or contract. */
export interface Position {
  readonly account: string;
  readonly instrument: Instrument;
  readonly quantity: number;
  readonly averageCost: number;
  /** Absent where nothing was closed. */
  readonly realizedPnl?: number;
}

/** position (61), version 3. */
export function position(it: Position): string {
  const { instrument } = it;
  return encodeFields(
    61,
    3,
    it.account,
    instrument.conId,
    ...contractHead(instrument),
    instrument.primaryExchange,
    instrument.currency,
    instrument.localSymbol,
    instrument.tradingClass,
    it.quantity,
    it.averageCost,
  );
}

/** positionEnd (62). */
export function positionEnd(): string {
  return encodeFields(62, 1);
}

/** accountSummary (63). */
export function accountSummary(reqId: number, it: AccountValue): string {
  return encodeFields(63, 1, reqId, it.account, it.tag, it.value, it.currency);
}

/** accountSummaryEnd (64). */
export function accountSummaryEnd(reqId: number): string {
  return encodeFields(64, 1, reqId);
}

/** accountValue (6), version 2. */
export function accountValue(it: AccountValue): string {
  return encodeFields(6, 2, it.tag, it.value, it.currency, it.account);
}

/** portfolioValue (7), version 8. */
export function portfolioValue(it: Position, marketPrice: number): string {
  const { instrument } = it;
  const multiplier = instrument.option?.multiplier ?? 1;
  const marketValue = marketPrice * it.quantity * multiplier;
  return encodeFields(
    7,
    8,
    instrument.conId,
    ...contractHead(instrument),
    instrument.primaryExchange,
    instrument.currency,
    instrument.localSymbol,
    instrument.tradingClass,
    it.quantity,
    marketPrice,
    marketValue,
    it.averageCost,
    marketValue - it.averageCost * it.quantity,
    it.realizedPnl ?? 0,
    it.account,
  );
}

/** The time of the last account update (8), as `16:05`. */
export function accountUpdateTime(hoursMinutes: string): string {
  return encodeFields(8, 1, hoursMinutes);
}

/** accountDownloadEnd (54). */
export function accountDownloadEnd(account: string): string {
  return encodeFields(54, 1, account);
}

/** accountUpdateMulti (73). */
export function accountUpdateMulti(reqId: number, modelCode: string, it: AccountValue): string {
  return encodeFields(73, 1, reqId, it.account, modelCode, it.tag, it.value, it.currency);
}

/** accountUpdateMultiEnd (74). */
export function accountUpdateMultiEnd(reqId: number): string {
  return encodeFields(74, 1, reqId);
}
