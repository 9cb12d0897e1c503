/** A connection in memory, for tests of what is read over one: it ticks as a script says. */
import { setImmediate } from "node:timers";
import { type Contract, type IBApi, SecType } from "@stoqey/ib";
import type { ManualClock } from "../../base/clock.ts";
import type { Listing } from "../chain/listing.ts";
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
  /** The requests that are subscribed now, and the most there ever were. */
  readonly subscribed: ReadonlySet<number>;
  readonly mostSubscribed: number;
  /** How often each contract was asked for. */
  readonly asked: ReadonlyMap<number, number>;
  /** In the order of the requests. */
  readonly order: readonly number[];
  /** How often it was asked for contract details or option parameters. */
  readonly lookups: number;
  /** The generic ticks that each contract was last asked for with. */
  readonly generics: ReadonlyMap<number, string>;
  /** Cancels of what was not subscribed: IB answers them with error 300. */
  readonly strayCancels: number;
  /** The contracts that are subscribed now. */
  subscribedTo(): readonly number[];
  /** Loses the connection, and with it all subscriptions. */
  lose(): void;
}

/** Errors after which the ticks still follow. */
const ADVICE: ReadonlySet<number> = new Set([10090, 10091, 10167]);

/** The contract number of the underlying of a chain that a fake gateway lists. */
export const UNDERLYING_ID = 999_999;

/** A lookup is answered so soon. */
const LOOKUP_MS = 10;

/** Makes a connection on which `script` decides what comes, and whose gateway lists `chain`. */
export function fakeConnection(
  clock: ManualClock,
  script: Script,
  ratePerSecond = 0,
  chain: readonly Listing[] = [],
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
  let lookups = 0;
  let nextRequestId = 1;
  const generics = new Map<number, string>();
  const contracts = new Map<number, number>();

  const answer = (requestId: number, ...events: readonly GatewayEvent[]): void => {
    lookups++;
    clock.after(LOOKUP_MS, () => {
      for (const event of events) handlers.get(requestId)?.(event);
    });
  };
  const dayOf = ({ contract }: Listing): string => contract.expiry.replaceAll("-", "");
  const detailsOf = (contract: Contract): GatewayEvent => ({
    type: "contract",
    // Only what the agent reads of them.
    details: { contract } as Extract<GatewayEvent, { type: "contract" }>["details"],
  });

  const api = {
    reqContractDetails(requestId: number, asked: Contract): void {
      if (asked.secType !== SecType.OPT) {
        const { symbol = "" } = asked;
        const underlying = { symbol, conId: UNDERLYING_ID, exchange: "SMART", currency: "USD" };
        const known = chain.length > 0 && asked.secType === SecType.STK;
        return known
          ? answer(requestId, detailsOf({ ...underlying, secType: SecType.STK }), { type: "end" })
          : answer(requestId, { type: "error", code: 200, message: "unknown" });
      }
      const found = chain.filter((one) =>
        dayOf(one) === asked.lastTradeDateOrContractMonth &&
        one.contract.root === asked.tradingClass
      );
      const details = found.map(({ contract, conId }) =>
        detailsOf({ conId, localSymbol: contract.occ, multiplier: 100 })
      );
      answer(requestId, ...details, { type: "end" });
    },
    reqSecDefOptParams(requestId: number): void {
      const classes = [...new Set(chain.map(({ contract }) => contract.root))];
      const rows = classes.map((tradingClass): GatewayEvent => ({
        type: "parameters",
        parameters: {
          exchange: "SMART",
          tradingClass,
          multiplier: 100,
          expiries: [
            ...new Set(
              chain.filter(({ contract }) => contract.root === tradingClass)
                .map(dayOf),
            ),
          ],
          strikes: [],
        },
      }));
      answer(requestId, ...rows, { type: "end" });
    },
    reqMktData(requestId: number, contract: Contract, genericTicks: string): void {
      const conId = contract.conId ?? 0;
      generics.set(conId, genericTicks);
      const attempt = (asked.get(conId) ?? 0) + 1;
      asked.set(conId, attempt);
      order.push(conId);
      subscribed.add(requestId);
      contracts.set(requestId, conId);
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
    // Only the calls above are made on it.
    message(api as unknown as IBApi);
  };
  const connection: FakeConnection = {
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
    generics,
    subscribedTo: () => [...subscribed].map((requestId) => contracts.get(requestId) ?? 0),
    get strayCancels() {
      return strayCancels;
    },
    get lookups() {
      return lookups;
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
    until: () => connection,
    close: () => Promise.resolve(),
    lose() {
      const error = new GatewayLost("gateway_down", "The gateway closed the connection.");
      pacer.stop(error);
      subscribed.clear();
      closed.abort(error);
    },
  };
  return connection;
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
