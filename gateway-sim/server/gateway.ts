/** The gateway's TCP side: listens, keeps client ids and lines, and serves each connection. */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../telemetry/log.ts";
import { type ActiveFault, Faults } from "../faults/faults.ts";
import type { Market } from "../market/market.ts";
import { ClientIds, type HeldId } from "./client_ids.ts";
import { Connection, type ConnectionState } from "./connection.ts";
import { Door } from "./door.ts";
import { Farms } from "./farms.ts";
import { HistoricalPacing } from "./historical_pacing.ts";
import { lineBudget } from "./lines.ts";
import { neverTicks } from "./never_ticks.ts";
import { OrderDesk } from "./order_desk.ts";
import { strikeSockets } from "./socket_faults.ts";
import { tickDelay } from "./tick_delay.ts";
import { type TradingHours, tradingHours } from "./trading_hours.ts";
import { type Violation, Violations } from "./violations.ts";

/** TWS takes so many clients at once (IB's documentation, "Connection"). */
export const CLIENT_LIMIT = 32;

/** How a gateway behaves. */
export interface GatewayOptions {
  readonly market: Market;
  readonly clock: Clock;
  readonly log: Log;
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Messages per second of one client; 0 is without limit. */
  readonly messageLimit: number;
  /** Market-data lines of all clients together; 0 is without limit. */
  readonly lineLimit: number;
  /** Clients at once; 0 is without limit. */
  readonly clientLimit: number;
  /** The first tick comes no sooner than `leastMs`, the last no later than `mostMs`. */
  readonly tickDelay: { readonly leastMs: number; readonly mostMs: number };
  /** The share of the options of which no tick ever comes, from 0 to 1. */
  readonly neverTicks: number;
  /** The greatest server version to announce. */
  readonly serverVersion: number;
  readonly accounts: readonly string[];
  readonly seed: number;
  /** Refuses orders, as TWS does with "Read-Only API" ticked; absent: takes them. */
  readonly readOnly?: boolean;
}

/** What a gateway is doing. */
export interface GatewayState {
  readonly connections: readonly ConnectionState[];
  readonly lines: { readonly used: number; readonly peak: number; readonly limit: number };
  readonly messageLimit: number;
  readonly clients: {
    readonly limit: number;
    /** Connections that were closed at once, as there were as many clients as may be. */
    readonly refused: number;
    readonly ids: readonly HeldId[];
  };
  /** The most messages within a second, by client ID, of clients that left, too. */
  readonly peakPerSecond: Readonly<Record<string, number>>;
  readonly violations: {
    readonly counts: Readonly<Record<string, number>>;
    readonly last: readonly Violation[];
  };
  readonly faults: readonly ActiveFault[];
}

/** A running gateway. */
export interface Gateway {
  readonly port: number;
  readonly hours: TradingHours;
  readonly desk: OrderDesk;
  /** What goes wrong with it, on purpose. */
  readonly faults: Faults;
  state(): GatewayState;
  /** Ends every connection and stops listening. May be called any number of times. */
  close(): Promise<void>;
}

/**
 * Starts to listen.
 *
 * @throws {Deno.errors.AddrInUse} when another program has the port.
 */
export function startGateway(options: GatewayOptions): Gateway {
  const { market, clock, log, accounts, clientLimit } = options;
  const budget = lineBudget(options.lineLimit);
  const hours = tradingHours(market);
  const faults = new Faults(clock, options.seed);
  const violations = new Violations(() => clock.nowMs());
  const connections = new Set<Connection>();
  const farms = new Farms(faults, clock, ({ code, text }) => {
    for (const connection of connections) {
      if (connection.state.stage === "open") connection.inject(-1, code, text);
    }
  });
  const context = {
    market,
    clock,
    hours,
    tickDelay: tickDelay(options.tickDelay.leastMs, options.tickDelay.mostMs, options.seed),
    neverTicks: neverTicks(options.neverTicks, options.seed),
    accounts,
    desk: new OrderDesk({ ...options, hours }),
    faults,
    farms,
    historicalPacing: new HistoricalPacing(() => clock.monotonicMs()),
    violations,
  };
  const clientIds = new ClientIds(clock);
  const running = new Set<Promise<void>>();
  const peaks = new Map<number, number>();
  /** How many want that nobody is heard. */
  let deaf = 0;
  let refused = 0;

  const notePeak = ({ clientId, messages }: ConnectionState): void => {
    if (clientId === null) return;
    peaks.set(clientId, Math.max(peaks.get(clientId) ?? 0, messages.peakPerSecond));
  };
  const serve = async (socket: Deno.TcpConn): Promise<void> => {
    const connection: Connection = new Connection({
      socket,
      gateway: context,
      log,
      lines: budget.forClient(),
      versionCap: options.serverVersion,
      messageLimit: options.messageLimit,
      claimClientId(clientId) {
        const isNamed = (ids?: readonly number[]): boolean => ids?.includes(clientId) ?? true;
        if (faults.strikes("id_taken", clientId, (fault) => isNamed(fault.clientIds))) return false;
        const claim = clientIds.claim(clientId, connection);
        if (claim === "connected") {
          violations.note(clientId, "id_in_use", `client ID ${clientId} is of another connection`);
        }
        return claim === "taken";
      },
      onClosed(linesHeld) {
        notePeak(connection.state);
        const { clientId } = connection.state;
        const linger = clientId === null ? undefined : faults.strikes("half_open", clientId);
        const free = budget.hold(linger ? linesHeld : 0);
        clientIds.release(connection, (linger?.lingerSeconds ?? 0) * 1_000, free);
      },
    });
    if (deaf > 0) connection.deafen();
    connections.add(connection);
    await connection.run();
    connections.delete(connection);
  };
  const door = new Door({
    hostname: options.hostname,
    port: options.port,
    clock,
    log,
    onConnection(socket) {
      if (clientLimit > 0 && connections.size + clientIds.lingering >= clientLimit) {
        refused++;
        socket.close();
        log.warn("gateway.too_many_clients", `Refused a client: ${clientLimit} are connected`);
        return;
      }
      const served = serve(socket);
      running.add(served);
      void served.finally(() => running.delete(served));
    },
  });
  const stopFaults = strikeSockets({
    faults,
    clock,
    door,
    connections: () => [...connections],
    deafen() {
      deaf++;
      return () => deaf--;
    },
  });

  return {
    port: door.port,
    hours,
    desk: context.desk,
    faults,
    state() {
      const states = [...connections].map((connection) => connection.state);
      for (const state of states) notePeak(state);
      return {
        connections: states,
        lines: { used: budget.used, peak: budget.peak, limit: options.lineLimit },
        messageLimit: options.messageLimit,
        clients: { limit: clientLimit, refused, ids: clientIds.held() },
        peakPerSecond: Object.fromEntries(peaks),
        violations: { counts: violations.counts, last: violations.last },
        faults: faults.list(),
      };
    },
    async close() {
      stopFaults();
      farms.close();
      faults.clear();
      context.desk.close();
      clientIds.close();
      const closed = door.close();
      for (const connection of connections) connection.close("the gateway ends");
      await closed;
      await Promise.all(running);
      clientIds.close();
    },
  };
}
