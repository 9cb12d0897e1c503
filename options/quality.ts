/**
 * What is wrong with a quote, in words of its own: real chains are full of crossed quotes, zero
 * bids, made-up volatilities and contracts of other companies. Each is kept and shown; a flag says
 * what it is, and no calculation uses a flagged value silently. The statements (Q-1 …) are in
 * `docs/specs/quality.md`.
 */
import type { LastKnownChain, LastKnownContract } from "./chain.ts";
import { expiresAtMs } from "./calendar.ts";
import { NONE, type QuoteColumns } from "./columns.ts";
import { type OccSymbol, parseOcc, type Right, type Ticker } from "./contract.ts";
import type { KnownContracts } from "./known.ts";
import type { ChainLayout, Series } from "./layout.ts";
import {
  ABOVE_MAXIMUM,
  ADJUSTED,
  BELOW_INTRINSIC,
  CROSSED,
  GREEKS_MISSING,
  IV_EXTREME,
  IV_MISSING,
  IV_PLACEHOLDER,
  LOCKED,
  NEVER_QUOTED,
  NO_QUOTE,
  PRE_SPLIT,
  QUALITY_FLAGS,
  type QualityBits,
  type QualityFlag,
  TWO_READS,
  ZERO_ASK,
  ZERO_BID,
} from "./quality_flags.ts";
import { GREEK_SCALE, PRICE_SCALE } from "./quote.ts";

export {
  BARRED,
  flagsOf,
  QUALITY_FLAGS,
  QUALITY_WORDS,
  type QualityBits,
  type QualityFlag,
} from "./quality_flags.ts";

/** What quotes are judged by besides themselves. */
export interface QualityContext {
  readonly ticker: Ticker;
  /** The underlying's price; without it nothing is held against it. */
  readonly spot: number | null;
  /** When: how long a contract has yet to run. */
  readonly atMs: number;
}

/** An IV up to this is a placeholder (feeds write 0 and 1e-5 for "could not be computed"). */
const IV_PLACEHOLDER_MAX = 1e-4;
/** No option is quoted at more; feeds write such numbers for stale and one-sided quotes. */
const IV_MAX = 5;

/** Roots of a ticker that are not its own letters. */
const MORE_ROOTS: Readonly<Record<string, readonly string[]>> = {
  SPX: ["SPXW", "SPXPM"],
  NDX: ["NDXP"],
  RUT: ["RUTW"],
  VIX: ["VIXW"],
  DJX: ["DJXW"],
};

/**
 * Whether a root is one of a ticker's own: its letters without the hyphen, or that of its weeklies.
 * Another root under a ticker delivers something else: what a merger, a spin-off or a special
 * dividend left.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { isOwnRoot } from "./quality.ts";
 * assert(isOwnRoot("BRKB", "BRK-B") && !isOwnRoot("BRKB1", "BRK-B"));
 * ```
 */
export function isOwnRoot(root: string, ticker: string): boolean {
  return root === ticker.replace("-", "") || (MORE_ROOTS[ticker]?.includes(root) ?? false);
}

/**
 * Judges a batch's quotes, row by row: what one read says, so nothing is `two_reads`. Rows are
 * judged as they are asked for, since a calculation looks at few of them.
 */
export class ColumnsJudge {
  readonly #fields: QuoteColumns["fields"];
  readonly #strikes: Float64Array;
  readonly #spot: number | null;
  /** By series: whether its root is the ticker's own, and how long it has yet to run. */
  readonly #own: readonly boolean[];
  readonly #years: readonly number[];
  readonly #split: SplitBounds | undefined;

  constructor(
    { fields }: QuoteColumns,
    { series, strikes }: ChainLayout,
    { ticker, spot, atMs }: QualityContext,
  ) {
    this.#fields = fields;
    this.#strikes = strikes;
    this.#spot = spot;
    this.#own = series.map(({ root }) => isOwnRoot(root, ticker));
    this.#years = series.map(({ expiresAtMs }) => yearsLeft(expiresAtMs, atMs));
    this.#split = spot === null ? undefined : this.#findSplit(series, spot);
  }

  /** Whether a series' root is one of the ticker's own. */
  isOwn({ index }: Series): boolean {
    return this.#own[index] ?? false;
  }

  /** The flags of a row, which is of the given series. */
  bits(row: number, series: Series): QualityBits {
    const { bid, ask, impliedVol } = this.#fields;
    const bidNow = priceAt(bid, row);
    const askNow = priceAt(ask, row);
    let bits = sidesBits(bidNow, askNow);
    const iv = impliedVol?.[row] ?? NONE;
    bits |= iv === NONE ? IV_MISSING : ivBits(iv / GREEK_SCALE);
    if (!this.#hasGreeks(row)) bits |= GREEKS_MISSING;
    if (!this.isOwn(series)) return bits | ADJUSTED;
    if (this.isPreSplit(row)) return bits | PRE_SPLIT;
    if (this.#spot === null) return bits;
    const years = this.#years[series.index] ?? 0;
    const strike = this.#strikes[row] ?? NaN;
    return bits |
      spotBits(bidNow, askNow, strike, row < series.puts ? "C" : "P", this.#spot, years);
  }

  /** Whether a row of an own root is of before a split. */
  isPreSplit(row: number): boolean {
    return this.#split !== undefined && isBeyond(this.#strikes[row] ?? NaN, this.#split);
  }

  #hasGreeks(row: number): boolean {
    const { delta, gamma, theta, vega } = this.#fields;
    return (delta?.[row] ?? NONE) !== NONE || (gamma?.[row] ?? NONE) !== NONE ||
      (theta?.[row] ?? NONE) !== NONE || (vega?.[row] ?? NONE) !== NONE;
  }

  #findSplit(all: readonly Series[], spot: number): SplitBounds | undefined {
    const scan = new SplitScan(spot);
    for (const series of all) {
      if (!this.isOwn(series)) continue;
      const { strikes } = series;
      // Strikes ascend: what is far lies at both ends.
      let level = 0;
      for (; isFar(strikes[level] ?? spot, spot); level++) this.#see(scan, series, level);
      for (let last = strikes.length - 1; last >= level; last--) {
        if (!isFar(strikes[last] ?? spot, spot)) break;
        this.#see(scan, series, last);
      }
    }
    return scan.bounds();
  }

  #see(scan: SplitScan, { index, strikes, callRows, putRows }: Series, level: number): void {
    const { bid, ask } = this.#fields;
    const strike = strikes[level] ?? NaN;
    const years = this.#years[index] ?? 0;
    const call = callRows[level] ?? -1;
    const put = putRows[level] ?? -1;
    if (call >= 0) scan.see(priceAt(bid, call), priceAt(ask, call), strike, "C", years);
    if (put >= 0) scan.see(priceAt(bid, put), priceAt(ask, put), strike, "P", years);
  }
}

/** The flags of a batch's quotes, by row. */
export function columnsQuality(
  columns: QuoteColumns,
  layout: ChainLayout,
  context: QualityContext,
): Uint16Array {
  const judge = new ColumnsJudge(columns, layout, context);
  const bits = new Uint16Array(columns.occ.length);
  for (const series of layout.series) {
    for (let row = series.calls; row < series.end; row++) bits[row] = judge.bits(row, series);
  }
  return bits;
}

/**
 * Judges what is shown of a chain's contracts: the last-known values, of which bid and ask can be
 * of different reads (`two_reads`), at the last-known spot.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { foldBatches } from "./fold.ts";
 * import { EMPTY_CHAIN } from "./chain.ts";
 * import { chainJudge, flagsOf } from "./quality.ts";
 * import { batchOf, quoteOf } from "./testing.ts";
 * const crossed = quoteOf("EA261218C00210000", { bid: 1.1, ask: 1, impliedVol: 0.2, delta: 0.5 });
 * const { chain } = foldBatches(EMPTY_CHAIN, [batchOf(1_000, [crossed])]);
 * const judge = chainJudge(chain, { ticker: "EA", nowMs: 1_000 });
 * for (const contract of chain.contracts.values()) {
 *   assert.deepEqual(flagsOf(judge(contract)), ["crossed"]);
 * }
 * ```
 */
export function chainJudge(
  chain: Pick<LastKnownChain, "contracts" | "spot">,
  { ticker, nowMs }: { readonly ticker: string; readonly nowMs: number },
): (contract: LastKnownContract) => QualityBits {
  const spot = chain.spot?.value ?? null;
  const seriesOf = seriesReader(ticker, nowMs);
  const split = spot === null ? undefined : knownSplit(chain.contracts, spot, seriesOf);
  return (contract) => {
    const { occ, fields: { bid, ask } } = contract;
    const bits = knownBits(contract);
    const { own, years } = seriesOf(occ);
    if (!own) return bits | ADJUSTED;
    const strike = strikeOf(occ);
    if (split && isBeyond(strike, split)) return bits | PRE_SPLIT;
    if (spot === null) return bits;
    return bits | spotBits(bid?.value ?? 0, ask?.value ?? 0, strike, rightOf(occ), spot, years);
  };
}

function knownSplit(
  { arrays: { occ, fields: { bid, ask } } }: KnownContracts,
  spot: number,
  seriesOf: (occ: OccSymbol) => KnownSeries,
): SplitBounds | undefined {
  const scan = new SplitScan(spot);
  for (const [place, name] of occ.entries()) {
    const strike = strikeOf(name);
    if (!isFar(strike, spot)) continue;
    const { own, years } = seriesOf(name);
    if (!own) continue;
    const bidKnown = priceAt(bid.values, place);
    scan.see(bidKnown, priceAt(ask.values, place), strike, rightOf(name), years);
  }
  return scan.bounds();
}

/** How many quotes each flag is on, most of all first: what a calculation left out, and why. */
export function countFlags(bits: Iterable<QualityBits>): Partial<Record<QualityFlag, number>> {
  const counts = QUALITY_FLAGS.map(() => 0);
  for (const one of bits) {
    for (let n = 0; one >> n > 0; n++) {
      if ((one >> n) & 1) counts[n] = (counts[n] ?? 0) + 1;
    }
  }
  const named = QUALITY_FLAGS.map((flag, n) => [flag, counts[n] ?? 0] as const);
  return Object.fromEntries(
    named.filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a),
  );
}

function priceAt(column: ArrayLike<number> | null, row: number): number {
  const whole = column?.[row] ?? NONE;
  return whole > 0 ? whole / PRICE_SCALE : 0;
}

/** Of a bid and an ask of one read; 0 is none. */
function sidesBits(bid: number, ask: number): QualityBits {
  if (bid > 0 && ask > 0) return bid > ask ? CROSSED : bid === ask ? LOCKED : 0;
  if (bid > 0) return ZERO_ASK;
  return ask > 0 ? ZERO_BID : NO_QUOTE;
}

function ivBits(iv: number): QualityBits {
  return iv <= IV_PLACEHOLDER_MAX ? IV_PLACEHOLDER : iv > IV_MAX ? IV_EXTREME : 0;
}

function knownBits({ fields }: LastKnownContract): QualityBits {
  const { bid, ask, impliedVol, delta, gamma, theta, vega } = fields;
  if (!bid && !ask && Object.keys(fields).length === 0) return NEVER_QUOTED;
  let bits = sidesBits(bid?.now ? 1 : 0, ask?.now ? 2 : 0);
  if (bid && ask) {
    if (bid.value >= ask.value) bits |= bid.value > ask.value ? CROSSED : LOCKED;
    if (bid.seenAtMs !== ask.seenAtMs) bits |= TWO_READS;
  }
  bits |= impliedVol?.now ? ivBits(impliedVol.value) : IV_MISSING;
  if (!delta?.now && !gamma?.now && !theta?.now && !vega?.now) bits |= GREEKS_MISSING;
  return bits;
}

/** Spot and quotes come by different ways, seconds or minutes apart. */
const SPOT_SLACK = 0.02;
/** What interest and dividends can move a European option's bounds by, a year. */
const CARRY_A_YEAR = 0.06;

/** Of prices held against the spot. Only what no carry and no late spot explains is flagged. */
function spotBits(
  bid: number,
  ask: number,
  strike: number,
  right: Right,
  spot: number,
  years: number,
): QualityBits {
  const slack = SPOT_SLACK * spot + CARRY_A_YEAR * years * Math.max(spot, strike);
  const exercised = right === "P" ? strike - spot : spot - strike;
  if (ask > 0 && ask < exercised - slack) return BELOW_INTRINSIC;
  return bid > (right === "P" ? strike : spot) + slack ? ABOVE_MAXIMUM : 0;
}

/** How many times the spot, or less than one so-many-th of it, a strike of another scale is. */
const FAR = 3;
/** A price that is off by more than this part of the spot is of another scale. */
const OFF_SCALE = 0.5;

function isFar(strike: number, spot: number): boolean {
  return strike >= FAR * spot || strike * FAR <= spot;
}

/** From which strike on, up and down, contracts are of before a split; infinite and 0 for none. */
interface SplitBounds {
  readonly above: number;
  readonly below: number;
}

/**
 * Finds contracts that a split left behind: an index or share does not trade at a tenth of its own
 * deep options. Far from the spot, a price that is off by half the spot speaks for a split, and a
 * two-sided one that fits the spot against it. Calls far above and puts far below are worth next
 * to nothing on any scale, and say nothing.
 */
class SplitScan {
  readonly #spot: number;
  #above = Number.POSITIVE_INFINITY;
  #below = 0;
  #off = { above: 0, below: 0 };
  #fits = { above: 0, below: 0 };

  constructor(spot: number) {
    this.#spot = spot;
  }

  see(bid: number, ask: number, strike: number, right: Right, years: number): void {
    const spot = this.#spot;
    if (!isFar(strike, spot)) return;
    const side = strike > spot ? "above" : "below";
    const slack = OFF_SCALE * spot + CARRY_A_YEAR * years * Math.max(spot, strike);
    const exercised = right === "P" ? strike - spot : spot - strike;
    const off = (ask > 0 && ask < exercised - slack) ||
      bid > (right === "P" ? strike : spot) + slack;
    if (off) {
      this.#off[side]++;
      if (side === "above") this.#above = Math.min(this.#above, strike);
      else this.#below = Math.max(this.#below, strike);
    } else if (bid > 0 && ask > 0 && exercised > 0) this.#fits[side]++;
  }

  /** Undefined where no strike is of before a split. */
  bounds(): SplitBounds | undefined {
    const above = this.#off.above > this.#fits.above ? this.#above : Number.POSITIVE_INFINITY;
    const below = this.#off.below > this.#fits.below ? this.#below : 0;
    return above === Number.POSITIVE_INFINITY && below === 0 ? undefined : { above, below };
  }
}

function isBeyond(strike: number, { above, below }: SplitBounds): boolean {
  return strike >= above || strike <= below;
}

const YEAR_MS = 365 * 86_400_000;

function yearsLeft(expiresMs: number, atMs: number): number {
  return Math.max(0, expiresMs - atMs) / YEAR_MS;
}

interface KnownSeries {
  readonly own: boolean;
  readonly years: number;
}

/** The symbol up to the strike names root, expiry and right: few of them a chain. */
function seriesReader(ticker: string, nowMs: number): (occ: OccSymbol) => KnownSeries {
  const known = new Map<string, KnownSeries>();
  return (occ) => {
    const name = occ.slice(0, -8);
    let series = known.get(name);
    if (!series) {
      const contract = parseOcc(occ);
      if (!contract) throw new Error(`The key ${occ} of a chain is no OCC symbol.`);
      series = {
        own: isOwnRoot(contract.root, ticker),
        years: yearsLeft(expiresAtMs(contract), nowMs),
      };
      known.set(name, series);
    }
    return series;
  };
}

function strikeOf(occ: OccSymbol): number {
  return Number(occ.slice(-8)) / 1000;
}

function rightOf(occ: OccSymbol): Right {
  return occ.at(-9) === "P" ? "P" : "C";
}
