/**
 * Market data: tickPrice (1), tickSize (2), tickOptionComputation (21), tickGeneric (45),
 * tickString (46), tickSnapshotEnd (57), marketDataType (58), tickReqParams (81).
 */
import type { Computation } from "../../market/market.ts";
import { encodeFields, UNSET_DECIMAL } from "../fields.ts";
import type { MarketDataType } from "../requests/market_data.ts";

/** One tick of one instrument. `tickType` tells ticks of all kinds apart. */
export type Tick =
  | {
    readonly kind: "price";
    readonly tickType: number;
    readonly price: number;
    /** `null` where the market does not know it. */
    readonly size: number | null;
  }
  | { readonly kind: "size"; readonly tickType: number; readonly size: number }
  | {
    readonly kind: "computation";
    readonly tickType: number;
    readonly computation: Computation;
  }
  | { readonly kind: "generic"; readonly tickType: number; readonly value: number }
  | { readonly kind: "string"; readonly tickType: number; readonly value: string };

const TICK_VERSION = 6;
/** The attribute mask's bit 0: the price can be traded automatically. */
const CAN_AUTO_EXECUTE = 1;
/** Computed from prices, not from returns. */
const PRICE_BASED = 1;

/** The message of one tick. */
export function tickMessage(reqId: number, tick: Tick): string {
  switch (tick.kind) {
    case "price":
      return encodeFields(
        1,
        TICK_VERSION,
        reqId,
        tick.tickType,
        tick.price,
        tick.size ?? UNSET_DECIMAL,
        isQuotePrice(tick.tickType) && tick.price > 0 ? CAN_AUTO_EXECUTE : 0,
      );
    case "size":
      return encodeFields(2, TICK_VERSION, reqId, tick.tickType, tick.size);
    case "computation":
      return computationMessage(reqId, tick.tickType, tick.computation);
    case "generic":
      return encodeFields(45, TICK_VERSION, reqId, tick.tickType, tick.value);
    case "string":
      return encodeFields(46, TICK_VERSION, reqId, tick.tickType, tick.value);
  }
}

function isQuotePrice(tickType: number): boolean {
  return tickType === 1 || tickType === 2;
}

/** No field may be empty: ib_async makes a number of each. -1 and -2 are IB's "none". */
function computationMessage(reqId: number, tickType: number, it: Computation): string {
  return encodeFields(
    21,
    reqId,
    tickType,
    PRICE_BASED,
    it.impliedVol ?? -1,
    it.delta ?? -2,
    it.optionPrice ?? -1,
    it.presentValueDividend ?? -1,
    it.gamma ?? -2,
    it.vega ?? -2,
    it.theta ?? -2,
    it.underlyingPrice ?? -1,
  );
}

/** tickSnapshotEnd (57). */
export function tickSnapshotEnd(reqId: number): string {
  return encodeFields(57, 1, reqId);
}

/** marketDataType (58): which kind of data follows, whatever was asked for. */
export function marketDataType(reqId: number, type: MarketDataType): string {
  return encodeFields(58, 1, reqId, type);
}

/** All exchanges may be asked for a snapshot. */
const SNAPSHOT_PERMISSIONS = 3;

/** tickReqParams (81). It has no version. */
export function tickRequestParameters(
  reqId: number,
  minTick: number,
  bboExchange: string,
): string {
  return encodeFields(81, reqId, minTick, bboExchange, SNAPSHOT_PERMISSIONS);
}
