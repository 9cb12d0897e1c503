/**
 * Keeps one connection to the gateway for as long as the program runs: connects, waits for the
 * loss, waits a little, connects anew. Gateways restart every night and log out every week, so it
 * never gives up.
 */
import type { Contract } from "@stoqey/ib";
import { type Clock, sleep } from "../../base/clock.ts";
import type { IdRange } from "../../base/command.ts";
import { sentenceOfState } from "../../options/agent_state.ts";
import type { Log, LogFields } from "../../telemetry/log.ts";
import { backoffMs } from "../backoff.ts";
import { afterAccepted, afterTaken, firstClientId, nextClientId } from "./client_id.ts";
import { connect, type Connection, type GatewayAddress, GatewayLost } from "./connection.ts";
import { type IdLocks, noLocks } from "./id_lock.ts";
import { probeFeed } from "./probe.ts";
import { GatewayWatch } from "./watch.ts";

/** Attempts and probes are at most 10 s apart: what ended is noticed within that time. */
const RECONNECT = { firstMs: 1_000, mostMs: 10_000 } as const;
const PROBE_EVERY_MS = 10_000;
/** A pause does not end before, so that it does not flap. */
const LEAST_PAUSE_MS = 5_000;

/** What a keeper needs. */
export interface KeeperOptions {
  readonly address: GatewayAddress;
  readonly clientIds: IdRange;
  readonly ratePerSecond: number;
  readonly clock: Clock;
  readonly log: Log;
  /** A contract that ticks when anything does, to find out whether a pause is over. */
  readonly probeContract?: () => Contract | undefined;
  /** Keeps this machine's agents from each other's client IDs. */
  readonly locks?: IdLocks;
}

/** A connection that is there again after every loss. */
export interface Keeper {
  /** Whether there is a live connection now, be the work paused or not. */
  readonly connected: boolean;
  /** How the gateway is; who wants to hear of changes listens here. */
  readonly watch: GatewayWatch;
  /** Messages sent in the last second. */
  readonly messageRate: number;
  /**
   * A connection on which work may go on, as soon as there is one; rejects with the reason of the
   * signal. While the gateway answers nothing of use the work pauses: `closed` aborts with
   * {@link GatewayLost} "paused", and the next connection to work on comes when the pause is over.
   */
  connection(signal: AbortSignal): Promise<Connection>;
  /** Disconnects, and tries no more. */
  end(): Promise<void>;
}

/** Starts to connect, and keeps connected until `end()`. */
export function keepConnected(options: KeeperOptions): Keeper {
  const { clock, log } = options;
  const stop = new AbortController();
  const watch = new GatewayWatch(clock, options.clientIds.first);
  let current: Connection | undefined;
  let work: { readonly connection: Connection; readonly pause: AbortController } | undefined;
  let next: PromiseWithResolvers<Connection> = Promise.withResolvers();
  /** The connection whose pause is being ended. */
  let pausing: Connection | undefined;

  const offer = (): void => {
    if (work || !current || watch.pause !== null) return;
    const pause = new AbortController();
    work = { connection: current.until(pause.signal), pause };
    next.resolve(work.connection);
  };
  const withdraw = (): typeof work => {
    const was = work;
    if (was) next = Promise.withResolvers();
    work = undefined;
    return was;
  };
  watch.listen({
    onPause(pause) {
      if (pause === null) {
        if (current) log.info("gateway.resumed", "The gateway has prices again; the work goes on");
        return offer();
      }
      const sentence = sentenceOfState(watch.status().state);
      log.warn("gateway.paused", `The work pauses: ${sentence}`, { pause });
      withdraw()?.pause.abort(new GatewayLost("paused", sentence));
      const connection = current;
      if (!connection || pausing === connection) return;
      pausing = connection;
      void endPause(options, watch, connection, stop.signal).finally(() => {
        if (pausing === connection) pausing = undefined;
      });
    },
  });
  const ended = keep(options, watch, stop.signal, (connection) => {
    current = connection;
    if (!connection) withdraw();
    offer();
  });
  return {
    watch,
    get connected() {
      return current !== undefined;
    },
    get messageRate() {
      return current?.pacer.inLastSecond ?? 0;
    },
    connection: (signal) =>
      work ? Promise.resolve(work.connection) : orAborted(next.promise, signal),
    async end() {
      stop.abort(new Error("The agent is ending."));
      await ended;
    },
  };
}

/** Tries, every so often, whether prices come, until the pause of this connection is over. */
async function endPause(
  { clock, log, probeContract }: KeeperOptions,
  watch: GatewayWatch,
  connection: Connection,
  signal: AbortSignal,
): Promise<void> {
  const over = AbortSignal.any([signal, connection.closed]);
  const isOver = (): boolean => over.aborted || watch.pause === null;
  for (let waitMs = LEAST_PAUSE_MS; !isOver();) {
    await sleep(clock, waitMs, over).catch(() => {/* the loop's condition sees it */});
    if (isOver()) return;
    const beganMs = clock.monotonicMs();
    const contract = probeContract?.();
    // With nothing to try, work is tried; but not while the gateway itself says that it has no link.
    const ticks = contract
      ? await probeFeed(connection, clock, contract).catch(() => false)
      : watch.pause === "competing_session";
    if (isOver()) return;
    log.debug("gateway.probed", ticks ? "The probe ticked" : "The probe did not tick");
    if (ticks) return watch.probed();
    waitMs = Math.max(0, PROBE_EVERY_MS - (clock.monotonicMs() - beganMs));
  }
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
  watch: GatewayWatch,
  signal: AbortSignal,
  publish: (connection: Connection | undefined) => void,
): Promise<void> {
  const { address, clientIds, clock, log } = options;
  let id = firstClientId(clientIds);
  let failures = 0;
  /** What was said last: the same again is no news. */
  let said = "";
  const say = (event: string, message: string, fields: LogFields): void => {
    if (message === said) log.debug(event, message, fields);
    else log.warn(event, message, fields);
    said = message;
  };
  const locks = options.locks ?? noLocks;
  const width = clientIds.last - clientIds.first + 1;
  let skipped = 0;
  while (!signal.aborted) {
    watch.trying(id.clientId);
    locks.keepOnly(id.clientId);
    if (!locks.take(id.clientId)) {
      const message = `Client ID ${id.clientId} is another agent's on this machine`;
      id = nextClientId(id, clientIds);
      if (++skipped < width) continue;
      skipped = 0;
      watch.failed("id_taken", message);
      say("gateway.client_id_taken", `${message}, and so are all from ${clientIds.first} on`, {
        first: clientIds.first,
        last: clientIds.last,
      });
      await sleep(clock, RECONNECT.mostMs, signal).catch(() => {/* the loop sees the end */});
      continue;
    }
    skipped = 0;
    const outcome = await connect({ ...options, clientId: id.clientId, observer: watch, signal });
    let waitMs: number;
    if (outcome.kind === "connected") {
      const { connection } = outcome;
      id = afterAccepted(id);
      failures = 0;
      said = "";
      log.info("gateway.connected", `Connected to ${address.host}:${address.port}`, {
        clientId: connection.clientId,
        serverVersion: connection.serverVersion,
      });
      watch.opened(connection.serverVersion);
      publish(connection);
      const lost = await untilLostOrEnd(connection, signal);
      publish(undefined);
      const { reason } = connection.closed;
      watch.closed(lost, reason instanceof GatewayLost && reason.reason === "gateway_deaf");
      if (signal.aborted) break;
      waitMs = backoffMs(1, RECONNECT);
      log.warn("gateway.lost", lost, { waitMs: Math.round(waitMs) });
    } else if (outcome.kind === "client_id_taken") {
      const taken = id.clientId;
      const next = afterTaken(id, clientIds);
      id = next.state;
      waitMs = next.waitMs;
      const message = `Client ID ${taken} is taken: ${outcome.message}`;
      watch.failed("id_taken", message);
      say("gateway.client_id_taken", message, {
        clientId: taken,
        nextClientId: id.clientId,
        waitMs,
      });
    } else {
      if (signal.aborted) break;
      const { reason, message } = outcome.error;
      failures++;
      waitMs = backoffMs(failures, RECONNECT);
      watch.failed(reason === "gateway_deaf" ? "deaf" : "down", message);
      say("gateway.unreachable", message, { reason, failures, waitMs: Math.round(waitMs) });
    }
    await sleep(clock, waitMs, signal).catch(() => {/* the loop's condition sees the end */});
  }
  locks.keepOnly(null);
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
