/** reqMktData, cancelMktData, reqMarketDataType: streaming quotes and snapshots. */
import type { Timer } from "../../../base/clock.ts";
import { type Instrument, type MarketQuote, NO_QUOTE } from "../../market/market.ts";
import type { FieldReader } from "../../wire/fields.ts";
import {
  type MarketDataRequest,
  type MarketDataType,
  readCancelMarketData,
  readMarketDataRequest,
  readMarketDataType,
} from "../../wire/requests/market_data.ts";
import {
  marketDataType,
  type Tick,
  tickMessage,
  tickRequestParameters,
  tickSnapshotEnd,
} from "../../wire/responses/ticks.ts";
import { chooseGenericTicks } from "../generic_ticks.ts";
import {
  computationTicks,
  dataKind,
  genericTicks,
  priceTicks,
  tickNumbers,
  visibleQuote,
} from "../quote_ticks.ts";
import { resolveContract, type Session, type Subject, validationText } from "../session.ts";

/** A snapshot ends about this long after its request, even when it is complete before. */
const SNAPSHOT_MS = 11_000;

/** The groups of ticks in the order in which they arrive. */
const PRICES = 1;
const COMPUTATIONS = 2;
const GENERICS = 3;

/** One market-data request that has not ended. */
interface Subscription {
  readonly reqId: number;
  readonly instrument: Instrument;
  readonly generics: ReadonlySet<number>;
  readonly asked: MarketDataType;
  readonly timers: Timer[];
  /** What the client was last told, by tick type. */
  readonly sent: Map<number, string>;
  /** The groups that have begun to arrive: none (0) to all (3). */
  arrived: number;
  /** The kind of data the client was told of. */
  kind: MarketDataType | null;
  /** There is something newer than what was sent, held back while the client reads too slowly. */
  held: boolean;
  unsubscribe: () => void;
}

/** Market data of one connection. */
export function marketData(session: Session): Subject {
  const { lines } = session;
  const { market, clock, hours, tickDelay, neverTicks } = session.gateway;
  const subscriptions = new Map<number, Subscription>();
  let asked: MarketDataType = 1;

  const push = (it: Subscription): void => {
    if (it.arrived < PRICES) return;
    it.held = session.congested;
    if (!it.held) tell(it);
  };

  const tell = (it: Subscription): void => {
    const open = hours.isOpen(it.instrument.conId);
    const kind = dataKind(it.asked, open);
    if (kind !== it.kind) {
      it.kind = kind;
      it.sent.clear();
      session.send(marketDataType(it.reqId, kind));
    }
    const quote = market.quote(it.instrument.conId) ?? (it.sent.size > 0 ? NO_QUOTE : undefined);
    if (quote === undefined) return;
    sendChanges(session, it, visibleQuote(quote, kind, open), kind);
  };

  const arrive = (it: Subscription): void => {
    if (neverTicks(it.instrument)) return;
    if (tickDelay.none) {
      it.arrived = GENERICS;
      push(it);
      return;
    }
    const delays = tickDelay.draw();
    const after = (delayMs: number, group: number): void => {
      it.timers.push(clock.after(delayMs, () => {
        it.arrived = group;
        push(it);
      }));
    };
    after(delays.pricesMs, PRICES);
    after(delays.computationsMs, COMPUTATIONS);
    after(delays.genericsMs, GENERICS);
  };

  const end = (it: Subscription): void => {
    subscriptions.delete(it.reqId);
    for (const timer of it.timers) timer.cancel();
    it.unsubscribe();
    lines.free();
  };

  const begin = (request: MarketDataRequest, it: Subscription): void => {
    subscriptions.set(it.reqId, it);
    session.send(tickRequestParameters(it.reqId, it.instrument.minTick, bbo(it.instrument)));
    arrive(it);
    if (request.snapshot || request.regulatorySnapshot) {
      it.timers.push(clock.after(tickDelay.none ? 0 : SNAPSHOT_MS, () => {
        // A snapshot has no later tick that could say what was held back.
        if (it.held) tell(it);
        end(it);
        session.send(tickSnapshotEnd(it.reqId));
      }));
    } else {
      it.unsubscribe = market.subscribe(it.instrument.conId, () => push(it));
    }
  };

  const request = (reader: FieldReader): void => {
    const request = readMarketDataRequest(reader);
    const { reqId, contract } = request;
    if (subscriptions.has(reqId)) return session.fail(reqId, 102, "Duplicate ticker ID");
    const snapshot = request.snapshot || request.regulatorySnapshot;
    if (snapshot && request.genericTicks.length > 0) {
      const cause = "Snapshot market data subscription is not applicable to generic ticks";
      return session.fail(reqId, 321, validationText(cause));
    }
    const instrument = resolveContract(session, reqId, contract);
    if (instrument === undefined) return;
    const generics = chooseGenericTicks(request.genericTicks, instrument.secType, asked);
    if (!generics.ok) return session.fail(reqId, 321, validationText(generics.cause));
    if (!lines.take()) {
      return session.fail(reqId, 101, "Max number of tickers has been reached");
    }
    begin(request, {
      reqId,
      instrument,
      generics: generics.ticks,
      asked,
      timers: [],
      sent: new Map(),
      arrived: 0,
      kind: null,
      held: false,
      unsubscribe: () => {},
    });
  };

  const cancel = (reader: FieldReader): void => {
    const reqId = readCancelMarketData(reader);
    const it = subscriptions.get(reqId);
    if (it) end(it);
    else session.fail(reqId, 300, `Can't find EId with tickerId:${reqId}`);
  };

  const ignoreForced = hours.onForced(() => {
    for (const it of subscriptions.values()) push(it);
  });

  return {
    handlers: new Map([
      [1, request],
      [2, cancel],
      [59, (reader: FieldReader) => {
        asked = readMarketDataType(reader);
      }],
    ]),
    drained() {
      for (const it of subscriptions.values()) if (it.held) push(it);
    },
    close() {
      ignoreForced();
      for (const it of [...subscriptions.values()]) end(it);
    },
  };
}

/** Sends the ticks that differ from what the client was last told. */
function sendChanges(
  session: Session,
  it: Subscription,
  quote: MarketQuote,
  kind: MarketDataType,
): void {
  const numbers = tickNumbers(kind);
  const ticks: Tick[] = priceTicks(it.instrument, quote, numbers);
  if (it.arrived >= COMPUTATIONS) {
    ticks.push(...computationTicks(quote, numbers, (tickType) => it.sent.has(tickType)));
  }
  if (it.arrived >= GENERICS) ticks.push(...genericTicks(it.instrument, quote, it.generics));
  for (const tick of ticks) {
    const message = tickMessage(it.reqId, tick);
    // A price is told again only when it changes: its size has a tick of its own.
    const told = tick.kind === "price" ? String(tick.price) : message;
    if (it.sent.get(tick.tickType) === told) continue;
    it.sent.set(tick.tickType, told);
    session.send(message);
  }
}

/** The code of the map of exchanges behind the best bid and offer, as TWS sends it. */
function bbo(it: Instrument): string {
  return it.secType === "IND" ? "" : it.secType === "OPT" ? "9c0001" : "a60001";
}
