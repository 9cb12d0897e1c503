/** A connection in memory, for tests of what is read over one: it ticks as a script says. */
import { setImmediate } from "node:timers";
import type { Contract, IBApi } from "@stoqey/ib";
import type { ManualClock } from "../../base/clock.ts";
import { type Connection, GatewayLost } from "../gateway/connection.ts";
import type { GatewayEvent } from "../gateway/events.ts";
import { createPacer } from "../gateway/pacer.ts";

/** What a request for a contract's data brings, and when, in milliseconds after it was sent. */
export type Script = (
  conId: number,
  attempt: number,
  marketData: Connection["marketData"],
) => readonly { readonly atMs: number; readonly event: GatewayEvent }[];

/** A connection that keeps count of what a gateway would hold. */
export interface FakeConnection extends Connection {
  /** The contracts subscribed now, and the most there ever were. */
  readonly subscribed: ReadonlySet<number>;
  readonly mostSubscribed: number;
  /** How often each contract was asked for. */
  readonly asked: ReadonlyMap<number, number>;
  /** In the order of the requests. */
  readonly order: readonly number[];
  /** Cancels of what was not subscribed: IB answers them with error 300. */
  readonly strayCancels: number;
  lose(): void;
}

/** Errors after which the ticks still follow. */
const ADVICE: ReadonlySet<number> = new Set([10090, 10091, 10167]);

/** Makes a connection on which `script` decides what comes. */
export function fakeConnection(
  clock: ManualClock,
  script: Script,
  ratePerSecond = 0,
): FakeConnection {
  const pacer = createPacer({ ratePerSecond, clock });
  const closed = new AbortController();
  const handlers = new Map<number, (event: GatewayEvent) => void>();
  const subscribed = new Set<number>();
  const asked = new Map<number, number>();
  const order: number[] = [];
  let marketData: Connection["marketData"] = "live";
  let mostSubscribed = 0;
  let strayCancels = 0;
  let nextRequestId = 1;

  const api = {
    reqMktData(requestId: number, contract: Contract): void {
      const conId = contract.conId ?? 0;
      const attempt = (asked.get(conId) ?? 0) + 1;
      asked.set(conId, attempt);
      order.push(conId);
      subscribed.add(requestId);
      mostSubscribed = Math.max(mostSubscribed, subscribed.size);
      for (const { atMs, event } of script(conId, attempt, marketData)) {
        clock.after(atMs, () => {
          if (!subscribed.has(requestId)) return;
          if (event.type === "error" && !ADVICE.has(event.code)) subscribed.delete(requestId);
          handlers.get(requestId)?.(event);
        });
      }
    },
    cancelMktData(requestId: number): void {
      if (!subscribed.delete(requestId)) strayCancels++;
    },
  };
  const send = async (message: (to: IBApi) => void): Promise<void> => {
    await pacer.turn();
    // Only the two calls above are made on it.
    message(api as unknown as IBApi);
  };
  return {
    clientId: 1,
    serverVersion: 193,
    pacer,
    closed: closed.signal,
    subscribed,
    asked,
    order,
    get marketData() {
      return marketData;
    },
    get mostSubscribed() {
      return mostSubscribed;
    },
    get strayCancels() {
      return strayCancels;
    },
    send,
    async open(request, onEvent) {
      const requestId = nextRequestId++;
      await send((to) => {
        handlers.set(requestId, onEvent);
        request(to, requestId);
      });
      return {
        requestId,
        sentMs: clock.monotonicMs(),
        forget: () => void handlers.delete(requestId),
      };
    },
    useDelayedData() {
      marketData = "delayed";
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
    lose() {
      const error = new GatewayLost("gateway_down", "The gateway closed the connection.");
      pacer.stop(error);
      closed.abort(error);
    },
  };
}

/** Lets the clock run until the promise is settled; gives up after an hour of its time. */
export async function runClock<T>(
  clock: ManualClock,
  promise: Promise<T>,
  stepMs = 25,
): Promise<T> {
  let settled = false;
  const done = promise.finally(() => {
    settled = true;
  });
  done.catch(() => {/* the caller sees it */});
  while (clock.monotonicMs() < 3_600_000) {
    // A turn of the event loop, not of the clock: what was promised runs first.
    await new Promise((resolve) => setImmediate(resolve));
    if (settled) return await done;
    clock.advance(stepMs);
  }
  throw new Error("Nothing came of it within an hour.");
}
