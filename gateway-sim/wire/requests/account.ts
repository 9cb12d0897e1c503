/** Requests about accounts, positions, orders and executions. */
import type { FieldReader } from "../fields.ts";

/** reqAccountSummary (62). */
export interface AccountSummaryRequest {
  readonly reqId: number;
  readonly group: string;
  readonly tags: readonly string[];
}

/** Reads what follows message id 62. */
export function readAccountSummaryRequest(reader: FieldReader): AccountSummaryRequest {
  reader.integer("version");
  const reqId = reader.readRequestId();
  const group = reader.text("groupName");
  const tags = reader.text("tags").split(",").map((tag) => tag.trim()).filter((tag) => tag !== "");
  return { reqId, group, tags };
}

/** reqAccountUpdates (6). */
export interface AccountUpdatesRequest {
  readonly subscribe: boolean;
  readonly account: string;
}

/** Reads what follows message id 6. */
export function readAccountUpdatesRequest(reader: FieldReader): AccountUpdatesRequest {
  reader.integer("version");
  return { subscribe: reader.flag("subscribe"), account: reader.text("acctCode") };
}

/** reqAccountUpdatesMulti (76). */
export interface AccountUpdatesMultiRequest {
  readonly reqId: number;
  readonly account: string;
  readonly modelCode: string;
}

/** Reads what follows message id 76. */
export function readAccountUpdatesMultiRequest(reader: FieldReader): AccountUpdatesMultiRequest {
  reader.integer("version");
  return {
    reqId: reader.readRequestId(),
    account: reader.text("account"),
    modelCode: reader.text("modelCode"),
  };
}

/** Reads a version and the request that a message is about (63, 77, 7 …). */
export function readVersionAndReqId(reader: FieldReader): number {
  reader.integer("version");
  return reader.readRequestId();
}
