/**
 * The subscriptions of a stream's contracts: asks for them, cancels what is wanted no more, and
 * asks anew for what is silent or was refused. It sends one message a step, so that who owns it
 * decides what goes first.
 */
import type { Clock } from "../../base/clock.ts";
import type { OccSymbol } from "../../options/contract.ts";
import type { MissingContract, Quote } from "../../options/quote.ts";
import type { Connection, OpenRequest } from "../gateway/connection.ts";
import type { GatewayEvent } from "../gateway/events.ts";
import type { LineShare } from "../gateway/lines.ts";
import { requestStream } from "../gateway/stream.ts";
import { assembleQuote, type Assembly } from "./assembly.ts";
import type { KnownChain } from "./known_chain.ts";
import type { Listing } from "./listing.ts";
import { subscriptionError } from "./subscription_errors.ts";
import { CONTRACT_DEADLINE_MS, MOST_REASON, OPEN_INTEREST_TICK, optionContract } from "./window.ts";

/** A silent or refused contract is asked for again so long after it was. */
export const RENEW_AFTER_MS = 10_000;

/** Without a subscription there is none a moment later; somebody may buy one meanwhile. */
const UNSUBSCRIBED_AGAIN_MS = 5 * 60_000;

/**
 * A line among others that tick can be dead by itself. Options rest for long, so it costs little:
 * one whose contract was silent for so long is asked for anew, one in a second.
 */
const QUIET_AGAIN_MS = 5 * 60_000;

/** Contracts asked for again in a second: two messages each, so that reads go on beside it. */
const RENEWALS_IN_A_SECOND = 10;

/** What subscriptions need. */
export interface SubscriptionsOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly lines: LineShare;
  /** The day's open interest is not asked for, and what is denied is noted. */
  readonly known: KnownChain;
  /** There is something to send. */
  readonly onWork: () => void;
  /** A contract was denied for the day. */
  readonly onDenied: () => void;
}

/** One contract that is wanted. */
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
  /** When it last ticked. */
  lastTickMs: number;
  /** The revision of its quote that was handed out. */
  told: number;
  /** Nobody wants its ticks any more, or the gateway ended it. */
  over: boolean;
}

/** Contracts that are kept subscribed. */
export class Subscriptions {
  /** When any of them last ticked, on the monotonic clock. */
  lastTickMs = Number.NEGATIVE_INFINITY;
  readonly #options: SubscriptionsOptions;
  readonly #entries = new Map<OccSymbol, Entry>();
  readonly #toOpen = new Set<Subscription>();
  readonly #toCancel: OpenRequest[] = [];

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** How many are wanted. */
  get count(): number {
    return this.#entries.size;
  }

  /** How many tick. */
  get ticking(): number {
    return [...this.#entries.values()].filter(isTicking).length;
  }

  /** Wants these and no others; what it has already stays as it is. */
  want(listings: readonly Listing[]): void {
    const wanted = new Set(listings.map(({ contract }) => contract.occ));
    for (const [occ, entry] of this.#entries) {
      if (wanted.has(occ)) continue;
      this.#drop(entry);
      this.#entries.delete(occ);
    }
    for (const listing of listings) {
      const { occ } = listing.contract;
      if (this.#entries.has(occ)) continue;
      const entry = { listing, subscription: undefined, reason: undefined, againMs: 0, denials: 0 };
      this.#entries.set(occ, entry);
      this.#ask(entry);
    }
  }

  /** The contracts that are wanted. */
  wanted(): ReadonlySet<OccSymbol> {
    return new Set(this.#entries.keys());
  }

  /** Sends one message, a cancel first, since it frees a line; false where there is none to send. */
  async step(): Promise<boolean> {
    const ended = this.#toCancel.shift();
    if (ended) {
      await this.#cancel(ended);
      return true;
    }
    const [next] = this.#toOpen;
    if (!next || !this.#options.lines.take()) return false;
    this.#toOpen.delete(next);
    await this.#subscribe(next);
    return true;
  }

  /** Cancels all; a lost connection has freed the lines itself. */
  async end(): Promise<void> {
    this.want([]);
    const lost = (): void => {};
    for (const request of this.#toCancel.splice(0)) await this.#cancel(request).catch(lost);
  }

  /** The quotes that changed since they were asked for here. */
  changed(): readonly Quote[] {
    const changed = this.#telling().filter(({ assembly, told }) => assembly.revision > told);
    for (const subscription of changed) subscription.told = subscription.assembly.revision;
    return changed.map(({ assembly }) => assembly.quote());
  }

  /** All quotes. */
  quotes(): readonly Quote[] {
    return this.#telling().map(({ assembly }) => assembly.quote());
  }

  /** The quote of a contract, where it ticks. */
  quoteOf(occ: OccSymbol): Quote | undefined {
    const subscription = this.#entries.get(occ)?.subscription;
    return subscription && this.#isTelling(subscription)
      ? subscription.assembly.quote()
      : undefined;
  }

  /** Those that do not tick and of which something says why. */
  missing(): readonly MissingContract[] {
    return [...this.#entries.values()].flatMap((entry) => {
      const { listing, reason } = entry;
      if (isTicking(entry) || reason === undefined) return [];
      return [{ contract: listing.contract.occ, reason }];
    });
  }

  /** Asks anew for all. */
  renewAll(): void {
    for (const entry of this.#entries.values()) this.#ask(entry);
  }

  /**
   * Asks anew for what is silent or was refused; where nothing ticks at all, for one at a time. To be
   * called every second.
   */
  renewSilent(): void {
    const nowMs = this.#options.clock.monotonicMs();
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

  /** Asks anew for the contract that rested longest, where that is long. To be called every second. */
  renewQuiet(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const [quietest] = [...this.#entries.values()]
      .flatMap(({ subscription }) => subscription?.tickedMs === undefined ? [] : subscription)
      .sort((a, b) => a.lastTickMs - b.lastTickMs);
    if (quietest && nowMs - quietest.lastTickMs >= QUIET_AGAIN_MS) this.#ask(quietest.entry);
  }

  async #cancel(request: OpenRequest): Promise<void> {
    this.#options.lines.release();
    await this.#options.connection.send((api) => void api.cancelMktData(request.requestId));
  }

  async #subscribe(subscription: Subscription): Promise<void> {
    const { listing } = subscription.entry;
    const { connection, known, lines } = this.#options;
    const openInterest = known.openInterest.get(listing.contract.occ);
    const genericTicks = openInterest === undefined ? OPEN_INTEREST_TICK : "";
    subscription.assembly = assembleQuote(listing.contract, listing.multiplier, openInterest);
    subscription.askedFor = connection.marketData;
    const opening = connection.open(
      (api, id) => requestStream(api, id, optionContract(listing), genericTicks),
      (event) => this.#take(subscription, event),
    );
    try {
      subscription.request = await opening;
    } catch (error) {
      lines.release();
      throw error;
    }
    // It was wanted no more while it waited for its turn.
    if (subscription.over) this.#giveBack(subscription.request);
  }

  #take(subscription: Subscription, event: GatewayEvent): void {
    if (subscription.over) return;
    if (event.type === "error") return this.#takeError(subscription, event);
    if (!subscription.assembly.take(event)) return;
    const { entry } = subscription;
    this.lastTickMs = this.#options.clock.monotonicMs();
    subscription.tickedMs ??= this.lastTickMs;
    subscription.lastTickMs = this.lastTickMs;
    entry.reason = undefined;
    entry.denials = 0;
  }

  #takeError(
    subscription: Subscription,
    error: { readonly code: number; readonly message: string },
  ): void {
    const meaning = subscriptionError(error.code);
    if (meaning.kind === "note") return;
    const { connection, lines, known, clock, onWork, onDenied } = this.#options;
    const { entry } = subscription;
    // The gateway holds no line for a request it refused: nothing is to be cancelled.
    subscription.over = true;
    subscription.request?.forget();
    entry.subscription = undefined;
    lines.release();
    onWork();
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
        connection.useDelayedData().catch(() => {/* lost; the owner sees it */});
        return this.#ask(entry);
      case "doubtful":
        // A second denial counts where others tick: then it is not the farm's.
        if (++entry.denials < 2 || !this.#isAnyTicking()) return later(text, RENEW_AFTER_MS);
        known.denied.set(entry.listing.contract.occ, text);
        return onDenied();
      case "refused":
        return later(meaning.reason ?? text, RENEW_AFTER_MS);
    }
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
      askedFor: this.#options.connection.marketData,
      request: undefined,
      tickedMs: undefined,
      lastTickMs: Number.NEGATIVE_INFINITY,
      told: 0,
      over: false,
    };
    this.#toOpen.add(entry.subscription);
    this.#options.onWork();
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
    this.#options.onWork();
  }
}

function isTicking({ subscription }: Entry): boolean {
  return subscription?.tickedMs !== undefined;
}
