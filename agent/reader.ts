/**
 * What the agent reads, in what order: chains that somebody asks for, one after the other by
 * urgency, and windows of chains that are streamed. Whoever wants a chain read asks here: the
 * rounds of `agent run`, and the server by the session.
 */
import type { Clock } from "../base/clock.ts";
import type { OccSymbol, Ticker } from "../options/contract.ts";
import { isOpenBy } from "../options/liquid_hours.ts";
import type { MissingContract } from "../options/quote.ts";
import type { Log } from "../telemetry/log.ts";
import type { ChainMemory } from "./chain/chain_memory.ts";
import type { ChainRead } from "./chain/read.ts";
import type { StreamWindow } from "./chain/stream_window.ts";
import type { Outbox } from "./delivery/outbox.ts";
import type { Standby } from "./delivery/standby.ts";
import type { Lines } from "./gateway/lines.ts";
import { keepStreaming, type KeptStream } from "./kept_stream.ts";
import { type ReadContext, ReadJob } from "./read_job.ts";
import type {
  LastRead,
  ReaderState,
  ReadProgress,
  ReadRequest,
  RequestOutcome,
} from "./reading.ts";

/** What a reader needs. */
export interface ReaderOptions {
  readonly keeper: ReadContext["keeper"];
  readonly lines: Lines;
  readonly memory: ChainMemory;
  readonly outbox: Outbox;
  /** What another agent reads is not streamed. */
  readonly standby: Pick<Standby, "standing" | "untilStandDown">;
  /** A feed without a tick for so long, while the market is open, is mute. */
  readonly muteAfterMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Called as reads go on, for a person who watches. */
  readonly onProgress?: (ticker: Ticker, progress: ReadProgress) => void;
  /** Called when a read ended, however it did. */
  readonly onEnded?: () => void;
  /** Called when a stream was found mute. */
  readonly onMute?: () => void;
}

/** Reads chains on request, and streams windows of them. */
export interface Reader {
  /**
   * Reads a chain and delivers it, after what is more urgent. A ticker that is being read, or waits
   * for it, is not read twice: the request joins, and makes it as urgent as itself. Waits for the
   * gateway as long as it takes. Rejects with the signal's reason.
   */
  request(request: ReadRequest): Promise<RequestOutcome>;
  /** Keeps a window of a ticker's chain subscribed, instead of the window it had. */
  stream(ticker: Ticker, window: StreamWindow): void;
  unstream(ticker: Ticker): void;
  /** Subscribes all that is streamed anew: the gateway may have lost the subscriptions. */
  renewStreams(): void;
  /** Whether prices of the ticker arrive: its newest read brings some, or its stream ticks. */
  isFed(ticker: Ticker): boolean;
  /** Whether the ticker's feed is mute: it never counts as live. */
  isMute(ticker: Ticker): boolean;
  state(): ReaderState;
  /** Ends all reads and streams; resolves when their lines are given back. */
  end(): Promise<void>;
}

/** Makes a reader. */
export function createReader(options: ReaderOptions): Reader {
  const { clock, log, memory } = options;
  const waiting: ReadJob[] = [];
  const running = new Map<ReadJob, Promise<unknown>>();
  const streams = new Map<Ticker, KeptStream>();
  const ending = new Set<Promise<void>>();
  const fed = new Set<Ticker>();
  const lastReads = new Map<Ticker, LastRead>();
  /** What the last read of a ticker said, for windows by delta. */
  const deltas = new Map<Ticker, ReadonlyMap<OccSymbol, number | null>>();
  /** Those of which the last read brought no price, and those of them that are mute. */
  const dry = new Set<Ticker>();
  const mute = new Set<Ticker>();
  const counts = { started: 0, read: 0, failed: 0 };
  let muteFound = 0;
  let isOver = false;

  const isMute = (ticker: Ticker): boolean => mute.has(ticker) || isStreamMute(ticker);
  const isStreamMute = (ticker: Ticker): boolean => streams.get(ticker)?.state().mute ?? false;
  const onRead = (read: ChainRead, seconds: number): void => {
    const { ticker, quotes, missing } = read;
    const reason = mainReason(missing);
    if (quotes.length === 0) fed.delete(ticker);
    if (quotes.length > 0) {
      dry.delete(ticker);
      mute.delete(ticker);
    } else if (missing.length > 0) {
      dry.add(ticker);
      if (reason === "mute_feed" && isOpenBy(memory.recall(ticker).hours, ticker, clock.nowMs())) {
        if (!isMute(ticker)) muteFound++;
        mute.add(ticker);
        log.warn("chain.mute", `The feed of ${ticker} is mute: not one contract ticked`, {
          ticker,
        });
      }
    }
    deltas.set(ticker, new Map(quotes.map(({ occ, delta }) => [occ, delta])));
    lastReads.set(ticker, {
      ticker,
      atMs: clock.nowMs(),
      contracts: quotes.length,
      missing: missing.length,
      reason,
      seconds,
    });
  };
  const context = {
    ...options,
    onRead,
    wasDry: (ticker: Ticker) => dry.has(ticker),
    onUnknown: (ticker: Ticker) => void fed.delete(ticker),
    streamed: (ticker: Ticker, occ: OccSymbol) => streams.get(ticker)?.quoteOf(occ),
    onQuoted: (ticker: Ticker) => {
      fed.add(ticker);
      dry.delete(ticker);
      mute.delete(ticker);
    },
    onProgress: (ticker: Ticker, progress: ReadProgress) => options.onProgress?.(ticker, progress),
  };
  /** The most urgent of those that wait begins, where it is more urgent than all that run. */
  const pump = (): void => {
    const next = waiting.toSorted((a, b) => b.urgency - a.urgency)[0];
    const most = Math.max(-1, ...[...running.keys()].map(({ urgency }) => urgency));
    if (!next || next.urgency <= most) return;
    waiting.splice(waiting.indexOf(next), 1);
    if (next.isGivenUp) return pump();
    counts.started++;
    const run = next.run().then((outcome) => {
      if (outcome?.kind === "read") counts.read++;
      else if (outcome) counts.failed++;
      running.delete(next);
      options.onEnded?.();
      pump();
    });
    running.set(next, run);
  };
  const onMute = (): void => {
    muteFound++;
    options.onMute?.();
  };
  const endStream = (ticker: Ticker): void => {
    const ended = streams.get(ticker)?.end();
    streams.delete(ticker);
    if (!ended) return;
    const done = ended.finally(() => ending.delete(done));
    ending.add(done);
  };
  return {
    request(request) {
      if (isOver) return Promise.reject(new Error("The agent is ending."));
      const known = [...running.keys(), ...waiting]
        .find((job) => job.ticker === request.ticker && !job.isGivenUp);
      const job = known ?? new ReadJob(context, request.ticker, request.priority);
      const outcome = job.join(request);
      if (!known) waiting.push(job);
      pump();
      return outcome;
    },
    stream(ticker, window) {
      endStream(ticker);
      const deltaOf = (occ: OccSymbol): number | null => deltas.get(ticker)?.get(occ) ?? null;
      streams.set(
        ticker,
        keepStreaming({ ...options, ticker, window, deltaOf, onMute }),
      );
    },
    unstream: endStream,
    renewStreams() {
      for (const stream of streams.values()) stream.renew();
    },
    isFed: (ticker) =>
      !isMute(ticker) && (fed.has(ticker) || (streams.get(ticker)?.state().ticking ?? 0) > 0),
    isMute,
    state: () => ({
      reading: [...running.keys()].sort((a, b) => b.urgency - a.urgency)
        .map(({ ticker, priority, progress }) => ({ ticker, priority, ...progress })),
      waiting: waiting.filter(({ isGivenUp }) => !isGivenUp)
        .sort((a, b) => b.urgency - a.urgency).map(({ ticker }) => ticker),
      lastReads: [...lastReads.values()],
      streams: [...streams.values()].map((stream) => stream.state()),
      mute: [...new Set([...mute, ...streams.keys()])].filter(isMute),
      muteFound,
      counts: { ...counts },
    }),
    async end() {
      isOver = true;
      const reason = new Error("The agent is ending.");
      for (const job of running.keys()) job.giveUp(reason);
      for (const job of waiting.splice(0)) {
        job.giveUp(reason);
        // It tells those who wait for it.
        running.set(job, job.run());
      }
      for (const ticker of [...streams.keys()]) endStream(ticker);
      await Promise.all([...running.values(), ...ending]);
    },
  };
}

/** Why most of the missing contracts are missing; `null` where none is. */
function mainReason(missing: readonly MissingContract[]): string | null {
  const counts = new Map<string, number>();
  for (const { reason } of missing) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}
