/** Orders as the book knows them, and what it says of them: plain data, nothing of the wire. */
import type { Instrument } from "../market/market.ts";

/** The kinds of orders that are offered. */
export type OrderType = "LMT" | "MKT" | "STP" | "STP LMT";
/** Which way an order or a leg goes. */
export type Action = "BUY" | "SELL";
/** How long an order stands: until the close, until cancelled, or only now. */
export type Tif = "DAY" | "GTC" | "IOC";

/** IB's states of an order, as far as an order here can be in them. */
export type OrderStatus =
  | "ApiPending" // held back: `transmit` was false
  | "PreSubmitted" // waits for its trigger or for the market to open
  | "Submitted"
  | "PendingCancel"
  | "Filled"
  | "Cancelled"
  | "Inactive"; // refused after it had been taken

/** One leg; a single instrument is one leg of ratio 1 to buy. */
export interface Leg {
  readonly instrument: Instrument;
  readonly ratio: number;
  readonly action: Action;
}

/** What is ordered. */
export interface OrderContract {
  readonly kind: "single" | "combination";
  readonly legs: readonly Leg[];
}

/** An order as it was placed. */
export interface OrderRequest {
  readonly clientId: number;
  readonly orderId: number;
  readonly account: string;
  readonly contract: OrderContract;
  readonly action: Action;
  readonly quantity: number;
  readonly type: OrderType;
  readonly limitPrice: number | undefined;
  readonly stopPrice: number | undefined;
  readonly tif: Tif;
  readonly outsideRth: boolean;
  readonly transmit: boolean;
  readonly whatIf: boolean;
  readonly orderRef: string;
}

/** An order and how far it has come. Never changes: what happens to it makes another one. */
export interface Order {
  readonly request: OrderRequest;
  readonly permId: number;
  readonly status: OrderStatus;
  readonly filled: number;
  readonly averagePrice: number;
  readonly lastPrice: number;
  /** A stop's price was reached. */
  readonly triggered: boolean;
  readonly placedMs: number;
  /** When and why it ended, once it has. */
  readonly end: { readonly atMs: number; readonly text: string } | undefined;
}

/** Whether nothing can happen to it any more. */
export function isOver(order: Order): boolean {
  return order.status === "Filled" || order.status === "Cancelled";
}

/** Whether it stands in the market or waits to. One that was refused may still be changed. */
export function isOpen(order: Order): boolean {
  return !isOver(order) && order.status !== "Inactive";
}

/** What is left of an order; nothing of one that is over. */
export function remaining(order: Order): number {
  return order.request.quantity - order.filled;
}

/** A fill of an order, or the part of it that one leg is. */
export interface Execution {
  readonly execId: string;
  readonly order: Order;
  /** The leg; absent for the fill of a combination as a whole. */
  readonly instrument: Instrument | undefined;
  readonly action: Action;
  readonly quantity: number;
  readonly price: number;
  readonly atMs: number;
  readonly cumulativeQuantity: number;
  readonly averagePrice: number;
  /** What it cost and, where it closed something, brought; absent for a combination as a whole. */
  readonly commission:
    | { readonly amount: number; readonly realizedPnl: number | undefined }
    | undefined;
}

/** Figures of an account that an order moves. */
export interface Margin {
  readonly initial: number;
  readonly maintenance: number;
  readonly equityWithLoan: number;
}

/** What an order would do. */
export interface Preview {
  readonly before: Margin;
  readonly after: Margin;
  readonly commission: number;
}

/** What an account holds of an instrument. `averageCost` is of one share or contract. */
export interface Holding {
  readonly account: string;
  readonly instrument: Instrument;
  readonly quantity: number;
  readonly averageCost: number;
  readonly realizedPnl: number;
}

/** What the book says, in order. */
export type BookEvent =
  | { readonly kind: "order"; readonly order: Order }
  | { readonly kind: "preview"; readonly order: Order; readonly preview: Preview }
  | { readonly kind: "execution"; readonly execution: Execution }
  | { readonly kind: "bound"; readonly order: Order }
  | {
    readonly kind: "error";
    readonly clientId: number;
    readonly orderId: number;
    readonly code: number;
    readonly text: string;
  }
  /** An account has changed: its figures, and what it holds of these. */
  | { readonly kind: "account"; readonly account: string; readonly holdings: readonly Holding[] };
