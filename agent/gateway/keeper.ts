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
}

/** A connection that is there again after every loss. */
export interface Keeper {
  /** Whether there is a live connection now. */
  readonly connected: boolean;
  /** The live connection, as soon as there is one; rejects with the reason of the signal. */
  connection(signal: AbortSignal): Promise<Connection>;
  /** Disconnects, and tries no more. */
  end(): Promise<void>;
}

/** Starts to connect, and keeps connected until `end()`. */
export function keepConnected(options: KeeperOptions): Keeper {
  const stop = new AbortController();
  let current: Connection | undefined;
  let next: PromiseWithResolvers<Connection> = Promise.withResolvers();
  const ended = keep(options, stop.signal, (connection) => {
    current = connection;
    if (connection) next.resolve(connection);
    else next = Promise.withResolvers();
  });
  return {
    get connected() {
      return current !== undefined;
    },
    connection: (signal) => current ? Promise.resolve(current) : orAborted(next.promise, signal),
    async end() {
      stop.abort(new Error("The agent is ending."));
      await ended;
    },
  };
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

async function keep(
  options: KeeperOptions,
  signal: AbortSignal,
  publish: (connection: Connection | undefined) => void,
): Promise<void> {
  const { address, clientIds, clock, log } = options;
  let id = firstClientId(clientIds);
  let failures = 0;
  while (!signal.aborted) {
    const outcome = await connect({ ...options, clientId: id.clientId, signal });
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
      publish(undefined);
      if (signal.aborted) return;
      waitMs = backoffMs(1, RECONNECT);
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
      if (signal.aborted) return;
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
