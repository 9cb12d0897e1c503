/**
 * The limit of messages per second of one client. What TWS does beyond it was seen by users:
 * a warning shortly before (ib_insync issue 443), error 100 several times, then the end of the
 * connection (ib_insync issue 35).
 */

const WINDOW_MS = 1000;
/** A message that waited in the socket while this program was busy is dated back by at most so much. */
const MOST_BACK_MS = 250;
/** The warning comes above this share of the limit: ib_async's own pacer, 45 of 50, stays below. */
const WARNING_SHARE = 0.92;
/** This many refused messages end the connection. */
const REFUSALS_BEFORE_CLOSE = 5;

/** What becomes of a message. */
export type Admission = "accept" | "warn" | "refuse" | "close";

/** Counts a client's messages. */
export interface MessageRate {
  /** The messages so far. */
  readonly total: number;
  /** The most messages within any second. */
  readonly peak: number;
  /** The messages within the last second. */
  readonly current: number;
  /** Counts a message that arrived at `atMs` (default: now), not before the one counted last. */
  admit(atMs?: number): Admission;
  /** How long until a message may arrive without being refused: for clients that ask to be paced. */
  waitMs(): number;
}

/**
 * When the messages of one read came. A busy machine hands over in one read what came over a
 * moment; counted as one burst, it would be held against a client that sent it evenly. So they
 * count as come evenly since the read before, or in the last quarter of a second.
 *
 * @param left The part of the bytes read, from 0 to 1, that follows the message.
 */
export function arrivalMs(
  read: { readonly beforeMs: number; readonly nowMs: number },
  left: number,
): number {
  const waitedMs = Math.min(MOST_BACK_MS, read.nowMs - read.beforeMs);
  return read.nowMs - waitedMs * Math.min(1, Math.max(0, left));
}

/** Counts on the monotonic clock; a `limit` of 0 refuses nothing. */
export function messageRate(limit: number, monotonicMs: () => number): MessageRate {
  // The arrivals from `first` on lie within the window; what is before is dropped now and then.
  let arrivals: number[] = [];
  let first = 0;
  let total = 0;
  let peak = 0;
  let refusals = 0;
  let warned = false;
  const forgetOld = (nowMs: number): void => {
    while (first < arrivals.length && (arrivals[first] ?? nowMs) <= nowMs - WINDOW_MS) first++;
    if (first > 1024 && first * 2 > arrivals.length) {
      arrivals = arrivals.slice(first);
      first = 0;
    }
  };
  const inWindow = (): number => arrivals.length - first;
  return {
    get total() {
      return total;
    },
    get peak() {
      return peak;
    },
    get current() {
      forgetOld(monotonicMs());
      return inWindow();
    },
    admit(atMs = monotonicMs()) {
      const arrivedMs = Math.max(atMs, arrivals.at(-1) ?? atMs);
      forgetOld(arrivedMs);
      arrivals.push(arrivedMs);
      total++;
      peak = Math.max(peak, inWindow());
      if (limit === 0 || inWindow() <= limit * WARNING_SHARE) {
        warned = false;
        return "accept";
      }
      if (inWindow() > limit) {
        refusals++;
        return refusals > REFUSALS_BEFORE_CLOSE ? "close" : "refuse";
      }
      if (warned) return "accept";
      warned = true;
      return "warn";
    },
    waitMs() {
      if (limit === 0) return 0;
      const nowMs = monotonicMs();
      forgetOld(nowMs);
      const free = inWindow() < Math.floor(limit * WARNING_SHARE);
      return free ? 0 : Math.max(1, (arrivals[first] ?? nowMs) + WINDOW_MS - nowMs);
    },
  };
}
