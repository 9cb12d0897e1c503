/** One read that was asked for, by one or more callers, from its wait to its end. */
import type { Clock } from "../base/clock.ts";
import type { OccSymbol, Ticker } from "../options/contract.ts";
import type { Quote } from "../options/quote.ts";
import type { Log } from "../telemetry/log.ts";
import type { ChainMemory } from "./chain/chain_memory.ts";
import { allExpiries } from "./chain/expiries.ts";
import { type ReadPriority, urgencyOf } from "./chain/priority.ts";
import { type ChainRead, readChain, type ReadOutcome } from "./chain/read.ts";
import type { Outbox } from "./delivery/outbox.ts";
import { type Connection, GatewayLost } from "./gateway/connection.ts";
import type { Keeper } from "./gateway/keeper.ts";
import type { GatewayWatch } from "./gateway/watch.ts";
import type { Lines, ReadLines } from "./gateway/lines.ts";
import type { ReadProgress, ReadRequest, RequestOutcome } from "./reading.ts";

/** A read that loses its connection is begun anew so often. */
const TRIES = 2;

/** What reads share. */
export interface ReadContext {
  readonly keeper: Pick<Keeper, "connection"> & {
    readonly watch: Pick<GatewayWatch, "isTroubled">;
  };
  readonly lines: Lines;
  readonly memory: ChainMemory;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Log;
  /** The quote of a contract that a stream of the ticker keeps. */
  readonly streamed: (ticker: Ticker, occ: OccSymbol) => Quote | undefined;
  /** Called with each contract that brought prices. */
  readonly onQuoted: (ticker: Ticker) => void;
  readonly onProgress: (ticker: Ticker, progress: ReadProgress) => void;
  /** Called with the chain, before it is written to the spool. */
  readonly onRead: (read: ChainRead, seconds: number) => void;
  readonly onUnknown: (ticker: Ticker) => void;
  /** Whether the last read of the ticker brought no price. */
  readonly wasDry: (ticker: Ticker) => boolean;
  readonly muteAfterMs: number;
}

interface Caller {
  readonly request: ReadRequest;
  readonly answer: PromiseWithResolvers<RequestOutcome>;
  told: boolean;
}

/** A read that was asked for. */
export class ReadJob {
  readonly ticker: Ticker;
  priority: ReadPriority;
  progress: ReadProgress = { done: 0, total: 0 };
  readonly #context: ReadContext;
  readonly #callers = new Set<Caller>();
  readonly #stop = new AbortController();
  #lines: ReadLines | undefined;
  #isFirstStored = false;

  constructor(context: ReadContext, ticker: Ticker, priority: ReadPriority) {
    this.#context = context;
    this.ticker = ticker;
    this.priority = priority;
  }

  get urgency(): number {
    return urgencyOf(this.priority);
  }

  /** Nobody waits for it any more, or the reader ends. */
  get isGivenUp(): boolean {
    return this.#stop.signal.aborted;
  }

  /** One more caller waits for the read, which becomes as urgent as the caller is. */
  join(request: ReadRequest): Promise<RequestOutcome> {
    const caller: Caller = { request, answer: Promise.withResolvers(), told: false };
    const { signal } = request;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const leave = (): void => {
      this.#callers.delete(caller);
      caller.answer.reject(signal?.reason);
      if (this.#callers.size === 0) this.#stop.abort(signal?.reason);
    };
    signal?.addEventListener("abort", leave, { once: true });
    this.#callers.add(caller);
    if (urgencyOf(request.priority) > this.urgency) this.priority = request.priority;
    this.#lines?.raise(this.urgency);
    if (this.#isFirstStored) this.#tellFirst();
    return caller.answer.promise.finally(() => signal?.removeEventListener("abort", leave));
  }

  /** Reads and answers all callers; `undefined` where it was given up. Never rejects. */
  async run(): Promise<RequestOutcome | undefined> {
    try {
      const outcome = await this.#read();
      for (const { answer } of this.#callers) answer.resolve(outcome);
      return outcome;
    } catch (error) {
      for (const { answer } of this.#callers) answer.reject(error);
      return undefined;
    }
  }

  /** Ends it for all callers. */
  giveUp(reason: Error): void {
    this.#stop.abort(reason);
  }

  async #read(): Promise<RequestOutcome> {
    const { keeper, clock, log, outbox, onRead, onUnknown } = this.#context;
    const { signal } = this.#stop;
    for (let tries = 1;; tries++) {
      signal.throwIfAborted();
      const connection = await keeper.connection(signal);
      const startMs = clock.monotonicMs();
      try {
        const outcome = await this.#readOnce(connection);
        if (outcome.kind === "unknown" && keeper.watch.isTroubled) {
          // With a farm down the gateway knows nothing (IB 200, ib_insync #330).
          const message = `The gateway is in trouble: ${outcome.message}`;
          return { kind: "lost", reason: "paused", message };
        }
        if (outcome.kind === "unknown") {
          log.error("chain.unknown", outcome.message, { ticker: this.ticker });
          onUnknown(this.ticker);
          return outcome;
        }
        if (outcome.kind === "dry") return outcome;
        const { read } = outcome;
        const seconds = Math.round((clock.monotonicMs() - startMs) / 100) / 10;
        onRead(read, seconds);
        outbox.snapshot(read);
        const counts = {
          contracts: read.quotes.length,
          missing: read.missing.length,
          unread: this.#unread(read),
        };
        return { kind: "read", readId: read.readId, ...counts, seconds };
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof GatewayLost)) throw error;
        const { reason, message } = error;
        log.warn("chain.lost", `The read of ${this.ticker} broke off: ${message}`, {
          ticker: this.ticker,
          reason,
        });
        // A pause is nobody's failure: what waits for it goes on after it.
        if (reason === "paused") tries--;
        if (tries === TRIES) return { kind: "lost", reason, message };
      }
    }
  }

  /** Its updates are over when it ends: the snapshot is the last word. */
  async #readOnce(connection: Connection): Promise<ReadOutcome> {
    const { ticker } = this;
    const { memory, lines, outbox, streamed } = this.#context;
    const readId = crypto.randomUUID();
    const updates = outbox.earlyUpdates(ticker, readId, () => {
      this.#isFirstStored = true;
      this.#tellFirst();
    });
    this.#lines = lines.forRead(this.urgency);
    try {
      return await readChain(connection, {
        ...this.#context,
        ticker,
        readId,
        choose: allExpiries,
        wasDry: this.#context.wasDry(ticker),
        lines: this.#lines,
        known: memory.recall(ticker),
        streamed: (occ) => streamed(ticker, occ),
        signal: this.#stop.signal,
        onQuoted: (quote, spot) => {
          this.#context.onQuoted(ticker);
          updates.add(quote, spot);
        },
        onProgress: (progress) => this.#tell(progress),
      });
    } finally {
      this.#lines.close();
      memory.keep(ticker);
      await updates.end();
    }
  }

  #unread({ missing }: ChainRead): number {
    const denied = new Set<string>(this.#context.memory.recall(this.ticker).denied.keys());
    return missing.filter(({ contract, reason }) =>
      reason !== "no_subscription" && !denied.has(contract)
    ).length;
  }

  #tell(progress: ReadProgress): void {
    this.progress = progress;
    this.#context.onProgress(this.ticker, progress);
    for (const { request } of this.#callers) request.onProgress?.(progress);
  }

  #tellFirst(): void {
    for (const caller of this.#callers) {
      if (!caller.told) caller.request.onFirst?.();
      caller.told = true;
    }
  }
}
