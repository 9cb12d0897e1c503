/** reqHistoricalData (20) and cancelHistoricalData (25). */
import type { FieldReader } from "../fields.ts";
import { type ContractFields, readContract, skipComboLegs } from "./contract.ts";

/** reqHistoricalData as a client wrote it. */
export interface HistoricalDataRequest {
  readonly reqId: number;
  readonly contract: ContractFields;
  readonly endDateTime: string;
  readonly barSize: string;
  readonly duration: string;
  readonly regularHoursOnly: boolean;
  readonly whatToShow: string;
  /** 1: text in the exchange's zone; 2: seconds since 1970. */
  readonly formatDate: number;
  readonly keepUpToDate: boolean;
}

/** Reads what follows message id 20; since version 124 it has no version. */
export function readHistoricalDataRequest(reader: FieldReader): HistoricalDataRequest {
  const reqId = reader.readRequestId();
  const contract = readContract(reader);
  reader.flag("includeExpired");
  const endDateTime = reader.text("endDateTime");
  const barSize = reader.text("barSizeSetting");
  const duration = reader.text("durationStr");
  const regularHoursOnly = reader.flag("useRTH");
  const whatToShow = reader.text("whatToShow");
  const formatDate = reader.required("formatDate");
  if (contract.secType === "BAG") skipComboLegs(reader, 4);
  const keepUpToDate = reader.flag("keepUpToDate");
  return {
    reqId,
    contract,
    endDateTime,
    barSize,
    duration,
    regularHoursOnly,
    whatToShow,
    formatDate,
    keepUpToDate,
  };
}

/** Reads what follows message id 25: the request to end. */
export function readCancelHistoricalData(reader: FieldReader): number {
  reader.integer("version");
  return reader.readRequestId();
}
