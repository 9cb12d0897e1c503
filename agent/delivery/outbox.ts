/**
 * What the reader hands over to be sent: the first contracts of a read, its snapshot, and what a
 * stream brings. A snapshot always comes after the updates of its read (SP-14), and an update of a
 * ticker never overtakes a snapshot of it that was taken before.
 */
import type { Clock } from "../../base/clock.ts";
import type { Ticker } from "../../options/contract.ts";
import type { MissingContract, Quote } from "../../options/quote.ts";
import type { Log } from "../../telemetry/log.ts";
import { type EarlyUpdates, sendEarlyUpdates } from "./early_updates.ts";
import { toPayload } from "./payload.ts";
import type { Server } from "./post.ts";
import type { Spool } from "./spool.ts";
import { sendStreamUpdates, type StreamUpdates } from "./stream_updates.ts";

/** A chain, or a window of one, at one moment. */
export interface SnapshotContent {
  readonly ticker: Ticker;
  readonly readId: string;
  /** Domain time of the newest quote. */
  readonly readAtMs: number;
  readonly spot: number | null;
  readonly quotes: readonly Quote[];
  readonly missing: readonly MissingContract[];
}

/** What an outbox needs. */
export interface OutboxOptions {
  readonly server: Server;
  readonly agentId: string;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when something was written to the spool. */
  readonly onSpooled: () => void;
  /** Another agent has the ticker, for so long. */
  readonly onConflict: (ticker: Ticker, retryAfterMs: number | null) => void;
}

/** Takes what is to be sent. */
export interface Outbox {
  /** The first contracts of a read; `onStored` is called when the server has some. */
  earlyUpdates(ticker: Ticker, readId: string, onStored: () => void): EarlyUpdates;
  /** The changes of a stream; `readId` says which snapshot comes after them. */
  streamUpdates(ticker: Ticker, readId: () => string): StreamUpdates;
  /** Writes a snapshot to the spool; its updates must have ended, or be settled. */
  snapshot(content: SnapshotContent): void;
}

/** Makes an outbox. */
export function createOutbox(options: OutboxOptions): Outbox {
  const { agentId, spool, clock } = options;
  /** The newest snapshot of each ticker that was written, by its number in the spool. */
  const newest = new Map<Ticker, number>();
  const isHeld = (ticker: Ticker): boolean => {
    const id = newest.get(ticker);
    if (id === undefined) return false;
    if (spool.waiting().some((waiting) => waiting.id === id)) return true;
    newest.delete(ticker);
    return false;
  };
  return {
    earlyUpdates: (ticker, readId, onStored) =>
      sendEarlyUpdates({ ...options, ticker, readId, onStored, isHeld: () => isHeld(ticker) }),
    streamUpdates: (ticker, readId) =>
      sendStreamUpdates({ ...options, ticker, readId, isHeld: () => isHeld(ticker) }),
    snapshot(content) {
      const payload = toPayload({
        ...content,
        agentId,
        mode: "snapshot",
        atMs: content.readAtMs,
      });
      const { ticker, readId } = content;
      const json = JSON.stringify(payload);
      const waiting = spool.add({ key: readId, ticker, json, storedAtMs: clock.realNowMs() });
      newest.set(ticker, waiting.id);
      options.onSpooled();
    },
  };
}
