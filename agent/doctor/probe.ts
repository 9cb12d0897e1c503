/**
 * A short connection to the gateway with an ID of the status checks. It asks for nothing of the
 * account and never places an order.
 */
import { type Contract, ErrorCode, EventName, IBApi } from "@stoqey/ib";
import type { Clock } from "../../base/clock.ts";
import type { GatewaySettings } from "../settings.ts";
import { type GatewayEvent, listenToAnswers } from "../gateway/events.ts";
import { requestStream } from "../gateway/stream.ts";

/** IB's "client ID is already in use". It comes without a request ID, thus as an `info` event. */
const CLIENT_ID_TAKEN = 326;

/** Turns the library's own limiter off: a probe sends a dozen messages in all. */
const NO_LIBRARY_LIMIT = 1_000_000_000;

/** IB's code for a request it does not allow. */
const NOT_ALLOWED = 321;

/** How long an answer about orders may take. */
const ORDERS_DEADLINE_MS = 3_000;

/** How an attempt to connect ended. */
export type ProbeOutcome =
  | { readonly kind: "open"; readonly probe: Probe }
  | { readonly kind: "taken" }
  /** It answered the handshake, and let the client in no further. */
  | { readonly kind: "not_let_in"; readonly serverVersion: number }
  | { readonly kind: "no_handshake"; readonly why: string };

/** What the gateway does with orders, or that it does not say. */
export type OrdersAnswer = "taken" | "refused" | "unsaid";

/** One question's answers: all of them, or the error that ended it. */
export interface Answers {
  readonly events: readonly GatewayEvent[];
  readonly error: { readonly code: number; readonly message: string } | null;
}

/** An open connection. */
export interface Probe {
  readonly clientId: number;
  readonly serverVersion: number;
  /** Asks, and gathers answers until the end, an error, or what `enough` says. */
  ask(
    send: (api: IBApi, requestId: number) => void,
    options: {
      readonly signal: AbortSignal;
      readonly withinMs: number;
      readonly enough?: (events: readonly GatewayEvent[]) => boolean;
      /** Errors after which the answers still come. */
      readonly advisory?: (code: number) => boolean;
    },
  ): Promise<Answers>;
  /** A subscription, cancelled when `enough` has come or the time is over. */
  stream(
    contract: Contract,
    options: Parameters<Probe["ask"]>[1],
  ): Promise<Answers>;
  /** Asks for live or delayed data from now on. */
  useMarketData(type: number): void;
  /** Whether the API takes orders. */
  orders(): Promise<OrdersAnswer>;
  close(): void;
}

/** Connects once; the signal ends the attempt. */
export function openProbe(
  settings: Pick<GatewaySettings, "ibHost" | "ibPort">,
  clientId: number,
  clock: Clock,
  options: { readonly deadlineMs: number },
): Promise<ProbeOutcome> {
  const api = new IBApi({
    host: settings.ibHost,
    port: settings.ibPort,
    clientId,
    maxReqPerSec: NO_LIBRARY_LIMIT,
  });
  return new Promise((resolve) => {
    let serverVersion: number | null = null;
    /** Ends the attempt: whatever is heard later is for the probe, or for nobody. */
    const leave = (): void => {
      timer.cancel();
      api.removeAllListeners();
      // A socket that breaks later must not end the program.
      api.on(EventName.error, () => {});
    };
    const settle = (outcome: Exclude<ProbeOutcome, { kind: "open" }>): void => {
      leave();
      api.disconnect();
      resolve(outcome);
    };
    const giveUp = (why: string): void =>
      settle(
        serverVersion === null
          ? { kind: "no_handshake", why }
          : { kind: "not_let_in", serverVersion },
      );
    const timer = clock.after(options.deadlineMs, () => giveUp("it says nothing"));
    api.on(EventName.server, (version) => serverVersion = version);
    api.on(EventName.info, (_message, code) => {
      if (code === CLIENT_ID_TAKEN) settle({ kind: "taken" });
    });
    api.on(EventName.error, (error, code) => {
      if (code === ErrorCode.CONNECT_FAIL || code === ErrorCode.UNSUPPORTED_VERSION) {
        giveUp(error.message);
      }
    });
    api.on(EventName.disconnected, () => giveUp("it closed the connection"));
    api.once(EventName.nextValidId, () => {
      leave();
      resolve({ kind: "open", probe: probeOf(api, clientId, serverVersion ?? 0, clock) });
    });
    api.connect();
  });
}

function probeOf(api: IBApi, clientId: number, serverVersion: number, clock: Clock): Probe {
  const sinks = new Map<number, (event: GatewayEvent) => void>();
  let nextRequestId = 1;
  listenToAnswers(api, (requestId, event) => sinks.get(requestId)?.(event));

  const ask: Probe["ask"] = async (send, { signal, withinMs, enough, advisory }) => {
    const events: GatewayEvent[] = [];
    const done = Promise.withResolvers<Answers["error"]>();
    const requestId = nextRequestId++;
    const timer = clock.after(withinMs, () => done.resolve(null));
    const onAbort = (): void => done.resolve(null);
    signal.addEventListener("abort", onAbort, { once: true });
    sinks.set(requestId, (event) => {
      if (event.type === "end") return done.resolve(null);
      if (event.type === "error") {
        if (!advisory?.(event.code)) done.resolve({ code: event.code, message: event.message });
        return;
      }
      events.push(event);
      if (enough?.(events)) done.resolve(null);
    });
    try {
      send(api, requestId);
      return { error: await done.promise, events };
    } finally {
      sinks.delete(requestId);
      timer.cancel();
      signal.removeEventListener("abort", onAbort);
    }
  };

  return {
    clientId,
    serverVersion,
    ask,
    async stream(contract, options) {
      let id = 0;
      try {
        return await ask((to, requestId) => {
          id = requestId;
          requestStream(to, requestId, contract, "");
        }, options);
      } finally {
        // No line is left behind: IB counts them by login.
        api.cancelMktData(id);
      }
    },
    useMarketData: (type) => void api.reqMarketDataType(type),
    orders: () => askOfOrders(api, clock),
    close: () => {
      api.removeAllListeners();
      api.on(EventName.error, () => {});
      api.disconnect();
    },
  };
}

/**
 * In Read-Only mode TWS refuses even the list of open orders with error 321 "The API interface is
 * currently in Read-Only mode" (ib_insync issues 1 and 7: the request that its connect made then),
 * and otherwise ends the list with openOrderEnd. The list is that of this client ID's own orders,
 * which has none, so nothing is changed and nothing of the account is told. The error comes with the
 * id -1, or as the greatest integer from older gateways.
 */
function askOfOrders(api: IBApi, clock: Clock): Promise<OrdersAnswer> {
  return new Promise((resolve) => {
    const settle = (answer: OrdersAnswer): void => {
      timer.cancel();
      api.off(EventName.openOrderEnd, onEnd);
      api.off(EventName.info, onInfo);
      api.off(EventName.error, onError);
      resolve(answer);
    };
    const onEnd = (): void => settle("taken");
    const refused = (code: number, text: string): void => {
      if (code === NOT_ALLOWED && /read-only/i.test(text)) settle("refused");
    };
    const onInfo = (text: string, code: number): void => refused(code, text);
    const onError = (error: Error, code: number): void => refused(code, error.message);
    const timer = clock.after(ORDERS_DEADLINE_MS, () => settle("unsaid"));
    api.on(EventName.openOrderEnd, onEnd);
    api.on(EventName.info, onInfo);
    api.on(EventName.error, onError);
    api.reqOpenOrders();
  });
}
