/** Time, order ids, log level, and the messages of TWS that this gateway does not offer. */
import type { FaultOf } from "../../faults/fault.ts";
import type { FieldReader } from "../../wire/fields.ts";
import { currentTime, nextValidId } from "../../wire/responses/session.ts";
import { type Session, type Subject, validationText } from "../session.ts";

/** Where the request's id stands in a message that is not offered. */
type IdPlace = "none" | "first" | "after version";

/** Known to TWS, not offered here: by id, with name and the place of the request's id. */
const NOT_OFFERED: ReadonlyMap<number, readonly [name: string, place: IdPlace]> = new Map([
  [10, ["reqMktDepth", "after version"]],
  [11, ["cancelMktDepth", "after version"]],
  [12, ["reqNewsBulletins", "none"]],
  [13, ["cancelNewsBulletins", "none"]],
  [18, ["requestFA", "none"]],
  [19, ["replaceFA", "none"]],
  [21, ["exerciseOptions", "after version"]],
  [22, ["reqScannerSubscription", "first"]],
  [23, ["cancelScannerSubscription", "after version"]],
  [24, ["reqScannerParameters", "none"]],
  [50, ["reqRealTimeBars", "after version"]],
  [51, ["cancelRealTimeBars", "after version"]],
  [52, ["reqFundamentalData", "after version"]],
  [53, ["cancelFundamentalData", "after version"]],
  [54, ["calculateImpliedVolatility", "after version"]],
  [55, ["calculateOptionPrice", "after version"]],
  [56, ["cancelCalculateImpliedVolatility", "after version"]],
  [57, ["cancelCalculateOptionPrice", "after version"]],
  [65, ["verifyRequest", "none"]],
  [66, ["verifyMessage", "none"]],
  [67, ["queryDisplayGroups", "after version"]],
  [68, ["subscribeToGroupEvents", "after version"]],
  [69, ["updateDisplayGroup", "after version"]],
  [70, ["unsubscribeFromGroupEvents", "after version"]],
  [72, ["verifyAndAuthRequest", "none"]],
  [73, ["verifyAndAuthMessage", "none"]],
  [74, ["reqPositionsMulti", "after version"]],
  [75, ["cancelPositionsMulti", "after version"]],
  [79, ["reqSoftDollarTiers", "first"]],
  [80, ["reqFamilyCodes", "none"]],
  [81, ["reqMatchingSymbols", "first"]],
  [82, ["reqMktDepthExchanges", "none"]],
  [83, ["reqSmartComponents", "first"]],
  [84, ["reqNewsArticle", "first"]],
  [85, ["reqNewsProviders", "none"]],
  [86, ["reqHistoricalNews", "first"]],
  [87, ["reqHeadTimestamp", "first"]],
  [88, ["reqHistogramData", "first"]],
  [89, ["cancelHistogramData", "first"]],
  [90, ["cancelHeadTimestamp", "first"]],
  [91, ["reqMarketRule", "none"]],
  [92, ["reqPnL", "first"]],
  [93, ["cancelPnL", "first"]],
  [94, ["reqPnLSingle", "first"]],
  [95, ["cancelPnLSingle", "first"]],
  [96, ["reqHistoricalTicks", "first"]],
  [97, ["reqTickByTickData", "first"]],
  [98, ["cancelTickByTickData", "first"]],
  [100, ["reqWshMetaData", "first"]],
  [101, ["cancelWshMetaData", "first"]],
  [102, ["reqWshEventData", "first"]],
  [103, ["cancelWshEventData", "first"]],
  [104, ["reqUserInfo", "first"]],
]);

/** The rest of one connection. */
export function basics(session: Session): Subject {
  const refuse = (name: string, place: IdPlace, reader: FieldReader): void => {
    if (place === "after version") reader.integer("version");
    const reqId = place === "none" ? -1 : reader.readRequestId();
    session.fail(reqId, 321, validationText(`${name} is not offered by the simulated gateway.`));
  };
  return {
    handlers: new Map([
      ...[...NOT_OFFERED].map(([id, [name, place]]) =>
        [id, (reader: FieldReader) => refuse(name, place, reader)] as const
      ),
      [49, () => {
        const { faults, clock } = session.gateway;
        const isTime = ({ request }: FaultOf<"silent_request">) => request === "time";
        if (faults.strikes("silent_request", session.clientId, isTime)) return;
        session.send(currentTime(clock.nowMs()));
      }],
      [8, () => session.send(nextValidId(session.gateway.desk.nextOrderId(session.clientId)))],
      // The level of the gateway's own log: nothing is answered.
      [14, () => {}],
    ]),
  };
}
