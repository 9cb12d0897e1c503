/**
 * The underlying's price, from one subscription that is kept while its chain is read: IB computes
 * an option's greeks only while the underlying has data.
 */
import type { Clock } from "../../base/clock.ts";
import { PRICE_LIMIT } from "../../options/wire/ingest_schema.ts";
import type { Connection, OpenRequest } from "../gateway/connection.ts";
import type { GatewayEvent } from "../gateway/events.ts";
import type { LineShare } from "../gateway/lines.ts";
import { requestStream } from "../gateway/stream.ts";
import type { Underlying } from "./listing.ts";
import { subscriptionError } from "./subscription_errors.ts";

/** Historical (104) and implied (106) volatility; delayed data has only the second. */
const GENERIC_TICKS = { live: "104,106", delayed: "106" } as const;

/** How long a read waits for the first price. */
const FIRST_PRICE_MS = 4_000;

/** Last, bid, ask and close, live and delayed. */
const PRICE_TICKS: ReadonlyMap<number, "last" | "bid" | "ask" | "close"> = new Map([
  [4, "last"],
  [1, "bid"],
  [2, "ask"],
  [9, "close"],
  [68, "last"],
  [66, "bid"],
  [67, "ask"],
  [75, "close"],
]);

/** The prices that were seen; a missing one is none. */
export interface SpotPrices {
  last?: number;
  bid?: number;
  ask?: number;
  close?: number;
}

/**
 * The spot of an underlying: its last, else the middle of bid and ask, else the close of the
 * session before; `null` where there is none of them. Nothing is guessed.
 *
 * @example
 * ```ts
 * import { spotOf } from "./spot.ts";
 * console.assert(spotOf({ bid: 10, ask: 11, close: 9 }) === 10.5);
 * ```
 */
export function spotOf(prices: SpotPrices): number | null {
  const { last, bid, ask, close } = prices;
  if (last !== undefined) return last;
  if (bid !== undefined && ask !== undefined) return (bid + ask) / 2;
  return close ?? null;
}

/** A subscription of an underlying. */
export interface UnderlyingWatch {
  spot(): number | null;
  /** When it last ticked, on the monotonic clock; `undefined` before the first tick. */
  readonly lastTickMs: number | undefined;
  /** Whether it is subscribed, or on its way to be. */
  readonly alive: boolean;
  /** Resolves when there is a last price, or there was time enough for one. */
  firstPrice(): Promise<void>;
  /** Cancels the subscription and gives its line back. */
  end(): Promise<void>;
}

/** Subscribes the underlying. It takes one line; without a free one there is no spot. */
export async function watchUnderlying(
  connection: Connection,
  clock: Clock,
  lines: LineShare,
  underlying: Underlying,
): Promise<UnderlyingWatch> {
  const prices: SpotPrices = {};
  const priced = Promise.withResolvers<void>();
  const timer = clock.after(FIRST_PRICE_MS, priced.resolve);
  let request: OpenRequest | undefined;
  let lastTickMs: number | undefined;
  let alive = true;
  let ended = false;

  const take = (event: GatewayEvent): void => {
    if (event.type === "price" || event.type === "size") lastTickMs = clock.monotonicMs();
    if (event.type === "price" && event.value > 0 && event.value < PRICE_LIMIT) {
      const field = PRICE_TICKS.get(event.tick);
      if (field) prices[field] = event.value;
      if (field === "last") priced.resolve();
    } else if (event.type === "error") {
      takeError(event.code);
    }
  };
  const takeError = (code: number): void => {
    const meaning = subscriptionError(code);
    if (meaning.kind === "note") return;
    request?.forget();
    request = undefined;
    if (meaning.kind !== "not_subscribed" || connection.marketData === "delayed") {
      alive = false;
      priced.resolve();
      return;
    }
    connection.useDelayedData().then(subscribe).catch(priced.resolve);
  };
  const subscribe = async (): Promise<void> => {
    const generic = GENERIC_TICKS[connection.marketData];
    const opened = await connection.open(
      (api, id) => requestStream(api, id, underlying.contract, generic),
      take,
    );
    // Asked for anew, it may come to its turn after the end.
    if (ended) await cancel(opened);
    else request = opened;
  };
  const cancel = async (opened: OpenRequest): Promise<void> => {
    opened.forget();
    const { requestId } = opened;
    await connection.send((api) => void api.cancelMktData(requestId)).catch(() => {/* lost */});
  };
  const hasLine = lines.take();
  if (hasLine) {
    await subscribe();
  } else {
    alive = false;
    priced.resolve();
  }
  return {
    spot: () => spotOf(prices),
    get lastTickMs() {
      return lastTickMs;
    },
    get alive() {
      return alive;
    },
    firstPrice: () => priced.promise,
    async end() {
      ended = true;
      timer.cancel();
      priced.resolve();
      if (hasLine) lines.release();
      if (request) await cancel(request);
    },
  };
}
