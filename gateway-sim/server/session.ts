/**
 * What the handlers of one connection are given, and what they are: each subject (market data,
 * contract details …) is made once per connection and names the messages it takes.
 */
import type { Clock } from "../../base/clock.ts";
import type { FaultOf } from "../faults/fault.ts";
import type { Faults } from "../faults/faults.ts";
import type { FieldReader } from "../wire/fields.ts";
import type { Instrument, Market } from "../market/market.ts";
import type { ContractFields } from "../wire/requests/contract.ts";
import { toQuery } from "../wire/requests/contract.ts";
import { isAbout } from "./data_faults.ts";
import type { Farms } from "./farms.ts";
import type { HistoricalPacing } from "./historical_pacing.ts";
import type { ClientLines } from "./lines.ts";
import type { NeverTicks } from "./never_ticks.ts";
import type { OrderDesk } from "./order_desk.ts";
import type { TickDelay } from "./tick_delay.ts";
import type { TradingHours } from "./trading_hours.ts";
import type { Violations } from "./violations.ts";

/** What all connections of one gateway share. */
export interface GatewayContext {
  readonly market: Market;
  readonly clock: Clock;
  readonly hours: TradingHours;
  readonly tickDelay: TickDelay;
  readonly neverTicks: NeverTicks;
  readonly accounts: readonly string[];
  readonly desk: OrderDesk;
  readonly faults: Faults;
  readonly farms: Farms;
  readonly historicalPacing: HistoricalPacing;
  readonly violations: Violations;
}

/** One client's connection after the handshake. */
export interface Session {
  readonly gateway: GatewayContext;
  readonly clientId: number;
  readonly serverVersion: number;
  readonly lines: ClientLines;
  /** Whether the client reads too slowly: ticks are better dropped for newer ones. */
  readonly congested: boolean;
  /** Sends one message. */
  send(body: string): void;
  /** Sends an error about a request; -1 speaks of the system. */
  fail(reqId: number, code: number, text: string): void;
  /** Sends an error for which the client is not to blame: a fault is on. */
  inject(reqId: number, code: number, text: string): void;
}

/** Takes one message, after its id. */
export type Handler = (reader: FieldReader) => void;

/** The handlers of one subject and what it does at the connection's turns. */
export interface Subject {
  readonly handlers: ReadonlyMap<number, Handler>;
  /** The client has been told that it is connected. */
  opened?(): void;
  /** The client has caught up after having been congested. */
  drained?(): void;
  /** The connection is over: end timers and free lines. */
  close?(): void;
}

/** Makes a subject for a connection. */
export type SubjectFactory = (session: Session) => Subject;

/**
 * The one instrument that a contract names. Where there is none or more than one, the client gets
 * error 200 and the answer is `undefined`.
 */
export function resolveContract(
  session: Session,
  reqId: number,
  contract: ContractFields,
): Instrument | undefined {
  const { market } = session.gateway;
  const found = contract.conId > 0
    ? [market.instrument(contract.conId)].filter((it) => it !== undefined)
    : market.find(toQuery(contract));
  const [first] = found;
  if (first === undefined) {
    session.fail(reqId, 200, UNKNOWN_CONTRACT);
    return undefined;
  }
  if (isDenied(session, first)) {
    session.inject(reqId, 200, UNKNOWN_CONTRACT);
    return undefined;
  }
  if (found.length > 1) {
    const name = contract.localSymbol || contract.symbol;
    session.fail(reqId, 200, `The contract description specified for ${name} is ambiguous.`);
    return undefined;
  }
  return first;
}

/** IB's text for a contract that it does not know. */
export const UNKNOWN_CONTRACT = "No security definition has been found for the request";

/** Whether a contract that is there is unknown now, as a fault says, or as a farm is down. */
export function isDenied(session: Session, instrument: Instrument): boolean {
  const { faults, farms } = session.gateway;
  if (farms.deniesContracts) return true;
  const isThis = (fault: FaultOf<"unknown_contract">): boolean => isAbout(fault, instrument);
  return faults.strikes("unknown_contract", session.clientId, isThis) !== undefined;
}

/** IB's text for a request whose fields are wrong. */
export function validationText(cause: string): string {
  return `Error validating request.-'bW' : cause - ${cause}`;
}
