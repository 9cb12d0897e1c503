/** The one kind of market-data request that the agent makes: a stream, cancelled when it is read. */
import type { Contract, IBApi } from "@stoqey/ib";

/** A snapshot brings no generic ticks, thus no open interest, and takes 11 s. */
const AS_SNAPSHOT = false;

/** A regulatory snapshot is billed, each time. */
const AS_REGULATORY_SNAPSHOT = false;

/** Asks for the ticks of a contract; `genericTicks` are IB's numbers, separated by commas. */
export function requestStream(
  api: IBApi,
  requestId: number,
  contract: Contract,
  genericTicks: string,
): void {
  api.reqMktData(requestId, contract, genericTicks, AS_SNAPSHOT, AS_REGULATORY_SNAPSHOT);
}
