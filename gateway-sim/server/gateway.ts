/** The gateway's TCP side: listens, keeps client ids and lines, and serves each connection. */
import { type Clock, sleep } from "../../base/clock.ts";
import type { Log } from "../../telemetry/log.ts";
import { Faults } from "../faults/faults.ts";
import type { Market } from "../market/market.ts";
import { Connection, type ConnectionState } from "./connection.ts";
import { lineBudget } from "./lines.ts";
import { neverTicks } from "./never_ticks.ts";
import { tickDelay } from "./tick_delay.ts";
import { type TradingHours, tradingHours } from "./trading_hours.ts";

/** After a connection that could not be taken, so that a lasting trouble does not spin. */
const ACCEPT_RETRY_MS = 100;

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
  /** The first tick comes no sooner than `leastMs`, the last no later than `mostMs`. */
  readonly tickDelay: { readonly leastMs: number; readonly mostMs: number };
  /** The share of the options of which no tick ever comes, from 0 to 1. */
  readonly neverTicks: number;
  /** The greatest server version to announce. */
  readonly serverVersion: number;
  readonly accounts: readonly string[];
  readonly seed: number;
}

/** What a gateway is doing. */
export interface GatewayState {
  readonly connections: readonly ConnectionState[];
  readonly lines: { readonly used: number; readonly peak: number; readonly limit: number };
  readonly messageLimit: number;
}

/** A running gateway. */
export interface Gateway {
  readonly port: number;
  readonly hours: TradingHours;
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
  const { market, clock, log, accounts } = options;
  const listener = Deno.listen({ hostname: options.hostname, port: options.port });
  const budget = lineBudget(options.lineLimit);
  const hours = tradingHours(market);
  const delay = tickDelay(options.tickDelay.leastMs, options.tickDelay.mostMs, options.seed);
  const faults = new Faults(clock, options.seed);
  const context = {
    market,
    clock,
    hours,
    tickDelay: delay,
    neverTicks: neverTicks(options.neverTicks, options.seed),
    accounts,
    faults,
  };
  const connections = new Set<Connection>();
  const clientIds = new Map<number, Connection>();
  const running = new Set<Promise<void>>();
  let closing = false;

  const serve = async (socket: Deno.TcpConn): Promise<void> => {
    const connection = new Connection({
      socket,
      gateway: context,
      log,
      lines: budget.forClient(),
      versionCap: options.serverVersion,
      messageLimit: options.messageLimit,
      claimClientId(clientId) {
        if (clientIds.has(clientId)) return false;
        clientIds.set(clientId, connection);
        return true;
      },
    });
    connections.add(connection);
    await connection.run();
    connections.delete(connection);
    for (const [clientId, holder] of clientIds) {
      if (holder === connection) clientIds.delete(clientId);
    }
  };

  const accepting = (async () => {
    while (!closing) {
      try {
        const served = serve(await listener.accept());
        running.add(served);
        void served.finally(() => running.delete(served));
      } catch (error) {
        // Closing the listener ends the wait with an error. Any other one is about a single
        // connection (reset before it was taken, too many open files): the next may succeed.
        if (closing) return;
        log.warn("gateway.accept_failed", `Cannot take a connection: ${String(error)}`);
        await sleep(clock, ACCEPT_RETRY_MS);
      }
    }
  })();

  return {
    port: listener.addr.port,
    hours,
    faults,
    state: () => ({
      connections: [...connections].map((connection) => connection.state),
      lines: { used: budget.used, peak: budget.peak, limit: options.lineLimit },
      messageLimit: options.messageLimit,
    }),
    async close() {
      if (!closing) listener.close();
      closing = true;
      for (const connection of connections) connection.close("the gateway ends");
      await accepting;
      await Promise.all(running);
    },
  };
}
