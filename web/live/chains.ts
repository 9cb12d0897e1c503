/**
 * The chains in memory: one fold a ticker, brought up to date when it is asked for or listened to.
 * It is the fold of what is stored and of nothing else, so it is equal on every server.
 */
import type { Clock, Timer } from "../../base/clock.ts";
import { listAgents } from "../../db/agents.ts";
import { type SeenAgent, seenAgents } from "../../db/agent_sessions.ts";
import { referenceSpot } from "../../db/spots.ts";
import { type FollowedTicker, followedTicker, followedTickers } from "../../db/tickers.ts";
import type { StoredBatch } from "../../options/chain.ts";
import type { Ticker } from "../../options/contract.ts";
import type { AgentCounts } from "../../options/wire/live.ts";
import type { Log } from "../../telemetry/log.ts";
import { type Database, inTime, saysDatabaseAway } from "../database.ts";
import type { Chains, TrackedTicker } from "../services.ts";
import { agentReasonOf } from "./agent_reason.ts";
import { referenceCloseMs } from "./day.ts";
import { catchUp, type Folded, keepCheckpoint, loadChain, quotesIn } from "./fold.ts";
import { advance, type TrackedChain } from "./tracked.ts";

/** Batches, and quotes in them, after which a checkpoint is kept: a cold start folds about so many. */
export const CHECKPOINT_EVERY = 50;
const CHECKPOINT_QUOTES = 40_000;

/** Batches of this server that all chains together hold until they are folded: some 15 MB. */
const MAX_HELD = 64;

/** While batches are stored, folding what nobody looks at may take one part in so many of the time. */
const FOLD_AHEAD_SHARE = 10;

/** A chain that nobody looks at is folded when so many batches wait, so that who looks waits little. */
const FOLD_AHEAD_AFTER = 8;

/** How long a first fold may take before the database counts as away. */
const LOAD_DEADLINE_MS = 20_000;

/** An agent that was not heard of for this long is offline: one read, its default, is every 4 minutes. */
const AGENT_OFFLINE_AFTER_MS = 6 * 60_000;

/** An agent that was heard of within this time counts among those that there are. */
const AGENT_KNOWN_FOR_MS = 24 * 3_600_000;

interface Entry {
  readonly ticker: Ticker;
  tracked: TrackedChain | undefined;
  /** The highest position that was heard of. */
  storedSeq: number;
  keptSeq: number;
  /** Quotes folded since the newest checkpoint. */
  unkeptQuotes: number;
  catchingUp: Promise<void> | undefined;
  /** Batches that this server stored and has not folded yet, by `seq`. */
  readonly held: Map<number, StoredBatch>;
  reference: { readonly closeMs: number; readonly price: number } | undefined;
}

/** What the cache works with. */
export interface ChainCacheParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
}

/** The chains of one server. */
export class ChainCache implements Chains {
  readonly #parts: ChainCacheParts;
  readonly #entries = new Map<Ticker, Entry>();
  readonly #ahead = new Set<Entry>();
  #foldingAhead = false;
  /** Whether a batch was stored since the last chain was folded ahead. */
  #storing = false;
  #pause: Timer | undefined;
  /** Batches that are held, of all chains. */
  #held = 0;
  #followed: ReadonlyMap<Ticker, FollowedTicker> | undefined;
  #agentsSeenAtMs: ReadonlyMap<string, number | null> = new Map();
  /** Those that have a session. */
  #agents: readonly SeenAgent[] = [];

  constructor(parts: ChainCacheParts) {
    this.#parts = parts;
  }

  /**
   * The chain of a ticker, brought up to every position that was heard of; `heardSeq` is one that
   * a reader names, who may have it from another server.
   */
  async get(ticker: Ticker, heardSeq = 0): Promise<TrackedTicker | undefined> {
    const followed = await this.#follow(ticker);
    if (!followed) return undefined;
    this.note(ticker, heardSeq);
    return await this.#known(followed);
  }

  /** Every ticker that is followed. */
  async all(): Promise<readonly TrackedTicker[]> {
    if (!this.#followed) await this.refresh();
    const followed = [...this.#followed?.values() ?? []];
    return await Promise.all(followed.map((one) => this.#known(one)));
  }

  /** How the agents are, as of the last look; null before the first. */
  agentCounts(): AgentCounts | null {
    if (!this.#followed) return null;
    const sinceMs = this.#parts.clock.nowMs() - AGENT_KNOWN_FOR_MS;
    // One that has a key and never came, or is long gone, is missed by nobody.
    const known = new Set(this.#agents.map(({ agent }) => agent));
    for (const [agent, seenAtMs] of this.#agentsSeenAtMs) {
      if (seenAtMs !== null && seenAtMs >= sinceMs) known.add(agent);
    }
    const alive = this.#agents.filter(({ feedAlive }) => feedAlive).length;
    return { known: known.size, connected: this.#agents.length, alive };
  }

  /** Folds every chain before somebody asks for it, those that are asked for first. */
  warm(): void {
    for (const ticker of this.#followed?.keys() ?? []) this.#ahead.add(this.#entry(ticker));
    if (!this.#foldingAhead) this.#foldAhead();
  }

  /**
   * Notes a batch that this server has just stored; `true` where it is news. It is held if there
   * is room, so that folding it need not read it back.
   */
  stored(ticker: Ticker, batch: StoredBatch): boolean {
    this.#storing = true;
    const entry = this.#entry(ticker);
    if (entry.tracked && batch.seq > entry.tracked.chain.seq && this.#held < MAX_HELD) {
      entry.held.set(batch.seq, batch);
      this.#held++;
    }
    return this.note(ticker, batch.seq);
  }

  /** Notes a position that was heard of; `true` where it is news. */
  note(ticker: Ticker, seq: number): boolean {
    const entry = this.#entry(ticker);
    if (seq <= entry.storedSeq) return false;
    entry.storedSeq = seq;
    const behind = seq - (entry.tracked?.chain.seq ?? 0);
    if (behind >= FOLD_AHEAD_AFTER) {
      this.#ahead.add(entry);
      if (!this.#foldingAhead) this.#foldAhead();
    }
    return true;
  }

  /** Ends the work in the background. */
  close(): void {
    this.#ahead.clear();
    this.#pause?.cancel();
  }

  /** Folds chains that nobody looks at, one after the other, with a pause after each. */
  #foldAhead(): void {
    const [entry] = this.#ahead;
    this.#foldingAhead = entry !== undefined;
    if (!entry) return;
    this.#ahead.delete(entry);
    const { clock } = this.#parts;
    const beganMs = clock.monotonicMs();
    this.#inBackground(
      this.#upToDate(entry).finally(() => {
        const tookMs = clock.monotonicMs() - beganMs;
        const pauseMs = this.#storing ? tookMs * (FOLD_AHEAD_SHARE - 1) : 0;
        this.#storing = false;
        if (this.#ahead.size === 0) this.#foldingAhead = false;
        else this.#pause = clock.after(pauseMs, () => this.#foldAhead());
      }),
    );
  }

  /**
   * Reads which tickers are followed and which agents were heard of. Returns the tickers whose
   * position is news, and those that are followed no longer or only now.
   */
  async refresh(): Promise<readonly Ticker[]> {
    const { quick } = this.#parts.database;
    const [followed, agents, seen] = await Promise.all([
      followedTickers(quick),
      listAgents(quick),
      seenAgents(quick),
    ]);
    this.#agents = seen.filter(({ isThere }) => isThere);
    const before = this.#followed ?? new Map<Ticker, FollowedTicker>();
    this.#agentsSeenAtMs = new Map(agents.map((agent) => [agent.name, agent.lastSeenAtMs]));
    this.#followed = new Map(followed.map((one) => [one.ticker, one]));
    const news = followed.filter((one) => this.note(one.ticker, one.seq) || !before.has(one.ticker))
      .map((one) => one.ticker);
    const gone = [...before.keys()].filter((ticker) => !this.#followed?.has(ticker));
    return [...news, ...gone];
  }

  async #follow(ticker: Ticker): Promise<FollowedTicker | undefined> {
    const known = this.#followed?.get(ticker);
    // That nothing was ever known is said only after a look: another server may just have stored the first.
    if (known && this.#entry(ticker).storedSeq > 0) return known;
    const { clock, database } = this.#parts;
    try {
      const found = await inTime(clock, followedTicker(database.quick, ticker));
      if (found) this.note(ticker, found.seq);
      return found;
    } catch (error) {
      if (!known || !saysDatabaseAway(error)) throw error;
      return known;
    }
  }

  async #known(followed: FollowedTicker): Promise<TrackedTicker> {
    const entry = this.#entry(followed.ticker);
    const tracked = await this.#current(entry);
    const { chain } = tracked;
    return {
      ticker: followed.ticker,
      name: followed.name,
      deal: followed.deal,
      chain,
      tracked,
      agentOnline: this.#agentOnline(chain.agentId),
      agentReason: agentReasonOf(this.#agents, followed.ticker, chain.agentId),
      referencePrice: await this.#referencePrice(entry),
    };
  }

  /** The chain as new as can be: while the database is away, as it was known last. */
  async #current(entry: Entry): Promise<TrackedChain> {
    const known = entry.tracked;
    const { clock } = this.#parts;
    if (!known) return await inTime(clock, this.#upToDate(entry), LOAD_DEADLINE_MS);
    try {
      return await inTime(clock, this.#upToDate(entry));
    } catch (error) {
      if (!saysDatabaseAway(error)) throw error;
      return known;
    }
  }

  async #upToDate(entry: Entry): Promise<TrackedChain> {
    for (;;) {
      const { tracked } = entry;
      if (tracked && tracked.chain.seq >= entry.storedSeq) return tracked;
      entry.catchingUp ??= this.#catchUp(entry).finally(() => {
        entry.catchingUp = undefined;
      });
      await entry.catchingUp;
    }
  }

  /** Folds what is held and comes next. */
  #takeHeld(entry: Entry): void {
    const { tracked, held } = entry;
    if (!tracked || entry.catchingUp) return; // what is read meanwhile has it too
    const next: StoredBatch[] = [];
    for (;;) {
      const batch = held.get(tracked.chain.seq + next.length + 1);
      if (!batch) break;
      next.push(batch);
    }
    this.#held -= held.size;
    held.clear(); // whatever does not come next is read back when it is needed
    const advanced = advance(tracked, next);
    if (advanced) this.#took(entry, { tracked: advanced, quotes: quotesIn(next) });
  }

  async #catchUp(entry: Entry): Promise<void> {
    this.#takeHeld(entry);
    const { work } = this.#parts.database;
    const { ticker, storedSeq } = entry;
    if (entry.tracked && entry.tracked.chain.seq >= storedSeq) return;
    const first = entry.tracked === undefined;
    const folded = entry.tracked
      ? await catchUp(work, ticker, entry.tracked)
      : await loadChain(work, ticker);
    const { seq } = folded.tracked.chain;
    // The database has the last word: a position it does not have (of another database) is none.
    if (entry.storedSeq === storedSeq || entry.storedSeq < seq) entry.storedSeq = seq;
    if (first) entry.keptSeq = folded.tracked.sinceSeq;
    this.#took(entry, folded);
  }

  #took(entry: Entry, { tracked, quotes }: Folded): void {
    const { work } = this.#parts.database;
    const { ticker } = entry;
    const { seq } = tracked.chain;
    entry.tracked = tracked;
    entry.unkeptQuotes += quotes;
    if (seq - entry.keptSeq >= CHECKPOINT_EVERY || entry.unkeptQuotes >= CHECKPOINT_QUOTES) {
      entry.keptSeq = seq;
      entry.unkeptQuotes = 0;
      this.#inBackground(keepCheckpoint(work, ticker, tracked.chain));
    }
  }

  async #referencePrice(entry: Entry): Promise<number | null> {
    if (!entry.tracked?.chain.spot) return null;
    const { clock, database } = this.#parts;
    const closeMs = referenceCloseMs(clock.nowMs(), entry.ticker);
    if (entry.reference?.closeMs !== closeMs) {
      try {
        const price = await inTime(clock, referenceSpot(database.quick, entry.ticker, closeMs));
        entry.reference = price === undefined ? undefined : { closeMs, price };
      } catch (error) {
        if (!saysDatabaseAway(error)) throw error;
      }
    }
    return entry.reference?.closeMs === closeMs ? entry.reference.price : null;
  }

  #agentOnline(agentId: string | null): boolean | null {
    if (!this.#followed) return null;
    const nowMs = this.#parts.clock.nowMs();
    const isOnline = (seenAtMs: number | null | undefined): boolean =>
      typeof seenAtMs === "number" && nowMs - seenAtMs < AGENT_OFFLINE_AFTER_MS;
    if (agentId !== null) return isOnline(this.#agentsSeenAtMs.get(agentId));
    return [...this.#agentsSeenAtMs.values()].some(isOnline);
  }

  #entry(ticker: Ticker): Entry {
    let entry = this.#entries.get(ticker);
    if (!entry) {
      entry = {
        ticker,
        tracked: undefined,
        storedSeq: 0,
        keptSeq: 0,
        unkeptQuotes: 0,
        catchingUp: undefined,
        held: new Map(),
        reference: undefined,
      };
      this.#entries.set(ticker, entry);
    }
    return entry;
  }

  #inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      this.#parts.log.warn("chains.background_failed", message);
    });
  }
}
