/**
 * IB's limits on historical requests of a login ("Historical Data Limitations" of the TWS API's
 * documentation): at most 50 at once; for bars shorter than a minute at most 60 in ten minutes, of
 * which one for BID_ASK counts twice, at most five of the same contract and kind in two seconds, and
 * the same request not twice in 15 seconds.
 */

/** A request as the limits see it. */
export interface HistoricalRequest {
  readonly contract: string;
  readonly what: string;
  readonly barMs: number;
  /** All that makes two requests the same. */
  readonly whole: string;
}

/** Requests of one login that may be under way at once. */
export const MOST_AT_ONCE = 50;

const TEN_MINUTES_MS = 600_000;
const MOST_IN_TEN_MINUTES = 60;
const TWO_SECONDS_MS = 2_000;
const MOST_IN_TWO_SECONDS = 5;
const SAME_AGAIN_MS = 15_000;
const MINUTE_MS = 60_000;

interface Taken extends HistoricalRequest {
  readonly atMs: number;
  readonly weight: number;
}

/** Counts the historical requests of a login. */
export class HistoricalPacing {
  readonly #monotonicMs: () => number;
  #taken: Taken[] = [];
  #atOnce = 0;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /** Requests that are under way. */
  get atOnce(): number {
    return this.#atOnce;
  }

  /** Takes a request, or says which limit it breaks. What was taken must be given back by `done`. */
  take(request: HistoricalRequest): "taken" | "pacing" | "too many" {
    const nowMs = this.#monotonicMs();
    if (this.#atOnce >= MOST_AT_ONCE) return "too many";
    if (request.barMs < MINUTE_MS && !this.#isPaced(request, nowMs)) return "pacing";
    this.#atOnce++;
    return "taken";
  }

  /** A request that was taken is answered, or was cancelled. */
  done(): void {
    this.#atOnce--;
  }

  #isPaced(request: HistoricalRequest, nowMs: number): boolean {
    const weight = request.what === "BID_ASK" ? 2 : 1;
    this.#taken = this.#taken.filter(({ atMs }) => nowMs - atMs < TEN_MINUTES_MS);
    const since = (ms: number): Taken[] => this.#taken.filter(({ atMs }) => nowMs - atMs < ms);
    const inTenMinutes = this.#taken.reduce((sum, each) => sum + each.weight, 0);
    const likeIt = since(TWO_SECONDS_MS).filter(({ contract, what }) =>
      contract === request.contract && what === request.what
    );
    const same = since(SAME_AGAIN_MS).some(({ whole }) => whole === request.whole);
    if (same || inTenMinutes + weight > MOST_IN_TEN_MINUTES) return false;
    if (likeIt.length >= MOST_IN_TWO_SECONDS) return false;
    this.#taken.push({ ...request, atMs: nowMs, weight });
    return true;
  }
}
