/** From an order as a client wrote it to one that the book takes, or to an error that says why not. */
import type { Leg, OrderContract, OrderRequest } from "../orders/order.ts";
import type { PlaceOrderRequest } from "../wire/requests/orders.ts";
import { resolveContract, type Session, validationText } from "./session.ts";

const TYPES: ReadonlyMap<string, OrderRequest["type"]> = new Map([
  ["LMT", "LMT"],
  ["MKT", "MKT"],
  ["STP", "STP"],
  ["STP LMT", "STP LMT"],
  ["STPLMT", "STP LMT"],
]);
const TIFS: ReadonlyMap<string, OrderRequest["tif"]> = new Map([
  ["", "DAY"],
  ["DAY", "DAY"],
  ["GTC", "GTC"],
  ["IOC", "IOC"],
]);
const ACTIONS: ReadonlyMap<string, OrderRequest["action"]> = new Map([
  ["BUY", "BUY"],
  ["SELL", "SELL"],
]);

/** The order for the book; where there is none the client has been told why. */
export function orderRequest(
  session: Session,
  written: PlaceOrderRequest,
): OrderRequest | undefined {
  const { orderId, notOffered } = written;
  const refuse = (cause: string): undefined =>
    void session.fail(orderId, 321, validationText(cause));
  if (notOffered.length > 0) {
    return refuse(`not offered by the simulated gateway: ${notOffered.join(", ")}.`);
  }
  const action = ACTIONS.get(written.action.toUpperCase());
  if (!action) return refuse(`action '${written.action}'; allowed are BUY and SELL.`);
  const type = TYPES.get(written.orderType.toUpperCase());
  if (!type) {
    return refuse(`order type '${written.orderType}'; offered are LMT, MKT, STP, STP LMT.`);
  }
  const tif = TIFS.get(written.tif.toUpperCase());
  if (!tif) return refuse(`time in force '${written.tif}'; offered are DAY, GTC and IOC.`);
  const contract = orderContract(session, written);
  if (!contract) return undefined;
  const [firstAccount = ""] = session.gateway.accounts;
  return {
    clientId: session.clientId,
    orderId,
    account: written.account || firstAccount,
    action,
    quantity: written.quantity ?? 0,
    type,
    // Clients write 0 where a price has no meaning.
    limitPrice: type.endsWith("LMT") ? written.limitPrice : undefined,
    stopPrice: type.startsWith("STP") ? written.auxPrice : undefined,
    tif,
    outsideRth: written.outsideRth,
    transmit: written.transmit,
    whatIf: written.whatIf,
    contract,
    orderRef: written.orderRef,
  };
}

function orderContract(session: Session, written: PlaceOrderRequest): OrderContract | undefined {
  const { orderId, contract } = written;
  if (contract.secType !== "BAG") {
    const instrument = resolveContract(session, orderId, contract);
    if (!instrument) return undefined;
    if (instrument.secType !== "IND") {
      return { kind: "single", legs: [{ instrument, ratio: 1, action: "BUY" }] };
    }
    const cause = `${instrument.symbol} is an index, which cannot be traded.`;
    return void session.fail(orderId, 321, validationText(cause));
  }
  const legs: Leg[] = [];
  for (const { conId, ratio, action: asked } of written.legs) {
    const action = ACTIONS.get(asked.toUpperCase());
    const instrument = session.gateway.market.instrument(conId);
    if (!action || ratio < 1 || !instrument || instrument.secType === "IND") {
      const text = `No security definition has been found for the request, leg ${conId}`;
      return void session.fail(orderId, 200, text);
    }
    legs.push({ instrument, ratio, action });
  }
  const different = new Set(legs.map((leg) => leg.instrument.conId)).size;
  if (legs.length >= 2 && different === legs.length) return { kind: "combination", legs };
  const cause = "a combination has two legs or more, each of another contract.";
  return void session.fail(orderId, 321, validationText(cause));
}
