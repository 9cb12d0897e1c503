/**
 * openOrder (5), orderStatus (3), openOrderEnd (53), completedOrder (101), completedOrdersEnd
 * (102), orderBound (100). The order of fields is that of ibapi's `orderdecoder.py`; attributes
 * that are not offered have the values that TWS gives an order without them.
 */
import { encodeFields, escapeText, type Field, UNSET_DOUBLE, UNSET_INTEGER } from "../fields.ts";
import { SINCE } from "../versions.ts";
import { contractFields, type OrderedContract } from "./ordered_contract.ts";

/** What all messages about an order say of it. */
export interface OrderFields {
  /** 0 where the order is not of this client. */
  readonly orderId: number;
  readonly clientId: number;
  readonly permId: number;
  readonly account: string;
  readonly contract: OrderedContract;
  readonly action: "BUY" | "SELL";
  readonly quantity: number;
  readonly orderType: string;
  readonly limitPrice: number | undefined;
  readonly auxPrice: number | undefined;
  readonly tif: string;
  readonly orderRef: string;
  readonly outsideRth: boolean;
  readonly status: string;
}

/** What a what-if order would do to the account, in its currency. */
export interface OrderPreview {
  readonly initMargin: MarginChange;
  readonly maintMargin: MarginChange;
  readonly equityWithLoan: MarginChange;
  readonly commission: number;
  readonly minCommission: number;
  readonly maxCommission: number;
  readonly currency: string;
  readonly warning: string;
}

/** A figure of the account without the order, and with it. */
export interface MarginChange {
  readonly before: number;
  readonly after: number;
}

/** openOrder (5); with a preview the answer to a what-if order. */
export function openOrder(
  order: OrderFields,
  serverVersion: number,
  preview: OrderPreview | undefined,
): string {
  return encodeFields(
    5,
    order.orderId,
    ...contractFields(order.contract),
    ...mainFields(order),
    order.clientId,
    order.permId,
    order.outsideRth,
    0, // hidden
    0, // discretionaryAmt
    "", // goodAfterTime
    "", // sharesAllocation
    ...allocationFields(serverVersion),
    0, // auctionStrategy
    ...NO_STOCK_RANGE,
    UNSET_INTEGER, // displaySize
    0, // blockOrder
    0, // sweepToFill
    0, // allOrNone
    UNSET_INTEGER, // minQty
    NO_OCA_TYPE,
    0, // eTradeOnly
    0, // firmQuoteOnly
    "", // nbboPriceCap
    0, // parentId
    0, // triggerMethod
    ...NO_VOLATILITY,
    ...["", 0, "", "", "", "", 0, ""], // delta-neutral: conId, clearing, openClose, short sale
    ...NO_REFERENCE_PRICE,
    "", // basisPoints
    "", // basisPointsType
    ...legFields(order.contract),
    ...NO_SCALE_AND_HEDGE,
    0, // optOutSmartRouting
    ...CLEARING,
    0, // solicited
    preview !== undefined,
    order.status,
    ...previewFields(preview),
    0, // randomizeSize
    0, // randomizePrice
    0, // number of conditions
    "None", // adjustedOrderType
    ...[UNSET_DOUBLE, UNSET_DOUBLE, UNSET_DOUBLE], // triggerPrice, trailStopPrice, lmtPriceOffset
    ...[UNSET_DOUBLE, UNSET_DOUBLE, UNSET_DOUBLE], // adjusted stop, stop limit and trailing amount
    0, // adjustableTrailingUnit
    ...["", "", ""], // softDollarTier
    0, // cashQty
    1, // dontUseAutoPriceForHedge
    0, // isOmsContainer
    0, // discretionaryUpToLimitPrice
    0, // usePriceMgmtAlgo
    UNSET_INTEGER, // duration
    UNSET_INTEGER, // postToAts
    0, // autoCancelParent
    ...NO_PEG,
    ...latestFields(serverVersion),
  );
}

/** conId … after the contract: action to orderRef, as in both messages that describe an order. */
function mainFields(order: OrderFields): readonly Field[] {
  return [
    order.action,
    order.quantity,
    order.orderType,
    order.limitPrice ?? 0,
    order.auxPrice ?? 0,
    order.tif,
    "", // ocaGroup
    order.account,
    "", // openClose
    0, // origin: customer
    order.orderRef,
  ];
}

/** faGroup … exemptCode. */
function allocationFields(serverVersion: number): readonly Field[] {
  return [
    ...["", "", ""], // faGroup, faMethod, faPercentage
    ...(serverVersion < SINCE.withoutFaProfile ? [""] : []),
    "", // modelCode
    "", // goodTillDate
    "0", // rule80A
    "", // percentOffset
    "", // settlingFirm
    0, // shortSaleSlot
    "", // designatedLocation
    -1, // exemptCode
  ];
}

/** startingPrice, stockRefPrice, delta, stockRangeLower, stockRangeUpper. */
const NO_STOCK_RANGE: readonly Field[] = ["", "", "", "", ""];
/** "Reduce without block": TWS says it of orders without a group too. */
const NO_OCA_TYPE = 3;
/** volatility, volatilityType, deltaNeutralOrderType, deltaNeutralAuxPrice. */
const NO_VOLATILITY: readonly Field[] = ["", 0, "None", ""];
/** continuousUpdate, referencePriceType, trailStopPrice, trailingPercent. */
const NO_REFERENCE_PRICE: readonly Field[] = [0, 0, "", ""];
/** scaleInitLevelSize, scaleSubsLevelSize, scalePriceIncrement, hedgeType. */
const NO_SCALE_AND_HEDGE: readonly Field[] = ["", "", "", ""];
/** clearingAccount, clearingIntent, notHeld, no delta-neutral contract, no algoStrategy. */
const CLEARING: readonly Field[] = ["", "IB", 0, 0, ""];
/** minTradeQty, minCompeteSize, competeAgainstBestOffset, midOffsetAtWhole, midOffsetAtHalf. */
const NO_PEG: readonly Field[] = ["", "", "", "", ""];

/** comboLegsDescrip, legs, prices of legs, routing parameters. */
function legFields(contract: OrderedContract): readonly Field[] {
  if (contract.secType !== "BAG") return ["", 0, 0, 0];
  const { legs } = contract;
  const signed = legs.map((leg) => `${leg.conId}|${leg.action === "BUY" ? "" : "-"}${leg.ratio}`);
  return [
    signed.join(),
    legs.length,
    // openClose: same as the combination; no short sale slot, location and exemption.
    ...legs.flatMap((leg) => [leg.conId, leg.ratio, leg.action, leg.exchange, 0, 0, "", -1]),
    0,
    0,
  ];
}

/** Nine margin figures, three commissions, their currency and a warning. */
function previewFields(preview: OrderPreview | undefined): readonly Field[] {
  if (preview === undefined) return [...Array(9).fill(UNSET_DOUBLE), "", "", "", "", ""];
  const figures = [preview.initMargin, preview.maintMargin, preview.equityWithLoan];
  return [
    ...figures.map(({ before }) => before),
    ...figures.map(({ before, after }) => cents(after - before)),
    ...figures.map(({ after }) => after),
    preview.commission,
    preview.minCommission,
    preview.maxCommission,
    preview.currency,
    escapeText(preview.warning),
  ];
}

function cents(amount: number): number {
  return Math.round(amount * 100) / 100;
}

/** What newer versions say at the end of openOrder. */
function latestFields(serverVersion: number): readonly Field[] {
  return [
    ...(serverVersion >= SINCE.customerAccount ? [""] : []),
    ...(serverVersion >= SINCE.professionalCustomer ? [0] : []),
    ...(serverVersion >= SINCE.bondAccruedInterest ? [""] : []),
    ...(serverVersion >= SINCE.includeOvernight ? [0] : []),
    ...(serverVersion >= SINCE.manualOrderIndicatorInOpenOrder ? ["", UNSET_INTEGER] : []),
  ];
}

/** openOrderEnd (53). */
export function openOrderEnd(): string {
  return encodeFields(53, 1);
}

/** How far an order has come. */
export interface StatusFields {
  readonly orderId: number;
  readonly clientId: number;
  readonly permId: number;
  readonly status: string;
  readonly filled: number;
  readonly remaining: number;
  readonly averageFillPrice: number;
  readonly lastFillPrice: number;
  readonly whyHeld: string;
}

/** orderStatus (3); since version 131 it has no version. */
export function orderStatus(it: StatusFields): string {
  return encodeFields(
    3,
    it.orderId,
    it.status,
    it.filled,
    it.remaining,
    it.averageFillPrice,
    it.permId,
    0, // parentId
    it.lastFillPrice,
    it.clientId,
    it.whyHeld,
    0, // mktCapPrice
  );
}

/** How an order ended. */
export interface Completion {
  readonly filled: number;
  /** As `20260715 09:30:00 US/Eastern`. */
  readonly time: string;
  /** As `Filled Size: 10` or `Cancelled by Trader`. */
  readonly text: string;
}

/** completedOrder (101). It has neither the order's ID nor the client's, only permId. */
export function completedOrder(
  order: OrderFields,
  completion: Completion,
  serverVersion: number,
): string {
  return encodeFields(
    101,
    ...contractFields(order.contract),
    ...mainFields(order),
    order.permId,
    order.outsideRth,
    0, // hidden
    0, // discretionaryAmt
    "", // goodAfterTime
    ...allocationFields(serverVersion),
    ...NO_STOCK_RANGE,
    UNSET_INTEGER, // displaySize
    0, // sweepToFill
    0, // allOrNone
    UNSET_INTEGER, // minQty
    NO_OCA_TYPE,
    0, // triggerMethod
    ...NO_VOLATILITY,
    ...["", 0, 0, ""], // delta-neutral: conId, short sale, its slot and location
    ...NO_REFERENCE_PRICE,
    ...legFields(order.contract),
    ...NO_SCALE_AND_HEDGE,
    ...CLEARING,
    0, // solicited
    order.status,
    0, // randomizeSize
    0, // randomizePrice
    0, // number of conditions
    UNSET_DOUBLE, // trailStopPrice
    UNSET_DOUBLE, // lmtPriceOffset
    0, // cashQty
    1, // dontUseAutoPriceForHedge
    0, // isOmsContainer
    "", // autoCancelDate
    completion.filled,
    0, // refFuturesConId
    0, // autoCancelParent
    "", // shareholder
    0, // imbalanceOnly
    0, // routeMarketableToBbo
    0, // parentPermId
    completion.time,
    escapeText(completion.text),
    ...NO_PEG,
    ...(serverVersion >= SINCE.customerAccount ? [""] : []),
    ...(serverVersion >= SINCE.professionalCustomer ? [0] : []),
  );
}

/** completedOrdersEnd (102): nothing but its id. */
export function completedOrdersEnd(): string {
  return encodeFields(102);
}

/** orderBound (100): an order made by hand has got an order ID of a client. */
export function orderBound(permId: number, clientId: number, orderId: number): string {
  return encodeFields(100, permId, clientId, orderId);
}
