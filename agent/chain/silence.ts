/**
 * Is a feed mute? What is subscribed can fall silent for ever, without an error: after a farm's
 * flap, after a competing session, after 1102 (IBC #143, nautilus #4949). But options rest, too, so
 * silence alone does not tell. IB sends the present values of whatever is asked for anew: a feed
 * that says nothing even then is mute.
 */

/** How long before the feed would be called mute it is asked anew. */
const ANSWER_MS = 5_000;

/** What a look at a feed finds. Times are monotonic. */
export interface FeedLook {
  readonly nowMs: number;
  readonly isMarketOpen: boolean;
  /** The last tick of any contract; -Infinity before the first. */
  readonly lastTickMs: number;
}

/** What a look says: nothing, ask for all anew, it was just found mute, or it tells again. */
export type FeedFinding = "as before" | "ask anew" | "mute" | "heard";

/**
 * Watches the feed of one window of contracts.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { SilenceWatch } from "./silence.ts";
 * const watch = new SilenceWatch(60_000);
 * const look = (nowMs: number) => watch.look({ nowMs, isMarketOpen: true, lastTickMs: 0 });
 * assert.deepEqual([0, 54_000, 55_000, 60_000].map(look), [
 *   "as before",
 *   "as before",
 *   "ask anew",
 *   "mute",
 * ]);
 * ```
 */
export class SilenceWatch {
  readonly #muteAfterMs: number;
  readonly #doubtAfterMs: number;
  /** Since when ticks can be expected: all was asked for, and the market is open. */
  #sinceMs = Number.POSITIVE_INFINITY;
  /** When the feed was asked anew as it was silent. */
  #doubtedMs: number | undefined;
  #muteSinceMs: number | undefined;
  #isOpen = false;

  /** @param muteAfterMs The silence after which a feed is mute. */
  constructor(muteAfterMs: number) {
    this.#muteAfterMs = muteAfterMs;
    this.#doubtAfterMs = Math.max(muteAfterMs - ANSWER_MS, muteAfterMs / 2);
  }

  /** Since when the feed is mute; `undefined` while it is not. */
  get muteSinceMs(): number | undefined {
    return this.#muteSinceMs;
  }

  /** To be called every second. */
  look({ nowMs, isMarketOpen, lastTickMs }: FeedLook): FeedFinding {
    if (isMarketOpen && !this.#isOpen) this.#sinceMs = nowMs;
    this.#isOpen = isMarketOpen;
    const doubtedMs = this.#doubtedMs;
    const isHeard = doubtedMs !== undefined && lastTickMs > doubtedMs;
    // Nothing is mute while the market is closed.
    if (isHeard || !isMarketOpen) {
      const wasMute = this.#muteSinceMs !== undefined;
      this.#doubtedMs = this.#muteSinceMs = undefined;
      return wasMute ? "heard" : "as before";
    }
    const silentMs = nowMs - Math.max(this.#sinceMs, lastTickMs);
    if (doubtedMs === undefined) {
      if (silentMs < this.#doubtAfterMs) return "as before";
      this.#doubtedMs = nowMs;
      return "ask anew";
    }
    if (this.#muteSinceMs === undefined) {
      if (silentMs < this.#muteAfterMs) return "as before";
      this.#muteSinceMs = nowMs;
      return "mute";
    }
    return "as before";
  }
}
