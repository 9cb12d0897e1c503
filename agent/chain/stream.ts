/**
 * A stream keeps a window of a chain subscribed, as long as the connection lasts and the trading
 * day is not over. It hands out what changed every second and all of its window every minute, moves
 * with the price, and asks anew for what is silent.
 */
import type { Clock } from "../../base/clock.ts";
import type { OccSymbol, Ticker } from "../../options/contract.ts";
import type { MissingContract, Quote } from "../../options/quote.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Connection, OpenRequest } from "../gateway/connection.ts";
import type { GatewayEvent } from "../gateway/events.ts";
import type { StreamLines } from "../gateway/lines.ts";
import { requestStream } from "../gateway/stream.ts";
import { assembleQuote, type Assembly } from "./assembly.ts";
import { listOptions, resolveUnderlying } from "./discovery.ts";
import { allExpiries } from "./expiries.ts";
import { type KnownChain, stillListed } from "./known_chain.ts";
import type { Listing } from "./listing.ts";
import { type UnderlyingWatch, watchUnderlying } from "./spot.ts";
import {
  chooseContracts,
  formatStreamWindow,
  isOffCentre,
  type StreamWindow,
} from "./stream_window.ts";
import { subscriptionError } from "./subscription_errors.ts";
import { tradingDay } from "./trading_day.ts";
import { createWake } from "./wake.ts";
import { CONTRACT_DEADLINE_MS, MOST_REASON, OPEN_INTEREST_TICK, optionContract } from "./window.ts";

const SECOND_MS = 1_000;

/** Seconds from one snapshot of the window to the next. */
const SNAPSHOT_EVERY = 60;

/** A silent or refused contract is asked for again so long after it was. */
const RENEW_AFTER_MS = 10_000;

/** Without a subscription there is none a moment later; somebody may buy one meanwhile. */
const UNSUBSCRIBED_AGAIN_MS = 5 * 60_000;

/** Contracts asked for again in a second: two messages each, so that reads go on beside it. */
const RENEWALS_IN_A_SECOND = 10;

/** While the market is open a window that is silent for so long has lost its subscriptions. */
const DEAD_AFTER_MS = 60_000;

/** How a stream is, at one moment. */
export interface StreamState {
  readonly ticker: Ticker;
  readonly window: string;
  /** The contracts of the window. */
  readonly contracts: number;
  /** Those that ticked since they were asked for. */
  readonly ticking: number;
  /** Those that do not, with the reason. */
  readonly missing: readonly MissingContract[];
  /** Each contract of the window ticks, or is among the missing. */
  readonly whole: boolean;
  readonly spot: number | null;
}

/** Takes what a stream brings. */
export interface StreamSink {
  /** What changed within a second, be it nothing. */
  changes(quotes: readonly Quote[], spot: number | null): void;
  /** The whole window. */
  snapshot(window: {
    readonly spot: number | null;
    readonly quotes: readonly Quote[];
    readonly missing: readonly MissingContract[];
  }): void;
}

/** What a stream needs. */
export interface StreamOptions {
  readonly ticker: Ticker;
  readonly window: StreamWindow;
  readonly clock: Clock;
  readonly log: Log;
  readonly lines: StreamLines;
  readonly known: KnownChain;
  /** The delta of a contract as the last read of the chain saw it. */
  readonly deltaOf: (occ: OccSymbol) => number | null;
  readonly isMarketOpen: () => boolean;
  readonly sink: StreamSink;
  readonly signal: AbortSignal;
}

/** A running stream. */
export interface ChainStream {
  /**
   * Resolves when the trading day is over, with the gateway's sentence where it knows no such
   * chain. Rejects with `GatewayLost` when the connection is lost, or the signal's reason.
   */
  readonly ended: Promise<{ readonly refusal: string } | undefined>;
  /** The quote of a contract of the window that ticks. */
  quoteOf(occ: OccSymbol): Quote | undefined;
  /** Subscribes all of the window anew. */
  renew(): void;
  state(): StreamState;
}

/** Starts to stream. */
export function streamChain(connection: Connection, options: StreamOptions): ChainStream {
  return new Stream(connection, options);
}

/** One contract of the window. */
interface Entry {
  readonly listing: Listing;
  /** It waits for its turn, or is subscribed; `undefined` after a refusal. */
  subscription: Subscription | undefined;
  /** Why it does not tick, where something says so. */
  reason: string | undefined;
  /** After a refusal: when it may be asked for again. */
  againMs: number;
  /** How often in a row IB denied it. */
  denials: number;
}

/** One request for a contract's ticks. */
interface Subscription {
  readonly entry: Entry;
  assembly: Assembly;
  askedFor: Connection["marketData"];
  /** Absent until it was sent. */
  request: OpenRequest | undefined;
  /** When it first ticked. */
  tickedMs: number | undefined;
  /** The revision of its quote that was handed out. */
  told: number;
  /** Nobody wants its ticks any more, or the gateway ended it. */
  over: boolean;
}

class Stream implements ChainStream {
  readonly ended: ChainStream["ended"];
  readonly #connection: Connection;
  readonly #options: StreamOptions;
  readonly #entries = new Map<OccSymbol, Entry>();
  /** Contracts of the window for which there is no line, or that IB denies. */
  #leftOut: readonly MissingContract[] = [];
  readonly #toOpen = new Set<Subscription>();
  readonly #toCancel: OpenRequest[] = [];
  readonly #changed = createWake();
  #listings: readonly Listing[] = [];
  #watch: UnderlyingWatch | undefined;
  #watchedMs = 0;
  /** The underlying is to be asked for anew. */
  #isWatchLost = false;
  #centre: number | null = null;
  #most = 0;
  #seconds = 0;
  #lastTickMs = 0;
  /** When all was last asked for anew. */
  #renewedMs: number;
  /** Whether anything ticked since the last snapshot. */
  #heard = false;
  #over = false;

  constructor(connection: Connection, options: StreamOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#renewedMs = options.clock.monotonicMs();
    this.ended = this.#run().finally(() => this.#end());
    this.ended.catch(() => {/* whoever waits for it sees it */});
  }

  quoteOf(occ: OccSymbol): Quote | undefined {
    const subscription = this.#entries.get(occ)?.subscription;
    return subscription && this.#isTelling(subscription)
      ? subscription.assembly.quote()
      : undefined;
  }

  renew(): void {
    this.#renewedMs = this.#options.clock.monotonicMs();
    this.#isWatchLost = true;
    for (const entry of this.#entries.values()) this.#ask(entry);
    this.#changed.wake();
  }

  state(): StreamState {
    const entries = [...this.#entries.values()];
    const ticking = entries.filter(isTicking).length;
    const missing = this.#missing();
    const contracts = entries.length + this.#leftOut.length;
    return {
      ticker: this.#options.ticker,
      window: formatStreamWindow(this.#options.window),
      contracts,
      ticking,
      missing,
      whole: contracts > 0 && ticking + missing.length === contracts,
      spot: this.#watch?.spot() ?? null,
    };
  }

  async #run(): Promise<{ readonly refusal: string } | undefined> {
    const { clock, lines, ticker, known, signal } = this.#options;
    const connection = this.#connection;
    const discovery = { connection, clock, ticker, known };
    const underlying = await resolveUnderlying(discovery);
    if ("refusal" in underlying) return underlying;
    const watch = async (): Promise<UnderlyingWatch> => {
      this.#isWatchLost = false;
      this.#watchedMs = clock.monotonicMs();
      await this.#watch?.end();
      this.#watch = await watchUnderlying(connection, clock, lines, underlying);
      return this.#watch;
    };
    const firstWatch = await watch();
    const chain = await listOptions({ ...discovery, underlying, choose: allExpiries });
    if ("refusal" in chain) return chain;
    this.#listings = chain.listings;
    await firstWatch.firstPrice();
    this.#lastTickMs = clock.monotonicMs();
    this.#centre = firstWatch.spot();
    this.#choose();
    const wake = (): void => this.#changed.wake();
    const second = clock.every(SECOND_MS, () => this.#second());
    connection.closed.addEventListener("abort", wake);
    signal.addEventListener("abort", wake);
    try {
      await this.#work(watch);
      return undefined;
    } finally {
      second.cancel();
      connection.closed.removeEventListener("abort", wake);
      signal.removeEventListener("abort", wake);
    }
  }

  /** One message after the other: cancels first, since each frees a line. */
  async #work(watch: () => Promise<unknown>): Promise<void> {
    const { lines, signal } = this.#options;
    while (!this.#over) {
      signal.throwIfAborted();
      this.#connection.closed.throwIfAborted();
      const ended = this.#toCancel.shift();
      const [next] = this.#toOpen;
      if (ended) {
        await this.#cancel(ended);
      } else if (this.#isWatchLost) {
        await watch();
      } else if (next && lines.take()) {
        this.#toOpen.delete(next);
        await this.#subscribe(next);
      } else {
        await this.#changed.sleep();
      }
    }
  }

  /** Gives every line back, whatever happened. */
  async #end(): Promise<void> {
    for (const entry of this.#entries.values()) this.#drop(entry);
    this.#entries.clear();
    const lost = (): void => {/* the gateway frees the lines itself */};
    for (const request of this.#toCancel.splice(0)) await this.#cancel(request).catch(lost);
    await this.#watch?.end();
  }

  async #cancel(request: OpenRequest): Promise<void> {
    this.#options.lines.release();
    await this.#connection.send((api) => void api.cancelMktData(request.requestId));
  }

  async #subscribe(subscription: Subscription): Promise<void> {
    const { listing } = subscription.entry;
    const { known, lines } = this.#options;
    const openInterest = known.openInterest.get(listing.contract.occ);
    const genericTicks = openInterest === undefined ? OPEN_INTEREST_TICK : "";
    subscription.assembly = assembleQuote(listing.contract, listing.multiplier, openInterest);
    subscription.askedFor = this.#connection.marketData;
    const opening = this.#connection.open(
      (api, id) => requestStream(api, id, optionContract(listing), genericTicks),
      (event) => this.#take(subscription, event),
    );
    try {
      subscription.request = await opening;
    } catch (error) {
      lines.release();
      throw error;
    }
    // It was put out of the window while it waited for its turn.
    if (subscription.over) this.#giveBack(subscription.request);
  }

  #take(subscription: Subscription, event: GatewayEvent): void {
    if (subscription.over) return;
    if (event.type === "error") return this.#takeError(subscription, event);
    if (!subscription.assembly.take(event)) return;
    const { entry } = subscription;
    this.#lastTickMs = this.#options.clock.monotonicMs();
    this.#heard = true;
    subscription.tickedMs ??= this.#lastTickMs;
    entry.reason = undefined;
    entry.denials = 0;
  }

  #takeError(
    subscription: Subscription,
    error: { readonly code: number; readonly message: string },
  ): void {
    const meaning = subscriptionError(error.code);
    if (meaning.kind === "note") return;
    const { lines, known, clock } = this.#options;
    const { entry } = subscription;
    // The gateway holds no line for a request it refused: nothing is to be cancelled.
    subscription.over = true;
    subscription.request?.forget();
    entry.subscription = undefined;
    lines.release();
    this.#changed.wake();
    const text = `IB ${error.code}: ${error.message}`.slice(0, MOST_REASON);
    const later = (reason: string, afterMs: number): void => {
      entry.reason = reason;
      entry.againMs = clock.monotonicMs() + afterMs;
    };
    switch (meaning.kind) {
      case "no_line":
        lines.shrink();
        return later("line_budget", RENEW_AFTER_MS);
      case "not_subscribed":
        if (subscription.askedFor === "delayed") {
          return later("no_subscription", UNSUBSCRIBED_AGAIN_MS);
        }
        // Queued before the contract's second request, and thus sent before it.
        this.#connection.useDelayedData().catch(() => {/* lost; the loop sees it */});
        return this.#ask(entry);
      case "doubtful":
        // A second denial counts where others tick: then it is not the farm's.
        if (++entry.denials < 2 || !this.#isAnyTicking()) return later(text, RENEW_AFTER_MS);
        known.denied.set(entry.listing.contract.occ, text);
        return this.#choose();
      case "refused":
        return later(meaning.reason ?? text, RENEW_AFTER_MS);
    }
  }

  #second(): void {
    const { clock, lines, known, sink } = this.#options;
    const nowMs = clock.monotonicMs();
    const spot = this.#watch?.spot() ?? null;
    const isOff = isOffCentre(this.#listings, this.#centre, spot);
    if (isOff) this.#centre = spot;
    if (isOff || lines.most !== this.#most) this.#choose();
    this.#renewDead(nowMs);
    this.#renewSilent(nowMs);
    const changed = this.#telling().filter(({ assembly, told }) => assembly.revision > told);
    for (const subscription of changed) subscription.told = subscription.assembly.revision;
    sink.changes(changed.map(({ assembly }) => assembly.quote()), spot);
    if (++this.#seconds % SNAPSHOT_EVERY === 0) this.#minute(spot);
    if (tradingDay(clock.nowMs()) !== known.day) this.#over = true;
    this.#changed.wake();
  }

  /** A minute in which nothing ticked says nothing of the prices. */
  #minute(spot: number | null): void {
    const { sink, known } = this.#options;
    const quotes = this.#telling().map(({ assembly }) => assembly.quote());
    for (const { occ, openInterest } of quotes) {
      if (openInterest !== null) known.openInterest.set(occ, openInterest);
    }
    if (this.#heard && quotes.length > 0) {
      sink.snapshot({ spot, quotes, missing: this.#missing() });
    }
    this.#heard = false;
    // Contracts leave the chain at their expiry, and deltas move.
    this.#choose();
  }

  #telling(): Subscription[] {
    return [...this.#entries.values()].flatMap(({ subscription }) =>
      subscription && this.#isTelling(subscription) ? [subscription] : []
    );
  }

  /** Bid and ask are answered, or there was time enough: an unfinished quote never says none now. */
  #isTelling({ tickedMs, assembly }: Subscription): boolean {
    if (tickedMs === undefined) return false;
    const ageMs = this.#options.clock.monotonicMs() - tickedMs;
    return assembly.bothSides || ageMs >= CONTRACT_DEADLINE_MS;
  }

  /** While the market is open, a window without any tick for long has lost its subscriptions. */
  #renewDead(nowMs: number): void {
    const { isMarketOpen, log, ticker } = this.#options;
    const never = Number.NEGATIVE_INFINITY;
    const heardMs = Math.max(this.#lastTickMs, this.#watch?.lastTickMs ?? never);
    if (nowMs - Math.max(heardMs, this.#renewedMs) < DEAD_AFTER_MS || !isMarketOpen()) return;
    log.warn("stream.silent", `The stream of ${ticker} is silent; it is asked for anew`, {
      ticker,
      silentSeconds: Math.round((nowMs - heardMs) / 1_000),
    });
    this.renew();
  }

  /** Asks anew for what is silent or was refused; where nothing ticks at all, for one at a time. */
  #renewSilent(nowMs: number): void {
    const watch = this.#watch;
    const isWatchSilent = watch !== undefined && (!watch.alive || watch.lastTickMs === undefined);
    if (isWatchSilent && nowMs - this.#watchedMs >= RENEW_AFTER_MS) this.#isWatchLost = true;
    let most = this.#isAnyTicking() ? RENEWALS_IN_A_SECOND : 1;
    for (const entry of this.#entries.values()) {
      if (isTicking(entry)) continue;
      const { subscription } = entry;
      const sentMs = subscription?.request?.sentMs;
      if (sentMs !== undefined && nowMs - sentMs >= CONTRACT_DEADLINE_MS) {
        entry.reason ??= "mute_feed";
      }
      // One that waits for its turn has no time yet at which it was sent.
      const dueMs = subscription ? (sentMs ?? nowMs) + RENEW_AFTER_MS : entry.againMs;
      if (nowMs < dueMs || most === 0) continue;
      this.#ask(entry);
      most--;
    }
  }

  #isAnyTicking(): boolean {
    return this.#entries.values().some(isTicking);
  }

  /** Has the contract subscribed, in place of the subscription that it has. */
  #ask(entry: Entry): void {
    this.#drop(entry);
    const { contract, multiplier } = entry.listing;
    entry.subscription = {
      entry,
      assembly: assembleQuote(contract, multiplier),
      askedFor: this.#connection.marketData,
      request: undefined,
      tickedMs: undefined,
      told: 0,
      over: false,
    };
    this.#toOpen.add(entry.subscription);
    this.#changed.wake();
  }

  /** Has its subscription cancelled. */
  #drop(entry: Entry): void {
    const { subscription } = entry;
    if (!subscription) return;
    subscription.over = true;
    this.#toOpen.delete(subscription);
    if (subscription.request) this.#giveBack(subscription.request);
    entry.subscription = undefined;
  }

  #giveBack(request: OpenRequest): void {
    request.forget();
    this.#toCancel.push(request);
    this.#changed.wake();
  }

  /** Chooses the contracts of the window: those that leave it are cancelled, the new asked for. */
  #choose(): void {
    const { window, known, clock, lines, deltaOf } = this.#options;
    const held = new Set(this.#entries.keys());
    const wanted = chooseContracts(window, {
      listings: stillListed(this.#listings, clock.nowMs()),
      money: this.#centre,
      deltaOf: (occ) =>
        this.#entries.get(occ)?.subscription?.assembly.quote().delta ?? deltaOf(occ),
      held,
    });
    this.#most = lines.most;
    const possible = wanted.filter(({ contract }) => !known.denied.has(contract.occ));
    // One line is the underlying's.
    const chosen = possible.slice(0, Math.max(0, this.#most - 1));
    this.#leftOut = [
      ...wanted.flatMap(({ contract: { occ } }) => {
        const reason = known.denied.get(occ);
        return reason === undefined ? [] : [{ contract: occ, reason }];
      }),
      ...possible.slice(chosen.length).map(({ contract: { occ } }) => ({
        contract: occ,
        reason: "line_budget",
      })),
    ];
    const kept = new Set(chosen.map(({ contract }) => contract.occ));
    for (const [occ, entry] of this.#entries) {
      if (kept.has(occ)) continue;
      this.#drop(entry);
      this.#entries.delete(occ);
    }
    for (const listing of chosen) {
      const { occ } = listing.contract;
      if (held.has(occ)) continue;
      const entry: Entry = {
        listing,
        subscription: undefined,
        reason: undefined,
        againMs: 0,
        denials: 0,
      };
      this.#entries.set(occ, entry);
      this.#ask(entry);
    }
  }

  #missing(): readonly MissingContract[] {
    const silent = [...this.#entries.values()].flatMap((entry) => {
      const { listing, reason } = entry;
      if (isTicking(entry) || reason === undefined) return [];
      return [{ contract: listing.contract.occ, reason }];
    });
    return [...silent, ...this.#leftOut];
  }
}

function isTicking({ subscription }: Entry): boolean {
  return subscription?.tickedMs !== undefined;
}
