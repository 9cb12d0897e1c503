/** What a reader is asked, what it answers, and what it tells of itself. */
import type { Ticker } from "../options/contract.ts";
import type { ReadPriority } from "./chain/priority.ts";
import type { StreamState } from "./chain/stream.ts";
import type { GatewayLost } from "./gateway/connection.ts";

/** How far a read is. */
export interface ReadProgress {
  readonly done: number;
  readonly total: number;
}

/** A wish to have a chain read. */
export interface ReadRequest {
  readonly ticker: Ticker;
  readonly priority: ReadPriority;
  /** Gives the wish up; the read goes on where others wait for it, too. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ReadProgress) => void;
  /** Called once, when the server has the first contracts; not where none has a bid and an ask. */
  readonly onFirst?: () => void;
}

/** How a request ended. */
export type RequestOutcome =
  /** The chain was read and is on its way to the server, in the spool. */
  | {
    readonly kind: "read";
    readonly readId: string;
    readonly contracts: number;
    readonly missing: number;
    /** Those of the missing that may come at another time. */
    readonly unread: number;
    /** From when there was a connection. */
    readonly seconds: number;
  }
  /** The gateway knows no such chain. */
  | { readonly kind: "unknown"; readonly message: string }
  /** The last read brought no price, and a trial of a few contracts brings none now. */
  | { readonly kind: "dry"; readonly reason: string; readonly message: string }
  /** The connection was lost, and lost again. */
  | { readonly kind: "lost"; readonly reason: GatewayLost["reason"]; readonly message: string };

/** The last whole read of a ticker. */
export interface LastRead {
  readonly ticker: Ticker;
  /** When it ended, in domain time. */
  readonly atMs: number;
  readonly contracts: number;
  readonly missing: number;
  /** Why most of the missing are; `null` where none is. */
  readonly reason: string | null;
  readonly seconds: number;
}

/** What the reader does now. Plain data: reading it asks nobody. */
export interface ReaderState {
  /** The reads that run: the most urgent goes on, the others wait for it. */
  readonly reading: readonly (ReadProgress & {
    readonly ticker: Ticker;
    readonly priority: ReadPriority;
  })[];
  /** Requests that have not begun, the next one first. */
  readonly waiting: readonly Ticker[];
  readonly lastReads: readonly LastRead[];
  readonly streams: readonly StreamState[];
  /** The tickers whose feed is mute: subscribed, the market open, and no tick. */
  readonly mute: readonly Ticker[];
  /** How often a feed was found mute. */
  readonly muteFound: number;
  /** Reads that were begun, that brought a chain, and that ended without one. */
  readonly counts: { readonly started: number; readonly read: number; readonly failed: number };
}
