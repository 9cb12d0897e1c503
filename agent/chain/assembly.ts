/**
 * One contract's quote, put together from the ticks of its subscription. Tick numbers are those
 * of IB's tick type table; delayed data has numbers of its own.
 */
import type { Contract } from "../../options/contract.ts";
import type { MarketDataKind, Quote, QuoteField } from "../../options/quote.ts";
import { MAX_GREEK, PRICE_LIMIT } from "../../options/wire/ingest_schema.ts";
import type { Computation, GatewayEvent } from "../gateway/events.ts";

type PriceField = "bid" | "ask" | "last";
type SizeField = "bidSize" | "askSize" | "volume" | "openInterest";

const PRICES: ReadonlyMap<number, PriceField> = new Map([
  [1, "bid"],
  [2, "ask"],
  [4, "last"],
  [66, "bid"],
  [67, "ask"],
  [68, "last"],
]);

const SIZES: ReadonlyMap<number, SizeField> = new Map([
  [0, "bidSize"],
  [3, "askSize"],
  [8, "volume"],
  [69, "bidSize"],
  [70, "askSize"],
  [74, "volume"],
]);

/** Open interest of a contract comes as generic 101: the side of its right has it, the other 0. */
const OPEN_INTEREST = { C: 27, P: 28 } as const;

/** Model computations, live and delayed. Those of bid, ask and last (10, 11, 12) are not ours. */
const MODEL: ReadonlySet<number> = new Set([13, 83]);

const FIRST_DELAYED_TICK = 66;

/** What IB sends for "not set": Double.MAX, and the largest integers. */
const UNSET = 2_147_483_647;

/** A quote in the making. */
export interface Assembly {
  /** Takes one answer; true when it was a tick, which shows that the contract's feed is alive. */
  take(event: GatewayEvent): boolean;
  /** How many values were answered so far; it does not grow when a price only moves. */
  readonly answered: number;
  /** Rises with every change of a value or of the kind. */
  readonly revision: number;
  /** Every value that was asked for is in. */
  readonly complete: boolean;
  /** Bid and ask are both answered, be it with none. */
  readonly bothSides: boolean;
  /** Bid and ask are both in and both real. */
  readonly quoted: boolean;
  quote(): Quote;
}

/** The values that a complete quote has. A bid of none stands for its size, too. */
const WANTED: readonly (QuoteField)[] = [
  "bid",
  "bidSize",
  "ask",
  "askSize",
  "last",
  "volume",
  "openInterest",
  "impliedVol",
];

/** Begins the quote of a contract; an open interest that is known is not waited for. */
export function assembleQuote(
  contract: Contract,
  multiplier: number | null,
  openInterest?: number,
): Assembly {
  // A field that is absent has not been answered; null is an answer: none.
  const values: Partial<Record<QuoteField, number | null>> = {};
  let kind: MarketDataKind | null = null;
  let delayed = false;
  let revision = 0;

  const set = (field: QuoteField, value: number | null): void => {
    if (values[field] !== value) revision++;
    values[field] = value;
  };

  const takePrice = (tick: number, value: number): boolean => {
    const field = PRICES.get(tick);
    if (!field) return true;
    // One price that the server cannot keep would have it refuse the whole chain.
    set(field, value > 0 && value < PRICE_LIMIT ? value : null);
    if (values[field] === null && field !== "last") values[`${field}Size`] ??= null;
    delayed ||= tick >= FIRST_DELAYED_TICK;
    return true;
  };
  const takeSize = (tick: number, value: number): boolean => {
    const field = tick === OPEN_INTEREST[contract.right] ? "openInterest" : SIZES.get(tick);
    if (!field) return true;
    const least = field === "bidSize" || field === "askSize" ? 1 : 0;
    set(field, value >= least && value < UNSET ? Math.round(value) : null);
    return true;
  };
  const takeComputation = (tick: number, computed: Computation): boolean => {
    if (!MODEL.has(tick)) return true;
    const { impliedVol } = computed;
    set("impliedVol", impliedVol !== null && impliedVol >= 0 ? inRange(impliedVol) : null);
    set("delta", inRange(computed.delta));
    set("gamma", inRange(computed.gamma));
    set("theta", inRange(computed.theta));
    set("vega", inRange(computed.vega));
    return true;
  };
  return {
    take(event) {
      switch (event.type) {
        case "price":
          return takePrice(event.tick, event.value);
        case "size":
          return takeSize(event.tick, event.value);
        case "computation":
          return takeComputation(event.tick, event.values);
        case "kind":
          if (kind !== event.kind) revision++;
          kind = event.kind;
          return false;
        case "generic":
        case "contract":
        case "parameters":
        case "bar":
        case "end":
        case "error":
          return false;
      }
    },
    get answered() {
      return Object.keys(values).length;
    },
    get revision() {
      return revision;
    },
    get complete() {
      // A model that computed nothing may still compute: the first one often comes too early.
      return typeof values.impliedVol === "number" &&
        WANTED.every((field) =>
          values[field] !== undefined || (field === "openInterest" && openInterest !== undefined)
        );
    },
    get bothSides() {
      return values.bid !== undefined && values.ask !== undefined;
    },
    get quoted() {
      return typeof values.bid === "number" && typeof values.ask === "number";
    },
    quote: () => ({
      occ: contract.occ,
      kind: kind ?? (delayed ? "delayed" : null),
      multiplier,
      quotedAtMs: null,
      bid: values.bid ?? null,
      ask: values.ask ?? null,
      last: values.last ?? null,
      volume: values.volume ?? null,
      openInterest: values.openInterest ?? openInterest ?? null,
      impliedVol: values.impliedVol ?? null,
      delta: values.delta ?? null,
      gamma: values.gamma ?? null,
      theta: values.theta ?? null,
      vega: values.vega ?? null,
      bidSize: values.bidSize ?? null,
      askSize: values.askSize ?? null,
    }),
  };
}

function inRange(value: number | null): number | null {
  return value !== null && Math.abs(value) <= MAX_GREEK ? value : null;
}
