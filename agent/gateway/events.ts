/**
 * What a gateway answers to one request, in our own terms. The library calls back with one event
 * per message kind; here they become one union, addressed by request ID, with every number
 * checked: the library passes NaN on and reads an empty field as 0.
 */
import { type ContractDetails, EventName, type IBApi } from "@stoqey/ib";
import { MARKET_DATA_KINDS, type MarketDataKind } from "../../options/quote.ts";

/** IV and greeks of one computation; `null` is "not computed". */
export interface Computation {
  readonly impliedVol: number | null;
  readonly delta: number | null;
  readonly gamma: number | null;
  readonly theta: number | null;
  readonly vega: number | null;
}

/** One answer to a request. Tick numbers are those of IB's tick type table. */
export type GatewayEvent =
  | { readonly type: "price"; readonly tick: number; readonly value: number }
  | { readonly type: "size"; readonly tick: number; readonly value: number }
  | { readonly type: "generic"; readonly tick: number; readonly value: number }
  | { readonly type: "computation"; readonly tick: number; readonly values: Computation }
  | { readonly type: "kind"; readonly kind: MarketDataKind }
  | { readonly type: "contract"; readonly details: ContractDetails }
  | { readonly type: "parameters"; readonly parameters: OptionParameters }
  | { readonly type: "bar"; readonly bar: GatewayBar }
  | { readonly type: "end" }
  | { readonly type: "error"; readonly code: number; readonly message: string };

/** One row of option parameters: one trading class on one exchange. */
export interface OptionParameters {
  readonly exchange: string;
  readonly tradingClass: string;
  readonly multiplier: number;
  /** As IB writes them, `YYYYMMDD`. */
  readonly expiries: readonly string[];
  readonly strikes: readonly number[];
}

/** One historical bar. Numbers that only trades have are -1 where there are none. */
export interface GatewayBar {
  /** Seconds since 1970, or a day as `YYYYMMDD`, as it was asked for. */
  readonly time: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly wap: number;
  readonly count: number;
}

/** Takes the answers to one request. */
export type EventSink = (requestId: number, event: GatewayEvent) => void;

/** Passes every answer that carries a request ID to `sink`. */
export function listenToAnswers(api: IBApi, sink: EventSink): void {
  const number =
    (type: "price" | "size" | "generic") =>
    (requestId: number, tick: number | undefined, value: number | undefined): void => {
      if (tick === undefined || value === undefined || !Number.isFinite(value)) return;
      sink(requestId, { type, tick, value });
    };
  const end = (requestId: number): void => sink(requestId, { type: "end" });
  api.on(EventName.tickPrice, number("price"));
  api.on(EventName.tickSize, number("size"));
  api.on(EventName.tickGeneric, number("generic"));
  api.on(
    EventName.tickOptionComputation,
    (requestId, tick, _attribute, impliedVol, delta, _price, _dividend, gamma, vega, theta) =>
      sink(requestId, {
        type: "computation",
        tick,
        values: {
          impliedVol: finiteOrNull(impliedVol),
          delta: finiteOrNull(delta),
          gamma: finiteOrNull(gamma),
          theta: finiteOrNull(theta),
          vega: finiteOrNull(vega),
        },
      }),
  );
  api.on(EventName.marketDataType, (requestId, type) => {
    const kind = MARKET_DATA_KINDS[type - 1];
    if (kind) sink(requestId, { type: "kind", kind });
  });
  api.on(EventName.contractDetails, (requestId, details) => {
    sink(requestId, { type: "contract", details });
  });
  api.on(EventName.contractDetailsEnd, end);
  api.on(
    EventName.securityDefinitionOptionParameter,
    (requestId, exchange, _underlying, tradingClass, multiplier, expiries, strikes) =>
      sink(requestId, {
        type: "parameters",
        // The library types the multiplier as text and reads it as a number.
        parameters: {
          exchange,
          tradingClass,
          multiplier: Number(multiplier),
          expiries,
          strikes,
        },
      }),
  );
  api.on(EventName.securityDefinitionOptionParameterEnd, end);
  api.on(EventName.tickSnapshotEnd, end);
  api.on(
    EventName.historicalData,
    (requestId, time, open, high, low, close, volume, count, wap) => {
      // The library's own word for the end, behind the last bar.
      if (time.startsWith("finished")) return end(requestId);
      const bar = { time, open, high, low, close, volume, wap, count: count ?? -1 };
      sink(requestId, { type: "bar", bar });
    },
  );
  api.on(EventName.error, (error, code, requestId) => {
    if (requestId >= 0) sink(requestId, { type: "error", code, message: error.message });
  });
}

function finiteOrNull(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value;
}
