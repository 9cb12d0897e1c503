/** reqContractDetails and reqSecDefOptParams. */
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
import { type Session, type Subject, validationText } from "../session.ts";

/** Contracts of one connection. */
export function contractDetails(session: Session): Subject {
  const { market } = session.gateway;

  const details = (reader: FieldReader): void => {
    const { reqId, contract } = readContractDetailsRequest(reader);
    if (!isExpiry(contract.lastTradeDateOrContractMonth)) {
      const cause = "The 'Last Trade Date or Contract Month' is not YYYYMM or YYYYMMDD";
      return session.fail(reqId, 321, validationText(cause));
    }
    const found = market.find(toQuery(contract));
    if (found.length === 0) {
      return session.fail(reqId, 200, "No security definition has been found for the request");
    }
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
    // A named exchange is for options on futures: for a stock or an index TWS then ends the list
    // without a row and without an error.
    const rows = request.exchange === "" ? market.optionParameters(request.conId) : [];
    for (const row of rows) session.send(optionParameter(reqId, row));
    session.send(optionParameterEnd(reqId));
  };

  return { handlers: new Map([[9, details], [78, parameters]]) };
}
