/** Orders as if they were typed into TWS: to see how a client takes what it did not place itself. */
import { z } from "zod";
import { problem, problemResponse } from "../../base/problem.ts";
import type { OrderDesk } from "../server/order_desk.ts";

/** An order of one instrument. Its type follows from its prices. */
export const HAND_ORDER = z.strictObject({
  conId: z.int().positive().optional().describe("or localSymbol"),
  localSymbol: z.string().min(1).optional(),
  account: z.string().min(1).optional().describe("the first where there is none"),
  action: z.enum(["BUY", "SELL"]),
  quantity: z.int().positive(),
  limitPrice: z.number().optional(),
  stopPrice: z.number().optional(),
  tif: z.enum(["DAY", "GTC", "IOC"]).default("DAY"),
});

/** Places it, and answers with its permanent ID and status. */
export function placeByHand(desk: OrderDesk, asked: z.infer<typeof HAND_ORDER>): Response {
  const { conId, localSymbol, account, action, quantity, limitPrice, stopPrice, tif } = asked;
  const instrument = desk.find(conId ?? localSymbol ?? "");
  if (!instrument || instrument.secType === "IND") {
    const error = `Nothing that can be ordered is called ${conId ?? localSymbol ?? "nothing"}`;
    return problemResponse(problem(400, "unknown-contract", error));
  }
  const stop = stopPrice === undefined ? "" : "STP";
  const limit = limitPrice === undefined ? "" : "LMT";
  const type = stop && limit ? "STP LMT" : stop || limit || "MKT";
  const events = desk.placeByHand({
    account: account ?? desk.accounts[0] ?? "",
    contract: { kind: "single", legs: [{ instrument, ratio: 1, action: "BUY" }] },
    action,
    quantity,
    type,
    limitPrice,
    stopPrice,
    tif,
    ...PLAIN,
  });
  const orders = events.flatMap((event) => event.kind === "order" ? [event.order] : []);
  const last = orders.at(-1);
  if (last) return Response.json({ permId: last.permId, status: last.status }, { status: 201 });
  const told = events.flatMap((event) => event.kind === "error" ? [event.text] : []);
  return problemResponse(problem(400, "order-refused", told.join(" ")));
}

/** Nothing special about it. */
const PLAIN = { outsideRth: false, transmit: true, whatIf: false, orderRef: "" };
