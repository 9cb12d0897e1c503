/**
 * What changes in a streamed window, sent every second as an update. Updates are not spooled: what
 * could not be sent goes with the next one, and the snapshot at the end of each minute has it all.
 */
import type { Clock } from "../../base/clock.ts";
import type { OccSymbol, Ticker } from "../../options/contract.ts";
import type { Quote } from "../../options/quote.ts";
import type { Log } from "../../telemetry/log.ts";
import { backoffMs } from "../backoff.ts";
import { toPayload } from "./payload.ts";
import { postBatch, type PostOutcome, type Server } from "./post.ts";

/** After an update that was not taken. Later than this the next snapshot has it all. */
const RETRY = { firstMs: 1_000, mostMs: 30_000 } as const;

/** The updates of one stream. */
export interface StreamUpdates {
  /** Sends these, or has them go with the next when one is under way. */
  add(quotes: readonly Quote[], spot: number | null): void;
  /** Does the work when none is under way, and begins none before. */
  between(work: () => void): Promise<void>;
  /** Sends no more. */
  end(): void;
}

/** What the updates of a stream need. */
export interface StreamUpdatesOptions {
  readonly server: Server;
  readonly agentId: string;
  readonly ticker: Ticker;
  readonly clock: Clock;
  readonly log: Log;
  /** The read whose snapshot follows the updates. */
  readonly readId: () => string;
  /**
   * Whether a snapshot of the ticker waits: an update now would be newer than it and come before
   * it, and what has not changed since would show as it was.
   */
  readonly isHeld: () => boolean;
  /** Another agent has the ticker, for so long. */
  readonly onConflict: (ticker: Ticker, retryAfterMs: number | null) => void;
}

/** Begins the updates of a stream. */
export function sendStreamUpdates(options: StreamUpdatesOptions): StreamUpdates {
  const { server, clock, log, ticker } = options;
  const stop = new AbortController();
  const waiting = new Map<OccSymbol, Quote>();
  let lastSpot: number | null = null;
  let underWay: Promise<void> | undefined;
  let isPaused = false;
  let failures = 0;
  let notBeforeMs = Number.NEGATIVE_INFINITY;

  const post = async (): Promise<void> => {
    const quotes = [...waiting.values()];
    waiting.clear();
    const json = JSON.stringify(toPayload({
      ...options,
      readId: options.readId(),
      mode: "update",
      atMs: clock.nowMs(),
      spot: lastSpot,
      quotes,
      missing: [],
    }));
    const outcome = await postBatch(server, { json, signal: stop.signal });
    if (outcome.kind === "stored") {
      failures = 0;
      return;
    }
    if (outcome.kind === "conflict") options.onConflict(ticker, outcome.retryAfterMs);
    // What came meanwhile is newer.
    for (const quote of quotes) if (!waiting.has(quote.occ)) waiting.set(quote.occ, quote);
    const waitMs = Math.max(retryAfterMs(outcome), backoffMs(++failures, RETRY));
    notBeforeMs = clock.monotonicMs() + waitMs;
    if (stop.signal.aborted) return;
    const fields = { kind: outcome.kind, waitMs: Math.round(waitMs) };
    log.debug("delivery.update", `An update of ${ticker} was not taken`, fields);
  };
  const send = (): void => {
    if (underWay || isPaused || waiting.size === 0 || stop.signal.aborted) return;
    if (options.isHeld() || clock.monotonicMs() < notBeforeMs) return;
    underWay = post().finally(() => {
      underWay = undefined;
      send();
    });
  };
  return {
    add(quotes, spot) {
      lastSpot = spot;
      for (const quote of quotes) waiting.set(quote.occ, quote);
      send();
    },
    async between(work) {
      isPaused = true;
      await underWay;
      isPaused = false;
      work();
      send();
    },
    end: () => stop.abort(new Error("The stream is over.")),
  };
}

function retryAfterMs(outcome: PostOutcome): number {
  return outcome.kind === "later" ? outcome.retryAfterMs ?? 0 : 0;
}
