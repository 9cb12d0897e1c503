/** Messages about the session itself: the handshake's answer, accounts, ids, time and errors. */
import { encodeFields, escapeText } from "../fields.ts";

/** The first frame: version and time, exactly two fields (ib_async counts them). */
export function handshakeAnswer(serverVersion: number, connectionTime: string): string {
  return encodeFields(serverVersion, connectionTime);
}

/** managedAccounts (15). */
export function managedAccounts(accounts: readonly string[]): string {
  return encodeFields(15, 1, accounts.join(","));
}

/** nextValidId (9). */
export function nextValidId(orderId: number): string {
  return encodeFields(9, 1, orderId);
}

/** currentTime (49), in whole seconds since 1970. */
export function currentTime(nowMs: number): string {
  return encodeFields(49, 1, Math.floor(nowMs / 1000));
}

/** An error or notice; `reqId` -1 speaks of the system. */
export interface GatewayError {
  readonly reqId: number;
  readonly code: number;
  readonly text: string;
}

/**
 * error (4) for versions below 194: with a version, without a time. The last field is the reason
 * of an order's rejection as JSON; @stoqey/ib throws where it is text of another kind.
 */
export function errorMessage(error: GatewayError): string {
  return encodeFields(4, 2, error.reqId, error.code, escapeText(error.text), "");
}
