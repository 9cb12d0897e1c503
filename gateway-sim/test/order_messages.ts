/** What the golden messages about orders say, for the tests that have them decoded. */
import type { CommissionFields, ExecutionFields } from "../wire/responses/executions.ts";
import type {
  Completion,
  OrderFields,
  OrderPreview,
  StatusFields,
} from "../wire/responses/orders.ts";
import { EA_CALL } from "./small_market.ts";

/** Every version at which a layout changes, and those that real clients have. */
export const VERSIONS: readonly number[] = [176, 177, 178, 182, 183, 184, 185, 189, 192, 193];

/** A limit order for ten calls. */
export const AN_ORDER: OrderFields = {
  orderId: 7,
  clientId: 3,
  permId: 1_700_000_001,
  account: "DU1234567",
  contract: EA_CALL,
  action: "BUY",
  quantity: 10,
  orderType: "LMT",
  limitPrice: 1.25,
  auxPrice: undefined,
  tif: "DAY",
  orderRef: "Nestlé",
  outsideRth: true,
  status: "Submitted",
};

/** What it would do to the account. */
export const PREVIEW: OrderPreview = {
  initMargin: { before: 100, after: 225.1 },
  maintMargin: { before: 80, after: 69.5 },
  equityWithLoan: { before: 1_000_000, after: 999_993.5 },
  commission: 6.5,
  minCommission: 6.5,
  maxCommission: 7.25,
  currency: "USD",
  warning: "mind the gap",
};

/** How it ended. */
export const COMPLETION: Completion = {
  filled: 4,
  time: "20260715 09:30:00 US/Eastern",
  text: "Cancelled by Trader",
};

/** How far it came. */
export const STATUS: StatusFields = {
  orderId: 7,
  clientId: 3,
  permId: 1_700_000_001,
  status: "Submitted",
  filled: 4,
  remaining: 6,
  averageFillPrice: 1.25,
  lastFillPrice: 1.3,
  whyHeld: "locate",
};

/** Its first fill. */
export const AN_EXECUTION: ExecutionFields = {
  execId: "0001.01",
  orderId: 7,
  clientId: 3,
  permId: 1_700_000_001,
  account: "DU1234567",
  contract: EA_CALL,
  exchange: "SMART",
  side: "BOT",
  shares: 4,
  price: 1.25,
  time: "20260715 09:30:00 US/Eastern",
  cumulativeQuantity: 4,
  averagePrice: 1.25,
  orderRef: "ref",
};

/** What that cost. */
export const COMMISSION: CommissionFields = {
  execId: "0001.01",
  commission: 2.6,
  currency: "USD",
  realizedPnl: -12.5,
};

/** permId, client and order. */
export const BOUND = [1_700_000_001, 3, 7] as const;
