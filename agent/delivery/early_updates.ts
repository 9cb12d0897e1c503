/**
 * The first contracts of a read, sent while the rest is read, so that a page shows prices after
 * seconds and not minutes. They carry only contracts that have both a bid and an ask: an
 * unfinished read must never say "none now". They are not spooled, since the snapshot at the end
 * of the read brings the same.
 */
import type { Clock, Timer } from "../../base/clock.ts";
import type { Ticker } from "../../options/contract.ts";
import type { Quote } from "../../options/quote.ts";
import type { Log } from "../../telemetry/log.ts";
import { toPayload } from "./payload.ts";
import { postBatch, type Server } from "./post.ts";

/** The first contracts go soon, the others in groups. */
const FIRST_AFTER_MS = 250;
const NEXT_AFTER_MS = 2_000;

/** How long the end of a read waits for an update that is under way. */
const LAST_ANSWER_MS = 5_000;

/** The updates of one read. */
export interface EarlyUpdates {
  add(quote: Quote, spot: number | null): void;
  /** Sends no more; resolves when none is under way, so that the snapshot is the last word. */
  end(): Promise<void>;
}

/** Begins the updates of a read. */
export function sendEarlyUpdates(options: {
  readonly server: Server;
  readonly agentId: string;
  readonly ticker: Ticker;
  readonly readId: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Another agent has the ticker, for so long. */
  readonly onConflict?: (ticker: Ticker, retryAfterMs: number | null) => void;
}): EarlyUpdates {
  const { server, clock, log, ticker } = options;
  const stop = new AbortController();
  let waiting: Quote[] = [];
  let lastSpot: number | null = null;
  let timer: Timer | undefined;
  let underWay: Promise<void> | undefined;
  let first = true;

  const post = async (): Promise<void> => {
    const quotes = waiting;
    waiting = [];
    const json = JSON.stringify(toPayload({
      ...options,
      mode: "update",
      atMs: clock.nowMs(),
      spot: lastSpot,
      quotes,
      missing: [],
    }));
    const outcome = await postBatch(server, { json, signal: stop.signal });
    if (outcome.kind === "stored" || stop.signal.aborted) return;
    if (outcome.kind === "conflict") options.onConflict?.(ticker, outcome.retryAfterMs);
    // The snapshot will say it all; trying again would only come late.
    stop.abort(new Error("An update was not taken."));
    log.debug("delivery.update", `An update of ${ticker} was not taken`, { kind: outcome.kind });
  };
  const schedule = (): void => {
    if (timer || underWay || waiting.length === 0 || stop.signal.aborted) return;
    timer = clock.after(first ? FIRST_AFTER_MS : NEXT_AFTER_MS, () => {
      timer = undefined;
      first = false;
      underWay = post().finally(() => {
        underWay = undefined;
        schedule();
      });
    });
  };
  return {
    add(quote, spot) {
      if (stop.signal.aborted) return;
      lastSpot = spot;
      waiting.push(quote);
      schedule();
    },
    async end() {
      timer?.cancel();
      waiting = [];
      const complete = (): void => stop.abort(new Error("The read is complete."));
      const deadline = clock.after(LAST_ANSWER_MS, complete);
      await underWay;
      deadline.cancel();
      complete();
    },
  };
}
