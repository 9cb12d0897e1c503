/** reqContractDetails (9) and reqSecDefOptParams (78). */
import type { FieldReader } from "../fields.ts";
import { type ContractFields, readContract } from "./contract.ts";

/** reqContractDetails. */
export interface ContractDetailsRequest {
  readonly reqId: number;
  readonly contract: ContractFields;
}

/** Reads what follows message id 9. */
export function readContractDetailsRequest(reader: FieldReader): ContractDetailsRequest {
  reader.integer("version");
  const reqId = reader.readRequestId();
  const contract = readContract(reader);
  reader.flag("includeExpired");
  reader.skip("secIdType", 1);
  reader.skip("secId", 1);
  reader.skip("issuerId", 1);
  return { reqId, contract };
}

/** reqSecDefOptParams. */
export interface OptionParametersRequest {
  readonly reqId: number;
  readonly symbol: string;
  readonly exchange: string;
  readonly secType: string;
  readonly conId: number;
}

/** Reads what follows message id 78; this message has no version. */
export function readOptionParametersRequest(reader: FieldReader): OptionParametersRequest {
  return {
    reqId: reader.readRequestId(),
    symbol: reader.text("underlyingSymbol"),
    exchange: reader.text("futFopExchange"),
    secType: reader.text("underlyingSecType"),
    conId: reader.integer("underlyingConId") ?? 0,
  };
}
