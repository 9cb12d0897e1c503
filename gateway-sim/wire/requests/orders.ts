/**
 * placeOrder (3), cancelOrder (4), reqAutoOpenOrders (15), reqExecutions (7), reqCompletedOrders
 * (99). The order of fields is that of ibapi's `client.py placeOrder`.
 */
import { FieldError, type FieldReader, UNSET_DECIMAL, UNSET_INTEGER } from "../fields.ts";
import { SINCE } from "../versions.ts";
import { type ContractFields, readContract } from "./contract.ts";

/** A leg of a combination as a client wrote it. */
export interface LegFields {
  readonly conId: number;
  readonly ratio: number;
  readonly action: string;
  readonly exchange: string;
}

/** An order as a client wrote it. */
export interface PlaceOrderRequest {
  readonly orderId: number;
  readonly contract: ContractFields;
  /** Of a combination (secType BAG); otherwise empty. */
  readonly legs: readonly LegFields[];
  readonly action: string;
  readonly quantity: number | undefined;
  readonly orderType: string;
  readonly limitPrice: number | undefined;
  readonly auxPrice: number | undefined;
  readonly tif: string;
  readonly account: string;
  readonly orderRef: string;
  readonly transmit: boolean;
  readonly outsideRth: boolean;
  readonly whatIf: boolean;
  /** The attributes, by their names in the API, that are set and not offered here. */
  readonly notOffered: readonly string[];
}

/** Attributes that change nothing here: who cleared, reported or typed an order. */
const IGNORED: ReadonlySet<string> = new Set([
  "advancedErrorOverride",
  "clearingAccount",
  "clearingIntent",
  "continuousUpdate",
  "customerAccount",
  "designatedLocation",
  "discretionaryUpToLimitPrice",
  "dontUseAutoPriceForHedge",
  "eTradeOnly",
  "exemptCode",
  "extOperator",
  "firmQuoteOnly",
  "includeOvernight",
  "manualOrderIndicator",
  "manualOrderTime",
  "mifid2DecisionAlgo",
  "mifid2DecisionMaker",
  "mifid2ExecutionAlgo",
  "mifid2ExecutionTrader",
  "nbboPriceCap",
  "ocaType",
  "openClose",
  "optOutSmartRouting",
  "orderMiscOptions",
  "origin",
  "overridePercentageConstraints",
  "postToAts",
  "professionalCustomer",
  "referencePriceType",
  "rule80A",
  "settlingFirm",
  "sharesAllocation",
  "shortSaleSlot",
  "smartComboRoutingParams",
  "softDollarTier",
  "solicited",
  "usePriceMgmtAlgo",
  "volatilityType",
]);

/** Reads attributes one after the other and keeps the names of those that are set in vain. */
class Attributes {
  readonly notOffered: string[] = [];
  readonly #reader: FieldReader;

  constructor(reader: FieldReader) {
    this.#reader = reader;
  }

  /** Reads one attribute, and returns it as it was written. */
  take(name: string): string {
    const text = this.#reader.text(name);
    const refused = isSet(text) && !IGNORED.has(name) && !this.notOffered.includes(name);
    if (refused) this.notOffered.push(name);
    return text;
  }

  /** Reads attributes that stand beside one another. */
  takeAll(...names: readonly string[]): void {
    for (const name of names) this.take(name);
  }

  /** Reads a count and then so many groups of fields. */
  list(name: string, fieldsEach: number): void {
    const count = this.#reader.integer(`${name}Count`) ?? 0;
    for (let index = 0; index < count * fieldsEach; index++) this.take(name);
  }
}

/**
 * Whether a field says anything: clients leave an attribute unset as nothing, 0, false, "None" or
 * the greatest number of its type.
 */
function isSet(text: string): boolean {
  if (text === "" || text === UNSET_DECIMAL || text === String(UNSET_INTEGER)) return false;
  if (/^(false|none)$/i.test(text)) return false;
  const value = Number(text);
  return Number.isNaN(value) || (value !== 0 && value < Number.MAX_VALUE);
}

/** Reads what follows message id 3; since version 145 the message itself has no version. */
export function readPlaceOrder(reader: FieldReader, serverVersion: number): PlaceOrderRequest {
  const orderId = reader.readRequestId();
  const contract = readContract(reader);
  const attributes = new Attributes(reader);
  attributes.takeAll("secIdType", "secId");
  const action = reader.text("action");
  const quantity = reader.decimal("totalQuantity");
  const orderType = reader.text("orderType");
  const limitPrice = reader.decimal("lmtPrice");
  const auxPrice = reader.decimal("auxPrice");
  const tif = reader.text("tif");
  attributes.take("ocaGroup");
  const account = reader.text("account");
  attributes.takeAll("openClose", "origin");
  const orderRef = reader.text("orderRef");
  const transmit = reader.flag("transmit");
  attributes.takeAll("parentId", "blockOrder", "sweepToFill", "displaySize", "triggerMethod");
  const outsideRth = reader.flag("outsideRth");
  attributes.take("hidden");
  const legs = contract.secType === "BAG" ? readLegs(reader, attributes) : [];
  readAllocation(attributes, serverVersion);
  readVolatility(attributes);
  readTrailAndScale(attributes);
  readHedgeAndAlgo(attributes);
  const whatIf = reader.flag("whatIf");
  attributes.takeAll("orderMiscOptions", "solicited", "randomizeSize", "randomizePrice");
  const type = orderType.toUpperCase();
  if (type === "PEG BENCH" || type === "PEGBENCH") {
    for (let field = 0; field < 5; field++) attributes.take("pegged to benchmark");
  }
  readConditions(reader, attributes);
  readAdjustment(attributes);
  readPegOffsets(attributes, type, contract.exchange);
  readLatestAttributes(attributes, serverVersion);
  return {
    orderId,
    contract,
    legs,
    action,
    quantity,
    orderType,
    limitPrice,
    auxPrice,
    tif,
    account,
    orderRef,
    transmit,
    outsideRth,
    whatIf,
    notOffered: attributes.notOffered,
  };
}

function readLegs(reader: FieldReader, attributes: Attributes): LegFields[] {
  const count = reader.integer("comboLegsCount") ?? 0;
  const legs: LegFields[] = [];
  for (let index = 0; index < count; index++) {
    legs.push({
      conId: reader.required("comboLeg.conId"),
      ratio: reader.required("comboLeg.ratio"),
      action: reader.text("comboLeg.action"),
      exchange: reader.text("comboLeg.exchange"),
    });
    attributes.takeAll("openClose", "shortSaleSlot", "designatedLocation", "exemptCode");
  }
  attributes.list("orderComboLegs", 1);
  attributes.list("smartComboRoutingParams", 2);
  return legs;
}

function readAllocation(attributes: Attributes, serverVersion: number): void {
  attributes.takeAll("sharesAllocation", "discretionaryAmt", "goodAfterTime", "goodTillDate");
  attributes.takeAll("faGroup", "faMethod", "faPercentage");
  if (serverVersion < SINCE.withoutFaProfile) attributes.take("faProfile");
  attributes.takeAll("modelCode", "shortSaleSlot", "designatedLocation", "exemptCode", "ocaType");
  attributes.takeAll("rule80A", "settlingFirm", "allOrNone", "minQty", "percentOffset");
  attributes.takeAll("eTradeOnly", "firmQuoteOnly", "nbboPriceCap", "auctionStrategy");
  attributes.takeAll("startingPrice", "stockRefPrice", "delta", "stockRangeLower");
  attributes.takeAll("stockRangeUpper", "overridePercentageConstraints");
}

function readVolatility(attributes: Attributes): void {
  attributes.takeAll("volatility", "volatilityType");
  // A client that has "None" from openOrder writes it again, and what belongs to it.
  const present = attributes.take("deltaNeutralOrderType") !== "";
  attributes.take("deltaNeutralAuxPrice");
  if (present) {
    attributes.takeAll("deltaNeutralConId", "settlingFirm", "clearingAccount", "clearingIntent");
    attributes.takeAll("openClose", "deltaNeutralShortSale", "shortSaleSlot", "designatedLocation");
  }
  attributes.takeAll("continuousUpdate", "referencePriceType");
}

function readTrailAndScale(attributes: Attributes): void {
  attributes.takeAll("trailStopPrice", "trailingPercent");
  attributes.takeAll("scaleInitLevelSize", "scaleSubsLevelSize");
  const increment = attributes.take("scalePriceIncrement");
  if (isSet(increment) && Number(increment) > 0) {
    attributes.takeAll("scalePriceAdjustValue", "scalePriceAdjustInterval", "scaleProfitOffset");
    attributes.takeAll("scaleAutoReset", "scaleInitPosition", "scaleInitFillQty");
    attributes.take("scaleRandomPercent");
  }
  attributes.takeAll("scaleTable", "activeStartTime", "activeStopTime");
}

function readHedgeAndAlgo(attributes: Attributes): void {
  if (attributes.take("hedgeType") !== "") attributes.take("hedgeParam");
  attributes.takeAll("optOutSmartRouting", "clearingAccount", "clearingIntent", "notHeld");
  if (isSet(attributes.take("deltaNeutralContract"))) {
    for (let field = 0; field < 3; field++) attributes.take("deltaNeutralContract");
  }
  if (attributes.take("algoStrategy") !== "") attributes.list("algoParams", 2);
  attributes.take("algoId");
}

/** How many fields follow a condition's type, conjunction included. */
const CONDITION_FIELDS: ReadonlyMap<number, number> = new Map([
  [1, 6], // price
  [3, 3], // time
  [4, 3], // margin
  [5, 4], // execution
  [6, 5], // volume
  [7, 5], // percent change
]);

function readConditions(reader: FieldReader, attributes: Attributes): void {
  const count = reader.integer("conditionsCount") ?? 0;
  for (let index = 0; index < count; index++) {
    const type = reader.required("conditionType");
    const fields = CONDITION_FIELDS.get(type);
    if (fields === undefined) throw new FieldError("conditionType", String(type), "1, 3 to 7");
    for (let field = 0; field < fields; field++) attributes.take("conditions");
  }
  if (count > 0) attributes.takeAll("conditionsIgnoreRth", "conditionsCancelOrder");
}

function readAdjustment(attributes: Attributes): void {
  attributes.takeAll("adjustedOrderType", "triggerPrice", "lmtPriceOffset", "adjustedStopPrice");
  attributes.takeAll("adjustedStopLimitPrice", "adjustedTrailingAmount", "adjustableTrailingUnit");
  attributes.takeAll("extOperator", "softDollarTier", "softDollarTier", "cashQty");
  attributes.takeAll("mifid2DecisionMaker", "mifid2DecisionAlgo");
  attributes.takeAll("mifid2ExecutionTrader", "mifid2ExecutionAlgo");
  attributes.takeAll("dontUseAutoPriceForHedge", "isOmsContainer", "discretionaryUpToLimitPrice");
  attributes.takeAll("usePriceMgmtAlgo", "duration", "postToAts", "autoCancelParent");
  attributes.takeAll("advancedErrorOverride", "manualOrderTime");
}

/** Offsets that only orders pegged to the best price or the midpoint have, and those to IBKRATS. */
function readPegOffsets(attributes: Attributes, orderType: string, exchange: string): void {
  if (exchange === "IBKRATS") attributes.take("minTradeQty");
  let midOffsets = orderType === "PEG MID" || orderType === "PEGMID";
  if (orderType === "PEG BEST" || orderType === "PEGBEST") {
    attributes.take("minCompeteSize");
    midOffsets = attributes.take("competeAgainstBestOffset") === "Infinity";
  }
  if (midOffsets) attributes.takeAll("midOffsetAtWhole", "midOffsetAtHalf");
}

function readLatestAttributes(attributes: Attributes, serverVersion: number): void {
  if (serverVersion >= SINCE.customerAccount) attributes.take("customerAccount");
  if (serverVersion >= SINCE.professionalCustomer) attributes.take("professionalCustomer");
  const quoteRequest = serverVersion >= SINCE.quoteRequest &&
    serverVersion < SINCE.withoutQuoteRequest;
  if (quoteRequest) attributes.takeAll("externalUserId", "manualOrderIndicator");
  if (serverVersion >= SINCE.includeOvernight) attributes.take("includeOvernight");
  if (serverVersion >= SINCE.manualOrderIndicator) attributes.take("manualOrderIndicator");
}

/** Reads what follows message id 4. */
export function readCancelOrder(reader: FieldReader, serverVersion: number): number {
  if (serverVersion < SINCE.cancelOrderWithoutVersion) reader.integer("version");
  // What follows says who cancelled by hand, and when.
  return reader.readRequestId();
}

/** Reads what follows message id 15: whether orders made by hand are bound to the client. */
export function readAutoOpenOrders(reader: FieldReader): boolean {
  reader.integer("version");
  return reader.flag("bAutoBind");
}

/** Which executions are asked for; an empty text and client 0 ask nothing. */
export interface ExecutionsRequest {
  readonly reqId: number;
  readonly clientId: number;
  readonly account: string;
  /** As `20260715-09:30:00` or `20260715 09:30:00 US/Eastern`. */
  readonly time: string;
  readonly symbol: string;
  readonly secType: string;
  readonly exchange: string;
  readonly side: string;
}

/** Reads what follows message id 7. */
export function readExecutionsRequest(reader: FieldReader): ExecutionsRequest {
  reader.integer("version");
  return {
    reqId: reader.readRequestId(),
    clientId: reader.integer("clientId") ?? 0,
    account: reader.text("acctCode"),
    time: reader.text("time"),
    symbol: reader.text("symbol"),
    secType: reader.text("secType"),
    exchange: reader.text("exchange"),
    side: reader.text("side"),
  };
}

/** Reads what follows message id 99: whether only orders of API clients are wanted. */
export function readCompletedOrdersRequest(reader: FieldReader): boolean {
  return reader.flag("apiOnly");
}
