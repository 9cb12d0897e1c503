/** A chain and the ticks of its contracts, for tests of what is read over a connection in memory. */
import { strict as assert } from "node:assert";
import type { Listing } from "../chain/listing.ts";
import { makeContract, parseIsoDate, parseTicker, type Ticker } from "../../options/contract.ts";
import type { GatewayEvent } from "../gateway/events.ts";
import type { Script } from "./fake_connection.ts";

/** The ticker of the chain. */
export const EA: Ticker = parseTicker("EA") ?? assert.fail();

const EXPIRY = parseIsoDate("2026-09-18") ?? assert.fail();

/** One option of the chain, the strike above 100 being its contract number. */
export function listing(conId: number): Listing {
  const contract = makeContract("EA", EXPIRY, "C", 100 + conId);
  assert.ok(contract);
  return { contract, conId, multiplier: 100 };
}

/** The options 1, 2, 3 and so on. */
export function listings(count: number): readonly Listing[] {
  return Array.from({ length: count }, (_, index) => listing(index + 1));
}

/** A tick of a price. */
export function price(tick: number, value: number): GatewayEvent {
  return { type: "price", tick, value };
}

/** A tick of a size. */
export function size(tick: number, value: number): GatewayEvent {
  return { type: "size", tick, value };
}

/** An error. */
export function error(code: number): GatewayEvent {
  return { type: "error", code, message: "no" };
}

/** A model computation. */
export function model(impliedVol: number, delta: number): GatewayEvent {
  const values = { impliedVol, delta, gamma: 0, theta: 0, vega: 0 };
  return { type: "computation", tick: 13, values };
}

/** All that is asked for of a contract; the open interest is the seventh. */
export const WHOLE: readonly GatewayEvent[] = [
  price(1, 3.1),
  size(0, 12),
  price(2, 3.3),
  size(3, 7),
  price(4, 3.2),
  size(8, 4),
  size(27, 5),
  model(0.25, 0.5),
];

/** Events that come together. */
export function at(atMs: number, events: readonly GatewayEvent[]): ReturnType<Script> {
  return events.map((event) => ({ atMs, event }));
}
