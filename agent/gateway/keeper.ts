/**
 * Keeps one connection to the gateway for as long as the program runs: connects, waits for the
 * loss, waits a little, connects anew. Gateways restart every night and log out every week, so it
 * never gives up.
 */
import { type Clock, sleep } from "../../base/clock.ts";
import type { IdRange } from "../../base/command.ts";
import type { Log } from "../../telemetry/log.ts";
import { backoffMs } from "../backoff.ts";
import { afterAccepted, afterTaken, firstClientId } from "./client_id.ts";
import { connect, type Connection, type GatewayAddress } from "./connection.ts";

const RECONNECT = { firstMs: 1_000, mostMs: 30_000 } as const;

/** What a keeper needs. */
export interface KeeperOptions {
  readonly address: GatewayAddress;
  readonly clientIds: IdRange;
  readonly ratePerSecond: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the keeper: it disconnects and tries no more. */
  readonly signal: AbortSignal;
}

/** A connection that is there again after every loss. */
export interface Keeper {
  /** The live connection, as soon as there is one; rejects with the signal's reason at the end. */
  connection(): Promise<Connection>;
  /** Resolves when the keeper has ended and disconnected. */
  readonly ended: Promise<void>;
}

/** Starts to connect, and keeps connected until the signal aborts. */
export function keepConnected(options: KeeperOptions): Keeper {
  let current: Connection | undefined;
  let waiting: PromiseWithResolvers<Connection> = Promise.withResolvers();
  // Nobody may be waiting when the end comes.
  waiting.promise.catch(() => {});
  const publish = (connection: Connection): void => {
    current = connection;
    waiting.resolve(connection);
  };
  const withdraw = (): void => {
    current = undefined;
    waiting = Promise.withResolvers();
    waiting.promise.catch(() => {});
  };
  const ended = keep(options, publish, withdraw).finally(() => {
    waiting.reject(options.signal.reason);
  });
  return {
    connection: () => current ? Promise.resolve(current) : waiting.promise,
    ended,
  };
}

async function keep(
  options: KeeperOptions,
  publish: (connection: Connection) => void,
  withdraw: () => void,
): Promise<void> {
  const { address, clientIds, clock, log, signal } = options;
  let id = firstClientId(clientIds);
  let failures = 0;
  while (!signal.aborted) {
    const outcome = await connect({ ...options, clientId: id.clientId });
    let waitMs: number;
    if (outcome.kind === "connected") {
      const { connection } = outcome;
      id = afterAccepted(id);
      failures = 0;
      log.info("gateway.connected", `Connected to ${address.host}:${address.port}`, {
        clientId: connection.clientId,
        serverVersion: connection.serverVersion,
      });
      publish(connection);
      const lost = await untilLostOrEnd(connection, signal);
      withdraw();
      if (signal.aborted) return;
      failures = 1;
      waitMs = backoffMs(failures, RECONNECT);
      log.warn("gateway.lost", lost, { waitMs: Math.round(waitMs) });
    } else if (outcome.kind === "client_id_taken") {
      const taken = id.clientId;
      const next = afterTaken(id, clientIds);
      id = next.state;
      waitMs = next.waitMs;
      log.warn("gateway.client_id_taken", `Client ID ${taken} is taken: ${outcome.message}`, {
        clientId: taken,
        nextClientId: id.clientId,
        waitMs,
      });
    } else {
      failures++;
      waitMs = backoffMs(failures, RECONNECT);
      log.warn("gateway.unreachable", outcome.error.message, {
        reason: outcome.error.reason,
        failures,
        waitMs: Math.round(waitMs),
      });
    }
    await sleep(clock, waitMs, signal).catch(() => {/* the loop's condition sees the end */});
  }
}

/** Resolves with the reason when the connection is lost; at the end of the program closes it. */
function untilLostOrEnd(connection: Connection, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const onLost = (): void => {
      signal.removeEventListener("abort", onEnd);
      resolve(String(connection.closed.reason?.message ?? "The connection was lost."));
    };
    const onEnd = (): void => void connection.close();
    connection.closed.addEventListener("abort", onLost, { once: true });
    signal.addEventListener("abort", onEnd, { once: true });
    if (connection.closed.aborted) onLost();
    else if (signal.aborted) onEnd();
  });
}
