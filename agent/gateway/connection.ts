/**
 * One connection to TWS or IB Gateway: one `IBApi` object, used once. The library's queue and its
 * decoder keep state over a reconnect, so a lost connection is thrown away and never revived.
 */
import { ErrorCode, EventName, IBApi, MarketDataType } from "@stoqey/ib";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../telemetry/log.ts";
import { guardDecoder } from "./decoder_guard.ts";
import { type GatewayEvent, listenToAnswers } from "./events.ts";
import { watchLiveness } from "./liveness.ts";
import { createPacer, type Pacer } from "./pacer.ts";
import type { ConnectionObserver } from "./watch.ts";

/** Where the gateway is. */
export interface GatewayAddress {
  readonly host: string;
  readonly port: number;
}

/** How long the handshake may take, and how long a goodbye. */
export const HANDSHAKE_DEADLINE_MS = 10_000;
const GOODBYE_DEADLINE_MS = 1_000;

/** IB's "client ID is already in use". It comes without a request ID, thus as an `info` event. */
const CLIENT_ID_TAKEN = 326;

/** IB's "max rate of messages", and what comes before it: a warning with code 0 (ib_insync #443). */
const TOO_MANY_MESSAGES = 100;
/** A refusal is followed by the end of the connection; a warning says that little is left. */
const AFTER_REFUSAL = 2;
const AFTER_WARNING = 1.1;
const isRateWarning = (code: number, message: string): boolean =>
  code === 0 && message.includes("max rate");

/** Turns the library's own limiter off; the pacer is ours. */
const NO_LIBRARY_LIMIT = 1_000_000_000;

/** Why there is no connection (any more); `reason` is a code of the table of reasons. */
export class GatewayLost extends Error {
  readonly reason: "gateway_down" | "gateway_deaf" | "paused" | "ended";

  constructor(reason: GatewayLost["reason"], message: string) {
    super(message);
    this.name = "GatewayLost";
    this.reason = reason;
  }
}

/** A request that was sent and whose answers are listened to. */
export interface OpenRequest {
  readonly requestId: number;
  /** When it was sent, on the monotonic clock. */
  readonly sentMs: number;
  /** Stops listening; sends nothing. */
  forget(): void;
}

/** A live connection. All that is sent takes its turn at the pacer. */
export interface Connection {
  readonly clientId: number;
  readonly serverVersion: number;
  readonly pacer: Pacer;
  /** Aborts with a {@link GatewayLost} when the connection is gone. */
  readonly closed: AbortSignal;
  /** What market data is asked for: live or frozen, or, without a subscription, delayed. */
  readonly marketData: "live" | "delayed";
  /** Sends one message. Rejects with {@link GatewayLost} when the connection is gone. */
  send(message: (api: IBApi) => void): Promise<void>;
  /** Sends a request and passes the answers on. Rejects like `send`. */
  open(
    request: (api: IBApi, requestId: number) => void,
    onEvent: (event: GatewayEvent) => void,
  ): Promise<OpenRequest>;
  /** The same connection for work that has to end when `end` aborts, cancels excepted. */
  until(end: AbortSignal): Connection;
  /** Asks for delayed data from now on, where live data is not subscribed. */
  useDelayedData(): Promise<void>;
  /** Waits until all that was sent has been taken, then disconnects. */
  close(): Promise<void>;
}

/** How an attempt to connect ended. */
export type ConnectOutcome =
  | { readonly kind: "connected"; readonly connection: Connection }
  | { readonly kind: "client_id_taken"; readonly message: string }
  | { readonly kind: "failed"; readonly error: GatewayLost };

/** What a connection needs. */
export interface ConnectOptions {
  readonly address: GatewayAddress;
  readonly clientId: number;
  readonly ratePerSecond: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Is told what the gateway says and whether it lives. */
  readonly observer?: ConnectionObserver;
  readonly deadlineMs?: number;
  /** Ends the attempt; it does not end a connection that was made. */
  readonly signal?: AbortSignal;
}

/** Connects once, within a deadline. Never throws: every end of it is an outcome. */
export function connect(options: ConnectOptions): Promise<ConnectOutcome> {
  const { address, clientId, clock } = options;
  const deadlineMs = options.deadlineMs ?? HANDSHAKE_DEADLINE_MS;
  const where = `${address.host}:${address.port}`;
  // With host, port, client ID and rate given, the library reads no environment.
  const api = new IBApi({ ...address, clientId, maxReqPerSec: NO_LIBRARY_LIMIT });
  return new Promise((resolve) => {
    const settle = (outcome: ConnectOutcome): void => {
      deadline.cancel();
      stopGuard();
      options.signal?.removeEventListener("abort", onEnd);
      if (outcome.kind !== "connected") discard(api);
      resolve(outcome);
    };
    const fail = (reason: GatewayLost["reason"], message: string): void =>
      settle({ kind: "failed", error: new GatewayLost(reason, message) });
    const stopGuard = guardDecoder((error) =>
      fail("gateway_down", `The gateway at ${where} sent what is no TWS message: ${error.message}`)
    );
    const deadline = clock.after(deadlineMs, () => {
      fail(
        "gateway_deaf",
        `Nothing at ${where} completed the TWS handshake within ${deadlineMs / 1000} s.`,
      );
    });
    const onEnd = (): void => fail("ended", "The agent is ending.");
    options.signal?.addEventListener("abort", onEnd, { once: true });
    api.once(EventName.nextValidId, () => {
      api.removeAllListeners();
      settle({ kind: "connected", connection: openConnection(api, options) });
    });
    api.on(EventName.info, (message, code) => {
      if (code === CLIENT_ID_TAKEN) settle({ kind: "client_id_taken", message });
    });
    api.on(EventName.error, (error, code) => {
      if (code === ErrorCode.CONNECT_FAIL || code === ErrorCode.UNSUPPORTED_VERSION) {
        fail("gateway_down", `Cannot connect to TWS or IB Gateway at ${where}: ${error.message}`);
      }
    });
    api.on(EventName.disconnected, () => {
      fail(
        "gateway_down",
        `The gateway at ${where} closed the connection during the handshake; it takes at most 32 clients at once.`,
      );
    });
    api.connect();
  });
}

/** Ends the socket and hears no more of it. */
function discard(api: IBApi): void {
  api.removeAllListeners();
  api.disconnect();
}

function openConnection(api: IBApi, options: ConnectOptions): Connection {
  const { clientId, clock, log, ratePerSecond, observer } = options;
  const pacer = createPacer({ ratePerSecond, clock });
  const end = new AbortController();
  const requests = new Map<number, (event: GatewayEvent) => void>();
  let nextRequestId = 1;
  let marketData: Connection["marketData"] = "live";

  const lose = (error: GatewayLost): void => {
    if (end.signal.aborted) return;
    liveness.stop();
    stopGuard();
    pacer.stop(error);
    discard(api);
    end.abort(error);
  };
  const send = async (message: (api: IBApi) => void): Promise<void> => {
    await pacer.turn();
    end.signal.throwIfAborted();
    message(api);
  };
  const liveness = watchLiveness({
    clock,
    ask: () => void send((to) => to.reqCurrentTime()).catch(() => {/* lost; `closed` says so */}),
    onMiss: () => observer?.heartbeat(false),
    onDeaf: () => lose(new GatewayLost("gateway_deaf", "The gateway does not answer any more.")),
  });
  const stopGuard = guardDecoder((error) =>
    lose(new GatewayLost("gateway_down", `A message could not be decoded: ${error.message}`))
  );
  listenToAnswers(api, (requestId, event) => requests.get(requestId)?.(event));
  api.on(EventName.received, () => liveness.heard());
  api.on(EventName.currentTime, () => observer?.heartbeat(true));
  api.on(EventName.tickPrice, () => observer?.ticked());
  api.on(EventName.disconnected, () => {
    lose(new GatewayLost("gateway_down", "The gateway closed the connection."));
  });
  const notice = (code: number, message: string): void => {
    if (code === TOO_MANY_MESSAGES) pacer.slowDown(AFTER_REFUSAL);
    else if (isRateWarning(code, message)) pacer.slowDown(AFTER_WARNING);
    observer?.notice(code, message);
  };
  api.on(EventName.info, (message, code) => {
    log.info("gateway.notice", message, { code });
    notice(code, message);
  });
  api.on(EventName.error, (error, code, requestId) => {
    if (isRateWarning(code, error.message) || requestId < 0) {
      log.warn("gateway.error", error.message, { code });
      notice(code, error.message);
    } else {
      observer?.refused(code, error.message);
    }
  });

  const connection: Connection = {
    clientId,
    serverVersion: api.serverVersion,
    pacer,
    closed: end.signal,
    get marketData() {
      return marketData;
    },
    send,
    async open(request, onEvent) {
      const requestId = nextRequestId++;
      await send((to) => {
        requests.set(requestId, onEvent);
        request(to, requestId);
      });
      return {
        requestId,
        sentMs: clock.monotonicMs(),
        forget: () => void requests.delete(requestId),
      };
    },
    until: (signal) => viewOf(connection, signal),
    async useDelayedData() {
      if (marketData === "delayed") return;
      marketData = "delayed";
      await send((to) => to.reqMarketDataType(MarketDataType.DELAYED_FROZEN));
    },
    async close() {
      if (end.signal.aborted) return;
      await goodbye(api, send, clock);
      lose(new GatewayLost("ended", "The agent closed the connection."));
    },
  };
  // The type is not kept over a reconnect. Frozen is live while the market is open.
  void send((to) => to.reqMarketDataType(MarketDataType.FROZEN)).catch(() => {/* lost */});
  return connection;
}

/** What was begun can be cancelled after the end; nothing can be asked. */
function viewOf(connection: Connection, signal: AbortSignal): Connection {
  const closed = AbortSignal.any([connection.closed, signal]);
  return {
    ...connection,
    closed,
    // Spread, it would be what it is now.
    get marketData() {
      return connection.marketData;
    },
    async open(request, onEvent) {
      closed.throwIfAborted();
      return await connection.open(request, onEvent);
    },
  };
}

/**
 * The library destroys the socket right after its last write. An answer to a last question proves
 * that the gateway has taken the cancels before it, so that no line is left behind.
 */
function goodbye(
  api: IBApi,
  send: (message: (api: IBApi) => void) => Promise<void>,
  clock: Clock,
): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      resolve();
    };
    const timer = clock.after(GOODBYE_DEADLINE_MS, done);
    api.once(EventName.currentTime, done);
    api.once(EventName.disconnected, done);
    send((to) => to.reqCurrentTime()).catch(done);
  });
}
