/** reqMktData (1), cancelMktData (2), reqMarketDataType (59). */
import { FieldError, type FieldReader } from "../fields.ts";
import { type ContractFields, readContract, skipComboLegs } from "./contract.ts";

/** reqMktData. */
export interface MarketDataRequest {
  readonly reqId: number;
  readonly contract: ContractFields;
  /** The generic tick numbers, in order; `mdoff` is kept apart. */
  readonly genericTicks: readonly string[];
  readonly snapshot: boolean;
  readonly regulatorySnapshot: boolean;
}

/** Reads what follows message id 1. */
export function readMarketDataRequest(reader: FieldReader): MarketDataRequest {
  reader.integer("version");
  const reqId = reader.readRequestId();
  const contract = readContract(reader);
  if (contract.secType === "BAG") skipComboLegs(reader, 4);
  if (reader.flag("deltaNeutralContract")) reader.skip("deltaNeutralContract", 3);
  const genericTicks = reader.text("genericTickList").split(",")
    .map((tick) => tick.trim()).filter((tick) => tick !== "");
  const snapshot = reader.flag("snapshot");
  const regulatorySnapshot = reader.flag("regulatorySnapshot");
  return { reqId, contract, genericTicks, snapshot, regulatorySnapshot };
}

/** Reads what follows message id 2: the request to end. ibapi sends version 2, @stoqey/ib 1. */
export function readCancelMarketData(reader: FieldReader): number {
  reader.integer("version");
  return reader.readRequestId();
}

/** What reqMarketDataType asks for: 1 live, 2 frozen, 3 delayed, 4 delayed and frozen. */
export type MarketDataType = 1 | 2 | 3 | 4;

/** Reads what follows message id 59. */
export function readMarketDataType(reader: FieldReader): MarketDataType {
  reader.integer("version");
  const type = reader.required("marketDataType");
  if (type === 1 || type === 2 || type === 3 || type === 4) return type;
  throw new FieldError("marketDataType", String(type), "1, 2, 3 or 4");
}
