/**
 * The reading window: it slides over a chain with as many streaming subscriptions as there are
 * market-data lines. Each contract keeps its line until its values are in, and no longer, so the
 * pacer and not the lines bounds the time: 2 messages a contract.
 */
import { type Contract as IbContract, SecType } from "@stoqey/ib";
import type { Clock } from "../../base/clock.ts";
import type { OccSymbol } from "../../options/contract.ts";
import type { MissingContract, Quote } from "../../options/quote.ts";
import type { ReasonCode } from "../../options/reasons.ts";
import type { Connection, OpenRequest } from "../gateway/connection.ts";
import type { GatewayEvent } from "../gateway/events.ts";
import type { ReadLines } from "../gateway/lines.ts";
import { requestStream } from "../gateway/stream.ts";
import { assembleQuote, type Assembly } from "./assembly.ts";
import type { Listing } from "./listing.ts";
import { subscriptionError } from "./subscription_errors.ts";
import { createWake } from "./wake.ts";

/** A contract has this long for its values. With more, lines and not messages would bound a read. */
export const CONTRACT_DEADLINE_MS = 4_000;

/**
 * A contract that ticked and then brought no further value for so long has said all it has: one
 * that never traded sends no last, and may have no model. The first values of a subscription come
 * within about 1.6 s of each other; prices that only move do not count.
 */
export const QUIET_MS = 2_000;

/**
 * Without a message limit the quiet time, and not the rate, would bound a read. Such a gateway is
 * the simulated one, so it may shrink to three times what the slowest whole contract needed.
 */
const LEAST_QUIET_MS = 500;
const WHOLE_CONTRACTS_TO_TRUST = 20;

/** How often the deadlines are looked at. */
const SWEEP_MS = 50;

/** A contract without a single tick is asked for once more. */
const TRIES = 2;

/**
 * After a refused line (101) the window waits a moment, since a cancelled one is not free at once.
 * Refused so often in a row, with nothing read between, it gives the rest up: others hold the lines.
 */
const LINE_PAUSE_MS = 500;
const LINE_REFUSALS_TO_GIVE_UP = 20;

/** Option open interest. Volume needs no generic tick: 100 is the volume of an underlying's options. */
export const OPEN_INTEREST_TICK = "101";

/** The longest reason that the server keeps. */
export const MOST_REASON = 200;

/** How far a read is. */
export interface WindowProgress {
  readonly done: number;
  readonly total: number;
}

/** When a feed is mute. */
export interface MuteRule {
  readonly afterMs: number;
  readonly isMarketOpen: () => boolean;
}

/** What a window needs. */
export interface WindowOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly lines: ReadLines;
  readonly onProgress?: (progress: WindowProgress) => void;
  /** The day's open interest where it is known: it is not asked for again. */
  readonly openInterest?: ReadonlyMap<OccSymbol, number>;
  /** Called for each contract that has both a bid and an ask when its values are in. */
  readonly onQuoted?: (quote: Quote) => void;
  /** How often a silent contract is asked for; twice unless it is said. */
  readonly tries?: number;
  /** Where nothing ticks at all for so long while the market is open, the rest is not asked for. */
  readonly mute?: MuteRule | undefined;
  /** Ends the read: the lines are cancelled, and the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What the window brought: every listing is in one of the two, once. */
export interface WindowResult {
  readonly quotes: readonly Quote[];
  readonly missing: readonly MissingContract[];
  /** Those of the missing that IB denies, asked twice, while it knew others. */
  readonly denied: ReadonlyMap<OccSymbol, string>;
  /** How many contracts were silent and asked for once more. */
  readonly requeued: number;
}

interface Entry {
  readonly listing: Listing;
  tries: number;
  /** How many quotes there were when IB first denied it. */
  quotesAtDenial?: number;
}

interface Active {
  readonly entry: Entry;
  readonly assembly: Assembly;
  readonly askedFor: Connection["marketData"];
  request: OpenRequest | undefined;
  firstValueMs: number | undefined;
  /** When the newest of its values came; `undefined` before the first tick. */
  lastValueMs: number | undefined;
}

/** Reads the listings in their order. Rejects when the connection is lost. */
export async function readWindow(
  listings: readonly Listing[],
  options: WindowOptions,
): Promise<WindowResult> {
  const window = new Window(listings, options);
  try {
    await window.run();
  } finally {
    await window.end();
  }
  const { quotes, missing, denied, requeued } = window;
  return { quotes, missing, denied, requeued };
}

class Window {
  readonly quotes: Quote[] = [];
  readonly missing: MissingContract[] = [];
  readonly denied = new Map<OccSymbol, string>();
  requeued = 0;
  readonly #options: WindowOptions;
  readonly #total: number;
  readonly #tries: number;
  readonly #queue: Entry[];
  #next = 0;
  readonly #active = new Set<Active>();
  readonly #toCancel: Active[] = [];
  readonly #changed = createWake();
  /** How many contracts brought every value, and the longest that one needed from first to last. */
  #whole = 0;
  #slowestWholeMs = 0;
  #lineRefusals = 0;
  /** When anything ticked, or there was nothing that could. */
  #heardMs: number;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  #lastSweepMs = Number.NEGATIVE_INFINITY;

  constructor(listings: readonly Listing[], options: WindowOptions) {
    this.#options = options;
    this.#heardMs = options.clock.monotonicMs();
    this.#total = listings.length;
    this.#tries = options.tries ?? TRIES;
    this.#queue = listings.map((listing) => ({ listing, tries: 0 }));
  }

  /** One message after the other: cancels first, since each frees a line. */
  async run(): Promise<void> {
    const { connection, clock, lines, signal } = this.#options;
    const wake = (): void => this.#changed.wake();
    const sweep = clock.every(SWEEP_MS, () => this.#sweep());
    connection.closed.addEventListener("abort", wake);
    signal?.addEventListener("abort", wake);
    try {
      while (
        this.#next < this.#queue.length || this.#active.size > 0 || this.#toCancel.length > 0
      ) {
        signal?.throwIfAborted();
        connection.closed.throwIfAborted();
        const ended = this.#toCancel.shift();
        const entry = this.#queue[this.#next];
        if (ended) {
          await this.#cancel(ended);
        } else if (entry && this.#mayBegin() && lines.take()) {
          this.#next++;
          await this.#subscribe(entry);
        } else {
          await this.#changed.sleep();
        }
      }
    } finally {
      sweep.cancel();
      connection.closed.removeEventListener("abort", wake);
      signal?.removeEventListener("abort", wake);
    }
  }

  /** Gives every line back, whatever happened. */
  async end(): Promise<void> {
    for (const active of this.#active) this.#toCancel.push(active);
    this.#active.clear();
    for (const active of this.#toCancel.splice(0)) {
      await this.#cancel(active).catch(() => {/* lost: the gateway frees the lines itself */});
    }
  }

  #mayBegin(): boolean {
    const { clock, lines } = this.#options;
    return lines.turn && clock.monotonicMs() >= this.#pausedUntilMs;
  }

  async #subscribe(entry: Entry): Promise<void> {
    const { listing } = entry;
    const openInterest = this.#options.openInterest?.get(listing.contract.occ);
    const genericTicks = openInterest === undefined ? OPEN_INTEREST_TICK : "";
    const active: Active = {
      entry,
      assembly: assembleQuote(listing.contract, listing.multiplier, openInterest),
      askedFor: this.#options.connection.marketData,
      request: undefined,
      firstValueMs: undefined,
      lastValueMs: undefined,
    };
    entry.tries++;
    this.#active.add(active);
    active.request = await this.#options.connection.open(
      (api, id) => requestStream(api, id, optionContract(listing), genericTicks),
      (event) => this.#take(active, event),
    );
  }

  async #cancel(active: Active): Promise<void> {
    const { connection, lines } = this.#options;
    const { request } = active;
    lines.release();
    if (!request) return;
    request.forget();
    await connection.send((api) => void api.cancelMktData(request.requestId));
  }

  #take(active: Active, event: GatewayEvent): void {
    if (!this.#active.has(active)) return;
    if (event.type === "error") return this.#takeError(active, event);
    const answered = active.assembly.answered;
    if (!active.assembly.take(event)) return;
    this.#heardMs = this.#options.clock.monotonicMs();
    if (active.lastValueMs === undefined || active.assembly.answered > answered) {
      active.lastValueMs = this.#options.clock.monotonicMs();
      active.firstValueMs ??= active.lastValueMs;
    }
    if (!active.assembly.complete) return;
    const tookMs = (active.lastValueMs ?? 0) - (active.firstValueMs ?? 0);
    this.#slowestWholeMs = Math.max(this.#slowestWholeMs, tookMs);
    this.#whole++;
    this.#settle(active);
  }

  #takeError(active: Active, error: { readonly code: number; readonly message: string }): void {
    const meaning = subscriptionError(error.code);
    const { connection, lines } = this.#options;
    if (meaning.kind === "note") return;
    // The gateway holds no line for a request it refused: nothing is to be cancelled.
    this.#active.delete(active);
    active.request?.forget();
    lines.release();
    this.#changed.wake();
    const text = `IB ${error.code}: ${error.message}`.slice(0, MOST_REASON);
    switch (meaning.kind) {
      case "no_line":
        lines.shrink();
        active.entry.tries--;
        this.#queue.push(active.entry);
        this.#pausedUntilMs = this.#options.clock.monotonicMs() + LINE_PAUSE_MS;
        if (++this.#lineRefusals >= LINE_REFUSALS_TO_GIVE_UP) this.#giveUp("line_budget");
        return;
      case "not_subscribed":
        if (active.askedFor === "delayed") return this.#miss(active.entry, "no_subscription");
        // Queued before the contract's second request, and thus sent before it.
        connection.useDelayedData().catch(() => {/* lost; the loop sees it */});
        active.entry.tries--;
        this.#queue.push(active.entry);
        return;
      case "doubtful":
        return this.#doubt(active.entry, text);
      case "refused":
        return this.#miss(active.entry, meaning.reason ?? text);
    }
  }

  /** The first denial may be the farm's; a second one counts where others were known meanwhile. */
  #doubt(entry: Entry, text: string): void {
    const quotes = this.quotes.length;
    if (entry.tries < this.#tries) {
      entry.quotesAtDenial ??= quotes;
      this.#queue.push(entry);
      return;
    }
    if (entry.quotesAtDenial !== undefined && quotes > entry.quotesAtDenial) {
      this.denied.set(entry.listing.contract.occ, text);
    }
    this.#miss(entry, text);
  }

  /** A timer that rings late was held up, and ticks wait in the socket: those come first. */
  #sweep(): void {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const late = nowMs - this.#lastSweepMs > 2 * SWEEP_MS;
    this.#lastSweepMs = nowMs;
    if (late) clock.after(0, () => this.#settleOverdue());
    else this.#settleOverdue();
  }

  /** Settles who was quiet for long enough or had its time; wakes the loop when a pause is over. */
  #settleOverdue(): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#options.lines.mustYield) this.#yieldLines();
    if (this.#active.size === 0) this.#heardMs = nowMs;
    if (this.#isMute(nowMs)) return this.#giveUpMute();
    if (this.#mayBegin() && this.#next < this.#queue.length) this.#changed.wake();
    const quietMs = this.#quietMs();
    for (const active of this.#active) {
      const { request, lastValueMs } = active;
      if (!request) continue;
      const quiet = lastValueMs !== undefined && nowMs - lastValueMs >= quietMs;
      if (quiet || nowMs - request.sentMs >= CONTRACT_DEADLINE_MS) this.#settle(active);
    }
  }

  #isMute(nowMs: number): boolean {
    const { mute } = this.#options;
    return mute !== undefined && nowMs - this.#heardMs >= mute.afterMs && mute.isMarketOpen();
  }

  /** Nothing ticks: whoever waits for the read hears it now, and the lines are free. */
  #giveUpMute(): void {
    for (const active of this.#active) {
      this.#toCancel.push(active);
      this.#miss(active.entry, "mute_feed");
    }
    this.#active.clear();
    this.#giveUp("mute_feed");
    this.#changed.wake();
  }

  /** Those that were begun are begun anew when it is this read's turn again. */
  #yieldLines(): void {
    const begun = [...this.#active].filter((active) => active.request !== undefined);
    for (const active of begun) {
      this.#active.delete(active);
      this.#toCancel.push(active);
      active.entry.tries--;
    }
    this.#queue.splice(this.#next, 0, ...begun.map(({ entry }) => entry));
    this.#changed.wake();
  }

  #quietMs(): number {
    const limited = this.#options.connection.pacer.ratePerSecond > 0;
    if (limited || this.#whole < WHOLE_CONTRACTS_TO_TRUST) return QUIET_MS;
    return Math.min(QUIET_MS, Math.max(LEAST_QUIET_MS, 3 * this.#slowestWholeMs));
  }

  /** The contract's time is over, or its values are in. */
  #settle(active: Active): void {
    this.#active.delete(active);
    this.#toCancel.push(active);
    this.#changed.wake();
    if (active.lastValueMs !== undefined) {
      this.#lineRefusals = 0;
      const quote = active.assembly.quote();
      this.quotes.push(quote);
      this.#progress();
      if (active.assembly.quoted) this.#options.onQuoted?.(quote);
    } else if (active.entry.tries < this.#tries) {
      this.requeued++;
      this.#queue.push(active.entry);
    } else {
      this.#miss(active.entry, "mute_feed");
    }
  }

  /** Reports all that is still to be asked for. */
  #giveUp(reason: ReasonCode): void {
    for (const entry of this.#queue.splice(this.#next)) this.#miss(entry, reason);
  }

  #miss({ listing }: Entry, reason: string): void {
    this.missing.push({ contract: listing.contract.occ, reason });
    this.#progress();
  }

  #progress(): void {
    const done = this.quotes.length + this.missing.length;
    this.#options.onProgress?.({ done, total: this.#total });
  }
}

/** The contract as it is asked for. */
export function optionContract(listing: Listing): IbContract {
  return { conId: listing.conId, secType: SecType.OPT, exchange: "SMART", currency: "USD" };
}
