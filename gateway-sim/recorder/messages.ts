/**
 * What the recorder and its replay must know of each message of the TWS API: where the id of its
 * request stands and which fields are account numbers. Places count from 0, the message id. They are
 * those of server versions 164 to 200, as in ibapi's `client.py` and `decoder.py`; from 201 on
 * messages are protobuf and have no fields.
 */

import { SINCE } from "../wire/versions.ts";

/** The first server version whose messages begin with a binary id and may be protobuf. */
export const FIRST_BINARY_VERSION = 201;

/** The first server version whose errors carry a time and no version (ibapi's `ERROR_TIME`). */
export const FIRST_VERSION_WITH_ERROR_TIME = 194;

/** Where things stand in one kind of message. */
export interface Layout {
  readonly name: string;
  /** The place of the request's or order's id; absent where there is none. */
  readonly idAt?: number;
  /** The places of account numbers. */
  readonly accountsAt?: readonly number[];
  /** Whether it ends what an earlier message with the same id began. */
  readonly cancels?: true;
  /** Answers without an id that belong to this kind of question. */
  readonly answers?: readonly number[];
}

/** startApi: what the gateway says by itself comes after it. */
export const START_API = 71;

/** An error or a notice. */
export const ERROR = 4;

const CANCEL_ORDER = 4;

/** Messages of the client, by their id. */
export const QUESTIONS: ReadonlyMap<number, Layout> = new Map<number, Layout>([
  [1, { name: "reqMktData", idAt: 2 }],
  [2, { name: "cancelMktData", idAt: 2, cancels: true }],
  [3, { name: "placeOrder", idAt: 1, accountsAt: [23] }],
  [CANCEL_ORDER, { name: "cancelOrder", idAt: 2 }],
  [5, { name: "reqOpenOrders", answers: [53] }],
  [6, { name: "reqAccountUpdates", accountsAt: [3], answers: [6, 7, 8, 54] }],
  [7, { name: "reqExecutions", idAt: 2, accountsAt: [4] }],
  [8, { name: "reqIds", answers: [9] }],
  [9, { name: "reqContractDetails", idAt: 2 }],
  [10, { name: "reqMktDepth", idAt: 2 }],
  [11, { name: "cancelMktDepth", idAt: 2, cancels: true }],
  [12, { name: "reqNewsBulletins", answers: [14] }],
  [15, { name: "reqAutoOpenOrders" }],
  [16, { name: "reqAllOpenOrders", answers: [53] }],
  [17, { name: "reqManagedAccts", answers: [15] }],
  [18, { name: "requestFA", answers: [16] }],
  [20, { name: "reqHistoricalData", idAt: 1 }],
  [21, { name: "exerciseOptions", idAt: 2, accountsAt: [16] }],
  [22, { name: "reqScannerSubscription", idAt: 1 }],
  [23, { name: "cancelScannerSubscription", idAt: 2, cancels: true }],
  [24, { name: "reqScannerParameters", answers: [19] }],
  [25, { name: "cancelHistoricalData", idAt: 2, cancels: true }],
  [49, { name: "reqCurrentTime", answers: [49] }],
  [50, { name: "reqRealTimeBars", idAt: 2 }],
  [51, { name: "cancelRealTimeBars", idAt: 2, cancels: true }],
  [52, { name: "reqFundamentalData", idAt: 2 }],
  [53, { name: "cancelFundamentalData", idAt: 2, cancels: true }],
  [54, { name: "calculateImpliedVolatility", idAt: 2 }],
  [55, { name: "calculateOptionPrice", idAt: 2 }],
  [56, { name: "cancelCalculateImpliedVolatility", idAt: 2, cancels: true }],
  [57, { name: "cancelCalculateOptionPrice", idAt: 2, cancels: true }],
  [59, { name: "reqMarketDataType" }],
  [61, { name: "reqPositions", answers: [61, 62] }],
  [62, { name: "reqAccountSummary", idAt: 2 }],
  [63, { name: "cancelAccountSummary", idAt: 2, cancels: true }],
  [64, { name: "cancelPositions" }],
  [67, { name: "queryDisplayGroups", idAt: 2 }],
  [68, { name: "subscribeToGroupEvents", idAt: 2 }],
  [69, { name: "updateDisplayGroup", idAt: 2 }],
  [70, { name: "unsubscribeFromGroupEvents", idAt: 2, cancels: true }],
  [START_API, { name: "startApi", answers: [15, 9] }],
  [74, { name: "reqPositionsMulti", idAt: 2, accountsAt: [3] }],
  [75, { name: "cancelPositionsMulti", idAt: 2, cancels: true }],
  [76, { name: "reqAccountUpdatesMulti", idAt: 2, accountsAt: [3] }],
  [77, { name: "cancelAccountUpdatesMulti", idAt: 2, cancels: true }],
  [78, { name: "reqSecDefOptParams", idAt: 1 }],
  [79, { name: "reqSoftDollarTiers", idAt: 1 }],
  [80, { name: "reqFamilyCodes", answers: [78] }],
  [81, { name: "reqMatchingSymbols", idAt: 1 }],
  [82, { name: "reqMktDepthExchanges", answers: [80] }],
  [83, { name: "reqSmartComponents", idAt: 1 }],
  [84, { name: "reqNewsArticle", idAt: 1 }],
  [85, { name: "reqNewsProviders", answers: [85] }],
  [86, { name: "reqHistoricalNews", idAt: 1 }],
  [87, { name: "reqHeadTimestamp", idAt: 1 }],
  [88, { name: "reqHistogramData", idAt: 1 }],
  [89, { name: "cancelHistogramData", idAt: 1, cancels: true }],
  [90, { name: "cancelHeadTimestamp", idAt: 1, cancels: true }],
  [91, { name: "reqMarketRule", answers: [93] }],
  [92, { name: "reqPnL", idAt: 1, accountsAt: [2] }],
  [93, { name: "cancelPnL", idAt: 1, cancels: true }],
  [94, { name: "reqPnLSingle", idAt: 1, accountsAt: [2] }],
  [95, { name: "cancelPnLSingle", idAt: 1, cancels: true }],
  [96, { name: "reqHistoricalTicks", idAt: 1 }],
  [97, { name: "reqTickByTickData", idAt: 1 }],
  [98, { name: "cancelTickByTickData", idAt: 1, cancels: true }],
  [99, { name: "reqCompletedOrders", answers: [101, 102] }],
  [100, { name: "reqWshMetaData", idAt: 1 }],
  [101, { name: "cancelWshMetaData", idAt: 1, cancels: true }],
  [102, { name: "reqWshEventData", idAt: 1 }],
  [103, { name: "cancelWshEventData", idAt: 1, cancels: true }],
  [104, { name: "reqUserInfo", idAt: 1 }],
]);

/** Messages of the gateway, by their id; those without an id or an account are not listed. */
export const ANSWERS: ReadonlyMap<number, Layout> = new Map<number, Layout>([
  [1, { name: "tickPrice", idAt: 2 }],
  [2, { name: "tickSize", idAt: 2 }],
  [3, { name: "orderStatus", idAt: 1 }],
  [5, { name: "openOrder", idAt: 1, accountsAt: [20] }],
  [6, { name: "accountValue", accountsAt: [5] }],
  [7, { name: "portfolioValue", accountsAt: [19] }],
  [10, { name: "contractData", idAt: 1 }],
  [11, { name: "execDetails", idAt: 1, accountsAt: [16] }],
  [12, { name: "marketDepth", idAt: 2 }],
  [13, { name: "marketDepthL2", idAt: 2 }],
  [15, { name: "managedAccounts", accountsAt: [2] }],
  [17, { name: "historicalData", idAt: 1 }],
  [18, { name: "bondContractData", idAt: 1 }],
  [20, { name: "scannerData", idAt: 2 }],
  [21, { name: "tickOptionComputation", idAt: 1 }],
  [45, { name: "tickGeneric", idAt: 2 }],
  [46, { name: "tickString", idAt: 2 }],
  [47, { name: "tickEfp", idAt: 2 }],
  [50, { name: "realTimeBar", idAt: 2 }],
  [51, { name: "fundamentalData", idAt: 2 }],
  [52, { name: "contractDataEnd", idAt: 2 }],
  [54, { name: "accountDownloadEnd", accountsAt: [2] }],
  [55, { name: "execDetailsEnd", idAt: 2 }],
  [56, { name: "deltaNeutralValidation", idAt: 2 }],
  [57, { name: "tickSnapshotEnd", idAt: 2 }],
  [58, { name: "marketDataType", idAt: 2 }],
  [61, { name: "position", accountsAt: [2] }],
  [63, { name: "accountSummary", idAt: 2, accountsAt: [3] }],
  [64, { name: "accountSummaryEnd", idAt: 2 }],
  [67, { name: "displayGroupList", idAt: 2 }],
  [68, { name: "displayGroupUpdated", idAt: 2 }],
  [71, { name: "positionMulti", idAt: 2, accountsAt: [3] }],
  [72, { name: "positionMultiEnd", idAt: 2 }],
  [73, { name: "accountUpdateMulti", idAt: 2, accountsAt: [3] }],
  [74, { name: "accountUpdateMultiEnd", idAt: 2 }],
  [75, { name: "secDefOptParam", idAt: 1 }],
  [76, { name: "secDefOptParamEnd", idAt: 1 }],
  [77, { name: "softDollarTiers", idAt: 1 }],
  [79, { name: "symbolSamples", idAt: 1 }],
  [81, { name: "tickReqParams", idAt: 1 }],
  [82, { name: "smartComponents", idAt: 1 }],
  [83, { name: "newsArticle", idAt: 1 }],
  [84, { name: "tickNews", idAt: 1 }],
  [86, { name: "historicalNews", idAt: 1 }],
  [87, { name: "historicalNewsEnd", idAt: 1 }],
  [88, { name: "headTimestamp", idAt: 1 }],
  [89, { name: "histogramData", idAt: 1 }],
  [90, { name: "historicalDataUpdate", idAt: 1 }],
  [91, { name: "rerouteMktData", idAt: 1 }],
  [92, { name: "rerouteMktDepth", idAt: 1 }],
  [94, { name: "pnl", idAt: 1 }],
  [95, { name: "pnlSingle", idAt: 1 }],
  [96, { name: "historicalTicks", idAt: 1 }],
  [97, { name: "historicalTicksBidAsk", idAt: 1 }],
  [98, { name: "historicalTicksLast", idAt: 1 }],
  [99, { name: "tickByTick", idAt: 1 }],
  [100, { name: "orderBound", idAt: 1 }],
  [101, { name: "completedOrder", accountsAt: [19] }],
  [103, { name: "replaceFaEnd", idAt: 1 }],
  [104, { name: "wshMetaData", idAt: 1 }],
  [105, { name: "wshEventData", idAt: 1 }],
  [106, { name: "historicalSchedule", idAt: 1 }],
  [107, { name: "userInfo", idAt: 1 }],
  [108, { name: "historicalDataEnd", idAt: 1 }],
]);

/** The layout of a client's message; `undefined` for one that is not known. */
export function layoutOfQuestion(kind: number, serverVersion: number): Layout | undefined {
  const layout = QUESTIONS.get(kind);
  const moved = kind === CANCEL_ORDER && serverVersion >= SINCE.cancelOrderWithoutVersion;
  return layout && moved ? { ...layout, idAt: 1 } : layout;
}

/** Where the id, the code and the text of an error stand, by server version. */
export function errorPlaces(serverVersion: number): {
  readonly idAt: number;
  readonly codeAt: number;
  readonly textAt: number;
} {
  const idAt = serverVersion < FIRST_VERSION_WITH_ERROR_TIME ? 2 : 1;
  return { idAt, codeAt: idAt + 1, textAt: idAt + 2 };
}
