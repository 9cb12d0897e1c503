/** reqMktData, cancelMktData, reqMarketDataType: streaming quotes and snapshots. */
import type { Timer } from "../../../base/clock.ts";
import type { FaultOf } from "../../faults/fault.ts";
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
import { DATA_REFUSALS, isAbout } from "../data_faults.ts";
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

/** What silences lines that IB has forgotten: they never tick again. */
const FORGOTTEN = {};

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
  /** What keeps it from ticking. */
  silencedBy: object | null;
  /** No computations come, as the underlying is not subscribed to. */
  readonly noGreeks: boolean;
  unsubscribe: () => void;
}

/** Market data of one connection. */
export function marketData(session: Session): Subject {
  const { lines } = session;
  const { market, clock, hours, tickDelay, neverTicks, faults, farms } = session.gateway;
  const subscriptions = new Map<number, Subscription>();
  let asked: MarketDataType = 1;

  const push = (it: Subscription): void => {
    if (it.arrived < PRICES || it.silencedBy !== null || farms.isStopped) return;
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
    const slow = faults.strikes("lines_free_slowly", session.clientId);
    if (!slow) return lines.free();
    clock.after(slow.delaySeconds * 1_000, lines.freeSlowly());
  };

  /** What a fault makes of a request; `ended` where it is over. */
  const trouble = (
    reqId: number,
    instrument: Instrument,
  ): { readonly ended: boolean; readonly asked: MarketDataType; readonly noGreeks: boolean } => {
    const struck = faults.strikes(
      "refuse_data",
      session.clientId,
      (fault) => isAbout(fault, instrument),
    );
    if (!struck) return { ended: false, asked, noGreeks: false };
    const refusal = DATA_REFUSALS[struck.code];
    const wantsDelayed = asked === 3 || asked === 4;
    if (refusal.delayedInstead && wantsDelayed) {
      session.inject(reqId, 10167, DATA_REFUSALS[10167].text(instrument));
      return { ended: false, asked, noGreeks: false };
    }
    for (let at = 0; at < struck.burst; at++) {
      session.inject(reqId, struck.code, refusal.text(instrument));
    }
    return {
      ended: refusal.then === "end",
      asked: refusal.then === "delayed" && !wantsDelayed ? 3 : asked,
      noGreeks: refusal.then === "no greeks",
    };
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
    const isUnanswered = ({ request }: FaultOf<"silent_request">) => request === "market_data";
    if (faults.strikes("silent_request", session.clientId, isUnanswered)) return;
    const generics = chooseGenericTicks(request.genericTicks, instrument.secType, asked);
    if (!generics.ok) return session.fail(reqId, 321, validationText(generics.cause));
    const found = trouble(reqId, instrument);
    if (found.ended) return;
    if (!lines.take()) {
      return session.fail(reqId, 101, "Max number of tickers has been reached");
    }
    begin(request, {
      reqId,
      instrument,
      generics: generics.ticks,
      asked: found.asked,
      timers: [],
      sent: new Map(),
      arrived: 0,
      kind: null,
      held: false,
      silencedBy: faults.strikes("mute", session.clientId, (fault) => isAbout(fault, instrument)) ??
        null,
      noGreeks: found.noGreeks,
      unsubscribe: () => {},
    });
  };

  const cancel = (reader: FieldReader): void => {
    const reqId = readCancelMarketData(reader);
    const it = subscriptions.get(reqId);
    if (it) end(it);
    else session.fail(reqId, 300, `Can't find EId with tickerId:${reqId}`);
  };

  const pushAll = (): void => {
    for (const it of subscriptions.values()) push(it);
  };
  const isStruck = (clientId: number | undefined): boolean =>
    clientId === undefined || clientId === session.clientId;
  const stops = [
    hours.onForced(pushAll),
    farms.onFeed(({ stopped, forgotten }) => {
      if (forgotten) { for (const it of subscriptions.values()) it.silencedBy ??= FORGOTTEN; }
      if (!stopped) pushAll();
    }),
    faults.on("mute", (fault) => {
      if (fault.openLines && isStruck(fault.clientId)) {
        for (const it of subscriptions.values()) {
          if (isAbout(fault, it.instrument)) it.silencedBy ??= fault;
        }
      }
      return () => {
        if (!fault.heals) return;
        for (const it of subscriptions.values()) if (it.silencedBy === fault) it.silencedBy = null;
        pushAll();
      };
    }),
    faults.on("refuse_data", (fault) => {
      if (!fault.openLines || !isStruck(fault.clientId)) return undefined;
      const refusal = DATA_REFUSALS[fault.code];
      for (const it of [...subscriptions.values()]) {
        if (!isAbout(fault, it.instrument)) continue;
        for (let at = 0; at < fault.burst; at++) {
          session.inject(it.reqId, fault.code, refusal.text(it.instrument));
        }
        if (refusal.then === "end") end(it);
      }
      return undefined;
    }),
  ];

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
      for (const stop of stops) stop();
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
  if (it.arrived >= COMPUTATIONS && !it.noGreeks) {
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
