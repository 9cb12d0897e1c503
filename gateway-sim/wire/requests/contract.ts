/** The twelve fields by which every request names a contract, and what they ask of the market. */
import { parseIsoDate, type Right } from "../../../options/contract.ts";
import type { InstrumentQuery } from "../../market/market.ts";
import { FieldError, type FieldReader } from "../fields.ts";

/** A contract as a client wrote it. */
export interface ContractFields {
  readonly conId: number;
  readonly symbol: string;
  readonly secType: string;
  readonly lastTradeDateOrContractMonth: string;
  readonly strike: number;
  readonly right: Right | undefined;
  readonly multiplier: string;
  readonly exchange: string;
  readonly primaryExchange: string;
  readonly currency: string;
  readonly localSymbol: string;
  readonly tradingClass: string;
}

/**
 * Reads conId … tradingClass. Clients differ in how they leave a field unset (strike `""` from
 * ibapi and @stoqey/ib, `0.0` from ib_async; conId `""` or `0`; right `""`, `?` or `0`): all are
 * taken.
 */
export function readContract(reader: FieldReader): ContractFields {
  return {
    conId: reader.integer("conId") ?? 0,
    symbol: reader.text("symbol"),
    secType: reader.text("secType"),
    lastTradeDateOrContractMonth: reader.text("lastTradeDateOrContractMonth"),
    strike: reader.decimal("strike") ?? 0,
    right: readRight(reader.text("right")),
    multiplier: reader.text("multiplier"),
    exchange: reader.text("exchange"),
    primaryExchange: reader.text("primaryExchange"),
    currency: reader.text("currency"),
    localSymbol: reader.text("localSymbol"),
    tradingClass: reader.text("tradingClass"),
  };
}

function readRight(text: string): Right | undefined {
  const upper = text.toUpperCase();
  if (upper === "C" || upper === "CALL") return "C";
  if (upper === "P" || upper === "PUT") return "P";
  if (upper === "" || upper === "?" || upper === "0") return undefined;
  throw new FieldError("right", text, "C, CALL, P, PUT or nothing");
}

/** What the market is asked: empty fields and zeros ask nothing. */
export function toQuery(contract: ContractFields): InstrumentQuery {
  const expiry = contract.lastTradeDateOrContractMonth;
  const multiplier = Number(contract.multiplier);
  return {
    ...(contract.conId > 0 ? { conId: contract.conId } : {}),
    ...(contract.symbol ? { symbol: contract.symbol } : {}),
    ...(contract.secType ? { secType: contract.secType } : {}),
    ...(expiry ? { expiry: expiry.replaceAll("-", "") } : {}),
    ...(contract.strike > 0 ? { strike: contract.strike } : {}),
    ...(contract.right ? { right: contract.right } : {}),
    ...(multiplier > 0 ? { multiplier } : {}),
    ...(contract.exchange ? { exchange: contract.exchange } : {}),
    ...(contract.currency ? { currency: contract.currency } : {}),
    ...(contract.localSymbol ? { localSymbol: contract.localSymbol } : {}),
    ...(contract.tradingClass ? { tradingClass: contract.tradingClass } : {}),
  };
}

/** Whether the expiry of a contract request is empty, a month or a day that exists. */
export function isExpiry(text: string): boolean {
  if (text === "" || /^\d{4}-?(0[1-9]|1[0-2])$/.test(text)) return true;
  return parseIsoDate(text) !== undefined;
}

/** Reads over the legs of a combination (secType BAG): conId, ratio, action, exchange each. */
export function skipComboLegs(reader: FieldReader, fieldsPerLeg: number): void {
  const legs = reader.integer("comboLegsCount") ?? 0;
  reader.skip("comboLeg", legs * fieldsPerLeg);
}
