/**
 * A stream keeps a window of a chain subscribed, as long as the connection lasts and the trading
 * day is not over. It hands out what changed every second and all of its window every minute, moves
 * with the price, and asks anew for what is silent.
 */
import type { Clock } from "../../base/clock.ts";
import type { OccSymbol, Ticker } from "../../options/contract.ts";
import type { MissingContract, Quote } from "../../options/quote.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Connection } from "../gateway/connection.ts";
import type { StreamLines } from "../gateway/lines.ts";
import { listOptions, resolveUnderlying } from "./discovery.ts";
import { allExpiries } from "./expiries.ts";
import { type KnownChain, stillListed } from "./known_chain.ts";
import type { Listing } from "./listing.ts";
import { SilenceWatch } from "./silence.ts";
import { type UnderlyingWatch, watchUnderlying } from "./spot.ts";
import {
  chooseContracts,
  formatStreamWindow,
  isOffCentre,
  type StreamWindow,
} from "./stream_window.ts";
import { RENEW_AFTER_MS, Subscriptions } from "./subscriptions.ts";
import { tradingDay } from "./trading_day.ts";
import { createWake } from "./wake.ts";

const SECOND_MS = 1_000;

/** Seconds from one snapshot of the window to the next. */
const SNAPSHOT_EVERY = 60;

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
  /** Subscribed, the market open, and silent even when it was asked for anew. */
  readonly mute: boolean;
  /** When a contract of the window last ticked, on the monotonic clock; `null` before the first. */
  readonly lastTickMs: number | null;
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
  /** A window that is silent for so long while the market is open is mute. */
  readonly muteAfterMs: number;
  /** Called each time that the feed is found mute. */
  readonly onMute?: () => void;
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

class Stream implements ChainStream {
  readonly ended: ChainStream["ended"];
  readonly #connection: Connection;
  readonly #options: StreamOptions;
  readonly #contracts: Subscriptions;
  /** Contracts of the window for which there is no line, or that IB denies. */
  #leftOut: readonly MissingContract[] = [];
  readonly #changed = createWake();
  #listings: readonly Listing[] = [];
  #watch: UnderlyingWatch | undefined;
  #watchedMs = 0;
  /** The underlying is to be asked for anew. */
  #isWatchLost = false;
  #centre: number | null = null;
  #most = 0;
  #seconds = 0;
  readonly #silence: SilenceWatch;
  #lastSnapshotMs: number;
  #over = false;

  constructor(connection: Connection, options: StreamOptions) {
    const { clock, lines, known } = options;
    this.#connection = connection;
    this.#options = options;
    this.#contracts = new Subscriptions({
      connection,
      clock,
      lines,
      known,
      onWork: () => this.#changed.wake(),
      onDenied: () => this.#choose(),
    });
    this.#silence = new SilenceWatch(options.muteAfterMs);
    this.#lastSnapshotMs = clock.monotonicMs();
    this.ended = this.#run().finally(() => this.#end());
    this.ended.catch(() => {/* whoever waits for it sees it */});
  }

  quoteOf(occ: OccSymbol): Quote | undefined {
    return this.#contracts.quoteOf(occ);
  }

  renew(): void {
    this.#isWatchLost = true;
    this.#contracts.renewAll();
    this.#changed.wake();
  }

  state(): StreamState {
    const { count, ticking } = this.#contracts;
    const missing = this.#missing();
    const contracts = count + this.#leftOut.length;
    return {
      ticker: this.#options.ticker,
      window: formatStreamWindow(this.#options.window),
      contracts,
      ticking,
      missing,
      whole: contracts > 0 && ticking + missing.length === contracts,
      spot: this.#watch?.spot() ?? null,
      mute: this.#silence.muteSinceMs !== undefined,
      lastTickMs: Number.isFinite(this.#contracts.lastTickMs) ? this.#contracts.lastTickMs : null,
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

  /** One message after the other. */
  async #work(watch: () => Promise<unknown>): Promise<void> {
    while (!this.#over) {
      this.#options.signal.throwIfAborted();
      this.#connection.closed.throwIfAborted();
      if (this.#isWatchLost) await watch();
      else if (!await this.#contracts.step()) await this.#changed.sleep();
    }
  }

  /** Gives every line back, whatever happened. */
  async #end(): Promise<void> {
    await this.#contracts.end();
    await this.#watch?.end();
  }

  #second(): void {
    const { clock, lines, known, sink } = this.#options;
    const spot = this.#watch?.spot() ?? null;
    const isOff = isOffCentre(this.#listings, this.#centre, spot);
    if (isOff) this.#centre = spot;
    if (isOff || lines.most !== this.#most) this.#choose();
    this.#listen();
    this.#renewWatch();
    this.#contracts.renewSilent();
    if (this.#options.isMarketOpen()) this.#contracts.renewQuiet();
    sink.changes(this.#contracts.changed(), spot);
    if (++this.#seconds % SNAPSHOT_EVERY === 0) this.#minute(spot);
    if (tradingDay(clock.nowMs()) !== known.day) this.#over = true;
    this.#changed.wake();
  }

  /** A minute in which nothing ticked says nothing of the prices. */
  #minute(spot: number | null): void {
    const { sink, known, clock } = this.#options;
    const quotes = this.#contracts.quotes();
    for (const { occ, openInterest } of quotes) {
      if (openInterest !== null) known.openInterest.set(occ, openInterest);
    }
    const isHeard = this.#contracts.lastTickMs > this.#lastSnapshotMs;
    if (isHeard && quotes.length > 0) sink.snapshot({ spot, quotes, missing: this.#missing() });
    this.#lastSnapshotMs = clock.monotonicMs();
    // Contracts leave the chain at their expiry, and deltas move.
    this.#choose();
  }

  /** A window that is silent for long is asked for anew, and mute where that brings nothing. */
  #listen(): void {
    const { isMarketOpen, log, ticker, clock, onMute, muteAfterMs } = this.#options;
    if (this.#contracts.count === 0) return;
    const { lastTickMs } = this.#contracts;
    const look = { nowMs: clock.monotonicMs(), isMarketOpen: isMarketOpen(), lastTickMs };
    switch (this.#silence.look(look)) {
      case "ask anew":
        log.info("stream.silent", `The stream of ${ticker} is silent; it is asked for anew`, {
          ticker,
        });
        return this.renew();
      case "mute":
        log.warn("stream.mute", `The feed of ${ticker} is mute: subscribed, and not one tick`, {
          ticker,
          silentSeconds: Math.round(muteAfterMs / 1_000),
        });
        return onMute?.();
      case "heard":
        return log.info("stream.heard", `The feed of ${ticker} ticks again`, { ticker });
      case "as before":
    }
  }

  /** An underlying that was refused, never ticked or fell silent is asked for anew. */
  #renewWatch(): void {
    const watch = this.#watch;
    if (!watch) return;
    const { clock, isMarketOpen, muteAfterMs } = this.#options;
    const nowMs = clock.monotonicMs();
    const isSilent = !watch.alive || watch.lastTickMs === undefined;
    const ageMs = nowMs - this.#watchedMs;
    const quietMs = Math.min(ageMs, nowMs - (watch.lastTickMs ?? nowMs));
    if (isSilent ? ageMs >= RENEW_AFTER_MS : quietMs >= muteAfterMs && isMarketOpen()) {
      this.#isWatchLost = true;
    }
  }

  /** Chooses the contracts of the window: those that leave it are cancelled, the new asked for. */
  #choose(): void {
    const { window, known, clock, lines, deltaOf } = this.#options;
    const wanted = chooseContracts(window, {
      listings: stillListed(this.#listings, clock.nowMs()),
      money: this.#centre,
      deltaOf: (occ) => this.#contracts.quoteOf(occ)?.delta ?? deltaOf(occ),
      held: this.#contracts.wanted(),
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
    this.#contracts.want(chosen);
  }

  #missing(): readonly MissingContract[] {
    return [...this.#contracts.missing(), ...this.#leftOut];
  }
}
