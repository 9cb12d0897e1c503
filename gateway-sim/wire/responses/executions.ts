/** execDetails (11), execDetailsEnd (55), commissionReport (59). */
import { encodeFields, UNSET_DOUBLE } from "../fields.ts";
import { SINCE } from "../versions.ts";
import { contractFields, type OrderedContract } from "./ordered_contract.ts";

/** A fill, or the fill of one leg. */
export interface ExecutionFields {
  readonly execId: string;
  readonly orderId: number;
  readonly clientId: number;
  readonly permId: number;
  readonly account: string;
  readonly contract: OrderedContract;
  readonly exchange: string;
  readonly side: "BOT" | "SLD";
  readonly shares: number;
  readonly price: number;
  /** As `20260715 09:30:00 US/Eastern`. */
  readonly time: string;
  readonly cumulativeQuantity: number;
  readonly averagePrice: number;
  readonly orderRef: string;
}

/** Took liquidity that was there: all fills here are against quotes. */
const REMOVED_LIQUIDITY = 2;

/** execDetails (11); -1 as request ID where nobody asked. Since version 136 it has no version. */
export function executionDetails(
  reqId: number,
  it: ExecutionFields,
  serverVersion: number,
): string {
  return encodeFields(
    11,
    reqId,
    it.orderId,
    ...contractFields(it.contract),
    it.execId,
    it.time,
    it.account,
    it.exchange,
    it.side,
    it.shares,
    it.price,
    it.permId,
    it.clientId,
    0, // liquidation
    it.cumulativeQuantity,
    it.averagePrice,
    it.orderRef,
    "", // evRule
    "", // evMultiplier
    "", // modelCode
    REMOVED_LIQUIDITY,
    ...(serverVersion >= SINCE.pendingPriceRevision ? [0] : []),
  );
}

/** executionDataEnd (55). */
export function executionDataEnd(reqId: number): string {
  return encodeFields(55, 1, reqId);
}

/** What a fill cost. */
export interface CommissionFields {
  readonly execId: string;
  readonly commission: number;
  readonly currency: string;
  /** Absent where the fill closed nothing. */
  readonly realizedPnl: number | undefined;
}

/** commissionReport (59). */
export function commissionReport(it: CommissionFields): string {
  return encodeFields(
    59,
    1,
    it.execId,
    it.commission,
    it.currency,
    it.realizedPnl ?? UNSET_DOUBLE,
    UNSET_DOUBLE, // yield
    "", // yieldRedemptionDate
  );
}
