/**
 * IB's rules for historical requests of bars shorter than a minute ("Historical Data Limitations" of
 * the TWS API's documentation): at most 60 in ten minutes, of which one for BID_ASK counts twice; at
 * most five of the same contract and kind in two seconds; the same request not twice in 15 seconds.
 * For longer bars only the last is kept here: IB lifted the rules, and still answers slowly who asks
 * too much. The gateway answers error 162 to what breaks them.
 */
import { barLengthMs, type BarSeries } from "../../options/bars.ts";

/** A request as the rules see it. */
export interface PacedRequest {
  readonly series: BarSeries;
  /** What makes two requests of a series the same. */
  readonly span: string;
}

const TEN_MINUTES_MS = 600_000;
const MOST_IN_TEN_MINUTES = 60;
const TWO_SECONDS_MS = 2_000;
const MOST_IN_TWO_SECONDS = 5;
const SAME_AGAIN_MS = 15_000;

interface Sent {
  readonly atMs: number;
  readonly weight: number;
  readonly series: string;
  readonly request: string;
  readonly isShort: boolean;
}

/** The requests of the last ten minutes on one login. */
export class BarPacing {
  #sent: Sent[] = [];

  /** How long to wait before a request may be sent; 0 says that it may be now. */
  waitMs(request: PacedRequest, nowMs: number): number {
    const wanted = describe(request, nowMs);
    this.#sent = this.#sent.filter(({ atMs }) => nowMs - atMs < TEN_MINUTES_MS);
    const same = this.#sent.findLast((sent) => sent.request === wanted.request);
    let freeMs = same ? same.atMs + SAME_AGAIN_MS : nowMs;
    if (wanted.isShort) {
      const short = this.#sent.filter(({ isShort }) => isShort);
      freeMs = Math.max(
        freeMs,
        freeFrom(short, MOST_IN_TEN_MINUTES - wanted.weight, TEN_MINUTES_MS),
        freeFrom(
          short.filter(({ series }) => series === wanted.series),
          MOST_IN_TWO_SECONDS - 1,
          TWO_SECONDS_MS,
        ),
      );
    }
    return Math.max(0, freeMs - nowMs);
  }

  /** Notes that a request is sent. */
  note(request: PacedRequest, nowMs: number): void {
    this.#sent.push(describe(request, nowMs));
  }
}

/** From when on those of the last `lengthMs` weigh at most `most`. */
function freeFrom(sent: readonly Sent[], most: number, lengthMs: number): number {
  let weight = 0;
  for (const one of sent.toReversed()) {
    weight += one.weight;
    if (weight > most) return one.atMs + lengthMs;
  }
  return 0;
}

function describe({ series, span }: PacedRequest, atMs: number): Sent {
  const { instrument, what, bar, rth } = series;
  const name = `${instrument} ${what}`;
  return {
    atMs,
    weight: what === "BID_ASK" ? 2 : 1,
    series: name,
    request: [name, bar, rth, span].join(" "),
    isShort: barLengthMs(bar) < 60_000,
  };
}
