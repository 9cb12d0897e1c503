/** reqContractDetails and reqSecDefOptParams. */
import type { Timer } from "../../../base/clock.ts";
import type { FaultOf } from "../../faults/fault.ts";
import type { Instrument } from "../../market/market.ts";
import type { FieldReader } from "../../wire/fields.ts";
import { isExpiry, toQuery } from "../../wire/requests/contract.ts";
import {
  readContractDetailsRequest,
  readOptionParametersRequest,
} from "../../wire/requests/contract_details.ts";
import {
  contractData,
  contractDataEnd,
  optionParameter,
  optionParameterEnd,
} from "../../wire/responses/contract_data.ts";
import {
  isDenied,
  type Session,
  type Subject,
  UNKNOWN_CONTRACT,
  validationText,
} from "../session.ts";

/** Contracts of one connection. */
export function contractDetails(session: Session): Subject {
  const { market, clock, faults, farms } = session.gateway;
  const waiting = new Set<Timer>();
  const isSilent = (request: FaultOf<"silent_request">["request"]): boolean =>
    faults.strikes("silent_request", session.clientId, (it) => it.request === request) !==
      undefined;

  const details = (reader: FieldReader): void => {
    const { reqId, contract } = readContractDetailsRequest(reader);
    if (!isExpiry(contract.lastTradeDateOrContractMonth)) {
      const cause = "The 'Last Trade Date or Contract Month' is not YYYYMM or YYYYMMDD";
      return session.fail(reqId, 321, validationText(cause));
    }
    if (isSilent("details")) return;
    const found = market.find(toQuery(contract));
    const [first] = found;
    if (first === undefined) return session.fail(reqId, 200, UNKNOWN_CONTRACT);
    if (isDenied(session, first)) return session.inject(reqId, 200, UNKNOWN_CONTRACT);
    const slow = faults.strikes("slow_details", session.clientId);
    if (!slow) return tell(reqId, found);
    const timer = clock.after(slow.delaySeconds * 1_000, () => {
      waiting.delete(timer);
      tell(reqId, found);
    });
    waiting.add(timer);
  };

  const tell = (reqId: number, found: readonly Instrument[]): void => {
    const { serverVersion } = session;
    for (const instrument of found) {
      const underlying = instrument.option ? market.instrument(instrument.underConId) : undefined;
      const underlyingSecType = underlying?.secType ?? null;
      session.send(contractData(instrument, { serverVersion, reqId, underlyingSecType }));
    }
    session.send(contractDataEnd(reqId));
  };

  const parameters = (reader: FieldReader): void => {
    const request = readOptionParametersRequest(reader);
    const { reqId } = request;
    if (request.conId <= 0) {
      return session.fail(reqId, 321, validationText("Invalid contract id"));
    }
    // Before IB is connected a request may never be answered (TWS API, message codes).
    if (isSilent("parameters") || farms.isLost) return;
    const isHidden = faults.strikes("no_parameters", session.clientId) !== undefined;
    // A named exchange is for options on futures: for a stock or an index TWS then ends the list
    // without a row and without an error.
    const rows = request.exchange === "" && !isHidden ? market.optionParameters(request.conId) : [];
    for (const row of rows) session.send(optionParameter(reqId, row));
    session.send(optionParameterEnd(reqId));
  };

  return {
    handlers: new Map([[9, details], [78, parameters]]),
    close() {
      for (const timer of waiting) timer.cancel();
    },
  };
}
