/** contractData (10), contractDataEnd (52), secDefOptParam (75) and its end (76). */
import type { IsoDate } from "../../../options/contract.ts";
import type { Instrument, OptionParameters, SecType } from "../../market/market.ts";
import { encodeFields, escapeText, type Field } from "../fields.ts";
import { SINCE } from "../versions.ts";

const ORDER_TYPES =
  "ACTIVETIM,ALERT,ALLOC,DAY,GTC,GTD,HID,IOC,LMT,LIT,MIT,MKT,NONALGO,OCA,OPG,RTH,SCALE,STP,STPLMT,TRAIL,WHATIF";
const OPTION_EXCHANGES =
  "SMART,AMEX,BATS,BOX,CBOE,CBOE2,EDGX,EMERALD,GEMINI,ISE,MIAX,NASDAQOM,PHLX,PSE";
const STOCK_EXCHANGES = "SMART,AMEX,NYSE,CBOE,PHLX,ISE,ARCA,BATS,BEX,BYX,EDGEA,IEX,MEMX,NASDAQ";

/** A date as IB writes it: `20260717`. */
export function compactDate(date: IsoDate): string {
  return date.replaceAll("-", "");
}

/** symbol, secType, lastTrade, strike, right, multiplier. */
export function contractHead(it: Instrument): readonly Field[] {
  const { option } = it;
  return [
    it.symbol,
    it.secType,
    option ? compactDate(option.lastTradeDate) : "",
    option?.strike ?? 0,
    option?.right ?? "",
    option?.multiplier ?? "",
  ];
}

/** What contractData says beyond the instrument itself. */
export interface ContractDataContext {
  readonly serverVersion: number;
  readonly reqId: number;
  /** The security type of the underlying; `null` for what is no derivative. */
  readonly underlyingSecType: SecType | null;
}

/** contractData for one instrument; since version 164 the message itself has no version. */
export function contractData(it: Instrument, context: ContractDataContext): string {
  const { option } = it;
  const { serverVersion } = context;
  const lastTradeDate = option ? compactDate(option.lastTradeDate) : "";
  const expiry = option ? compactDate(option.expiry) : "";
  return encodeFields(
    10,
    context.reqId,
    it.symbol,
    it.secType,
    lastTradeDate,
    ...(serverVersion >= SINCE.lastTradeDate ? [lastTradeDate] : []),
    option?.strike ?? 0,
    option?.right ?? "",
    it.exchange,
    it.currency,
    it.localSymbol,
    it.tradingClass, // marketName
    it.tradingClass,
    it.conId,
    it.minTick,
    option?.multiplier ?? "",
    ORDER_TYPES,
    validExchanges(it),
    1, // priceMagnifier
    it.underConId,
    escapeText(it.longName),
    it.primaryExchange,
    expiry.slice(0, 6), // contractMonth
    "", // industry
    "", // category
    "", // subcategory
    it.timeZoneId,
    it.tradingHours,
    it.liquidHours,
    "", // evRule
    0, // evMultiplier
    0, // number of secIds
    option ? 2 : 1, // aggGroup
    option ? it.symbol : "", // underSymbol
    context.underlyingSecType ?? "",
    "", // marketRuleIds
    expiry, // realExpirationDate
    it.secType === "STK" ? "COMMON" : "", // stockType
    ...SIZE_RULES[it.secType],
    ...(serverVersion >= SINCE.ineligibilityReasons ? [0] : []),
  );
}

/** minSize, sizeIncrement and suggestedSizeIncrement. */
const SIZE_RULES: Readonly<Record<SecType, readonly Field[]>> = {
  STK: [0.0001, 0.0001, 100],
  IND: [1, 1, 1],
  OPT: [1, 1, 1],
};

function validExchanges(it: Instrument): string {
  if (it.secType === "IND") return it.exchange;
  return it.secType === "OPT" ? OPTION_EXCHANGES : STOCK_EXCHANGES;
}

/** contractDataEnd (52). */
export function contractDataEnd(reqId: number): string {
  return encodeFields(52, 1, reqId);
}

/** secDefOptParam (75): one exchange and one trading class. It has no version. */
export function optionParameter(reqId: number, row: OptionParameters): string {
  return encodeFields(
    75,
    reqId,
    row.exchange,
    row.underConId,
    row.tradingClass,
    row.multiplier,
    row.expiries.length,
    ...row.expiries.map(compactDate),
    row.strikes.length,
    ...row.strikes,
  );
}

/** secDefOptParamEnd (76). It has no version. */
export function optionParameterEnd(reqId: number): string {
  return encodeFields(76, reqId);
}
