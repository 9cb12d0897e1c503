/**
 * Server versions. The layout of a message depends on the version that server and client agreed
 * on: the smaller of the client's greatest and the server's cap, per connection, as TWS does it
 * (ib_async issue 143 shows 178 given to a `..178` client).
 */

/** The greatest version this gateway speaks: the greatest that @stoqey/ib 1.6 takes. From 201 on messages are protobuf. */
export const GREATEST_SERVER_VERSION = 193;

/** The smallest version this gateway speaks: ib_insync 0.9.86 goes up to it. */
export const SMALLEST_SERVER_VERSION = 176;

/** The first version with each change of layout (ibapi's `server_versions.py`). */
export const SINCE = {
  withoutFaProfile: 177,
  pendingPriceRevision: 178,
  lastTradeDate: 182,
  customerAccount: 183,
  professionalCustomer: 184,
  bondAccruedInterest: 185,
  ineligibilityReasons: 186,
  quoteRequest: 187,
  includeOvernight: 189,
  withoutQuoteRequest: 190,
  cancelOrderWithoutVersion: 192,
  manualOrderIndicator: 192,
  manualOrderIndicatorInOpenOrder: 193,
} as const;

/** What a client asks for in the handshake. */
export interface Handshake {
  readonly least: number;
  readonly greatest: number;
  /** As `+PACEAPI`. */
  readonly connectOptions: string;
}

/**
 * Reads `v100..193`, `v176` or `v100..226 +PACEAPI`; `undefined` for anything else.
 *
 * @example
 * ```ts
 * import { parseHandshake } from "./versions.ts";
 * console.assert(parseHandshake("v100..193")?.greatest === 193);
 * ```
 */
export function parseHandshake(text: string): Handshake | undefined {
  const match = /^v(\d{1,5})(?:\.\.(\d{1,5}))?(?: (.*))?$/s.exec(text);
  if (!match) return undefined;
  const least = Number(match[1]);
  const greatest = match[2] === undefined ? least : Number(match[2]);
  return { least, greatest, connectOptions: match[3] ?? "" };
}

/** The version both sides speak under the given cap; `undefined` where there is none. */
export function agreeOnVersion(handshake: Handshake, cap: number): number | undefined {
  const version = Math.min(handshake.greatest, cap);
  return version >= handshake.least && version >= SMALLEST_SERVER_VERSION ? version : undefined;
}
