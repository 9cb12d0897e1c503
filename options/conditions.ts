/**
 * The conditions of a market at one snapshot: at-the-money volatility and skew by expiry and for
 * 30 days, and the totals of calls and puts. Worked out of clean quotes alone
 * (`docs/specs/quality.md`, Q-30 …), and cheap: it runs for each snapshot that is stored.
 */
import { NONE, type QuoteColumns } from "./columns.ts";
import type { IsoDate } from "./contract.ts";
import { type ChainLayout, layoutOf, type Series } from "./layout.ts";
import {
  BARRED,
  ColumnsJudge,
  countFlags,
  type QualityBits,
  type QualityContext,
  type QualityFlag,
} from "./quality.ts";
import { GREEK_SCALE, PRICE_SCALE } from "./quote.ts";

/** The days that {@link MarketConditions.atmIv} and `skew` are for. */
export const HORIZON_DAYS = 30;

/** The volatilities of one expiry. */
export interface ExpiryConditions {
  readonly expiry: IsoDate;
  /** From the snapshot until it leaves the live chain, with fractions. */
  readonly days: number;
  /** A fraction: 0.25 is 25 %. */
  readonly atmIv: number;
  /** IV of the 25-delta put less that of the 25-delta call; null where clean quotes do not reach. */
  readonly skew: number | null;
}

/** Why a snapshot has no at-the-money volatility for 30 days. */
export type NoVolatility =
  /** It came without the underlying's price. */
  | "no_spot"
  /** Under a tenth of its contracts have a bid or an ask. */
  | "blank"
  /** No expiry has clean volatilities on both sides of the money. */
  | "no_clean_iv"
  /** None of those that have ends near enough to 30 days from now. */
  | "no_near_expiry";

/** The conditions of a market at one snapshot. Totals are null where nothing says them. */
export interface MarketConditions {
  readonly spot: number | null;
  /** At the money, for 30 days. */
  readonly atmIv: number | null;
  readonly skew: number | null;
  readonly noVolatility: NoVolatility | null;
  readonly putVolume: number | null;
  readonly callVolume: number | null;
  readonly putOpenInterest: number | null;
  readonly callOpenInterest: number | null;
  /** Those with an at-the-money volatility, in their order. */
  readonly expiries: readonly ExpiryConditions[];
  /** How many quotes that a volatility was looked for in were left out, by flag. */
  readonly leftOut: Readonly<Partial<Record<QualityFlag, number>>>;
}

/**
 * The conditions that a snapshot's quotes show. Give the layout of its contract set where it is
 * known: working it out costs more than all the rest.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { columnsOf } from "./columns.ts";
 * import { conditionsOf } from "./conditions.ts";
 * import { parseTicker } from "./contract.ts";
 * const ticker = parseTicker("EA");
 * assert(ticker && conditionsOf(columnsOf([]), { ticker, spot: null, atMs: 0 }).atmIv === null);
 * ```
 */
export function conditionsOf(
  columns: QuoteColumns,
  context: QualityContext,
  layout: ChainLayout = layoutOf(columns.occ),
): MarketConditions {
  const none = { atmIv: null, skew: null, expiries: [], leftOut: {} };
  const { spot } = context;
  if (isBlank(columns)) return { spot, ...none, ...NO_TOTALS, noVolatility: "blank" };
  const judge = new ColumnsJudge(columns, layout, context);
  const totals = totalsOf(columns, layout, judge);
  if (spot === null) return { spot, ...none, ...totals, noVolatility: "no_spot" };
  const money = new Money(columns, judge, spot);
  const expiries = expiriesOf(layout, context.atMs, judge, money);
  const near = atHorizon(expiries);
  return {
    spot,
    atmIv: near?.atmIv ?? null,
    skew: near?.skew ?? null,
    noVolatility: near ? null : expiries.length > 0 ? "no_near_expiry" : "no_clean_iv",
    ...totals,
    expiries,
    leftOut: countFlags(money.leftOut.values()),
  };
}

type Totals = Pick<
  MarketConditions,
  "putVolume" | "callVolume" | "putOpenInterest" | "callOpenInterest"
>;

const NO_TOTALS: Totals = {
  putVolume: null,
  callVolume: null,
  putOpenInterest: null,
  callOpenInterest: null,
};

/** Feeds zero whole chains at night; the volume and open interest of such a dump are made up too. */
function isBlank({ occ, fields: { bid, ask } }: QuoteColumns): boolean {
  let priced = 0;
  for (let row = 0; row < occ.length; row++) {
    if ((bid?.[row] ?? NONE) > 0 || (ask?.[row] ?? NONE) > 0) priced++;
  }
  return priced * 10 < occ.length;
}

function totalsOf(
  { fields: { volume, openInterest } }: QuoteColumns,
  { series }: ChainLayout,
  judge: ColumnsJudge,
): Totals {
  return {
    putVolume: sumOf(volume, series, "put", judge),
    callVolume: sumOf(volume, series, "call", judge),
    putOpenInterest: sumOf(openInterest, series, "put", judge),
    callOpenInterest: sumOf(openInterest, series, "call", judge),
  };
}

function sumOf(
  column: Int32Array | null,
  series: readonly Series[],
  side: "call" | "put",
  judge: ColumnsJudge,
): number | null {
  if (column === null) return null;
  let total = 0;
  let counted = 0;
  for (const one of series) {
    if (!judge.isOwn(one)) continue;
    const end = side === "call" ? one.puts : one.end;
    for (let row = side === "call" ? one.calls : one.puts; row < end; row++) {
      const value = column[row] ?? NONE;
      if (value === NONE || judge.isPreSplit(row)) continue;
      total += value;
      counted++;
    }
  }
  return counted === 0 ? null : total;
}

const DAY_MS = 86_400_000;
const YEAR_DAYS = 365;

/** One for each day: where two roots share it (SPX and SPXW), of the one that ends later. */
function expiriesOf(
  layout: ChainLayout,
  atMs: number,
  judge: ColumnsJudge,
  money: Money,
): ExpiryConditions[] {
  const series = layout.series
    .filter((one) => judge.isOwn(one) && one.expiresAtMs > atMs)
    .sort((a, b) =>
      a.expiry < b.expiry ? -1 : a.expiry > b.expiry ? 1 : b.expiresAtMs - a.expiresAtMs
    );
  const expiries: ExpiryConditions[] = [];
  for (const one of series) {
    if (expiries.at(-1)?.expiry === one.expiry) continue;
    const days = (one.expiresAtMs - atMs) / DAY_MS;
    const found = money.volatilities(one, days / YEAR_DAYS);
    if (found) expiries.push({ expiry: one.expiry, days, ...found });
  }
  return expiries;
}

/** How many listed strikes beside the money are looked at for a clean quote, on each side. */
const NEAR_STRIKES = 3;
/** How far a forward may be from the spot, and further for each year: beyond, a quote is off. */
const FORWARD_SLACK = 0.05;
const FORWARD_SLACK_A_YEAR = 0.06;
/** d1 of a 25-delta call, by forward delta: N(-0.6745) is 0.25. A 25-delta put's is the opposite. */
const D1_OF_25_DELTA = -0.674_489_75;
/** Strikes further apart than this in d1 say nothing of what lies between. */
const MAX_D1_STEP = 1;

/** The volatilities around the money, out of clean quotes; what was left out is noted by row. */
class Money {
  readonly leftOut = new Map<number, QualityBits>();
  readonly #columns: QuoteColumns;
  readonly #judge: ColumnsJudge;
  readonly #spot: number;

  constructor(columns: QuoteColumns, judge: ColumnsJudge, spot: number) {
    this.#columns = columns;
    this.#judge = judge;
    this.#spot = spot;
  }

  /** Null where a clean volatility is missing on a side of the money. */
  volatilities(series: Series, years: number): Pick<ExpiryConditions, "atmIv" | "skew"> | null {
    const forward = this.#forward(series, years);
    const { strikes } = series;
    const from = firstAtOrAbove(strikes, forward);
    const above = this.#nearest(from, 1, (level) => this.#iv(series, level));
    const below = this.#nearest(from - 1, -1, (level) => this.#iv(series, level));
    if (above === null || below === null) return null;
    const lower = strikes[below.level] ?? NaN;
    const upper = strikes[above.level] ?? NaN;
    const weight = (forward - lower) / (upper - lower);
    const atmIv = below.value + weight * (above.value - below.value);
    const wing = { series, forward, years, atmIv };
    const call = this.#wingIv({ ...wing, from, step: 1 });
    const put = this.#wingIv({ ...wing, from: from - 1, step: -1 });
    return { atmIv, skew: call === null || put === null ? null : put - call };
  }

  /** By put-call parity at the strike nearest the spot with both clean; else the spot. */
  #forward(series: Series, years: number): number {
    const { strikes, callRows, putRows } = series;
    const parity = (level: number): number => {
      const call = this.#mid(series, callRows[level] ?? -1);
      const put = this.#mid(series, putRows[level] ?? -1);
      return (strikes[level] ?? NaN) + call - put;
    };
    const from = firstAtOrAbove(strikes, this.#spot);
    const above = this.#nearest(from, 1, parity);
    const below = this.#nearest(from - 1, -1, parity);
    const distance = (found: Found | null): number =>
      found === null ? Infinity : Math.abs((strikes[found.level] ?? NaN) - this.#spot);
    const forward = (distance(below) < distance(above) ? below : above)?.value ?? this.#spot;
    const slack = this.#spot * (FORWARD_SLACK + FORWARD_SLACK_A_YEAR * years);
    return Math.abs(forward - this.#spot) <= slack ? forward : this.#spot;
  }

  #nearest(from: number, step: 1 | -1, valueAt: (level: number) => number): Found | null {
    for (let tried = 0; tried < NEAR_STRIKES; tried++) {
      const level = from + tried * step;
      const value = valueAt(level);
      if (!Number.isNaN(value)) return { level, value };
    }
    return null;
  }

  /** The volatility at 25 delta: between the last strike before it and the first beyond it. */
  #wingIv({ series, forward, years, atmIv, from, step }: {
    readonly series: Series;
    readonly forward: number;
    readonly years: number;
    readonly atmIv: number;
    readonly from: number;
    readonly step: 1 | -1;
  }): number | null {
    const { strikes, callRows, putRows } = series;
    const rows = step === 1 ? callRows : putRows;
    const wanted = step * D1_OF_25_DELTA;
    const root = Math.sqrt(years);
    let last = { d1: atmIv * root / 2, iv: atmIv };
    for (let level = from; level >= 0 && level < strikes.length; level += step) {
      const iv = this.#rowIv(series, rows[level] ?? -1);
      if (Number.isNaN(iv)) continue;
      const spread = iv * root;
      const d1 = Math.log(forward / (strikes[level] ?? NaN)) / spread + spread / 2;
      if (step * d1 <= step * wanted) {
        const gap = last.d1 - d1;
        if (Math.abs(gap) > MAX_D1_STEP) return null;
        return gap === 0 ? iv : last.iv + (last.d1 - wanted) / gap * (iv - last.iv);
      }
      last = { d1, iv };
    }
    return null;
  }

  /** Of the call and the put at a strike, the mean where both are clean; NaN where neither is. */
  #iv(series: Series, level: number): number {
    const call = this.#rowIv(series, series.callRows[level] ?? -1);
    const put = this.#rowIv(series, series.putRows[level] ?? -1);
    return Number.isNaN(call) ? put : Number.isNaN(put) ? call : (call + put) / 2;
  }

  #rowIv(series: Series, row: number): number {
    if (!this.#isClean(series, row, BARRED.iv)) return NaN;
    return (this.#columns.fields.impliedVol?.[row] ?? NaN) / GREEK_SCALE;
  }

  #mid(series: Series, row: number): number {
    if (!this.#isClean(series, row, BARRED.price)) return NaN;
    const { bid, ask } = this.#columns.fields;
    return ((bid?.[row] ?? NaN) + (ask?.[row] ?? NaN)) / (2 * PRICE_SCALE);
  }

  #isClean(series: Series, row: number, barred: QualityBits): boolean {
    if (row < 0) return false;
    const bits = this.#judge.bits(row, series);
    if ((bits & barred) === 0) return true;
    this.leftOut.set(row, bits & barred);
    return false;
  }
}

interface Found {
  readonly level: number;
  readonly value: number;
}

function firstAtOrAbove(sorted: Float64Array, value: number): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((sorted[middle] ?? NaN) < value) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The nearest expiry stands for 30 days alone where it is no further than this from it. */
const ALONE_DAYS = 15;

/**
 * At 30 days between two expiries: total variance is linear in time, skew too. Beyond the first or
 * last expiry its own, if that is near.
 */
function atHorizon(
  expiries: readonly ExpiryConditions[],
): Pick<ExpiryConditions, "atmIv" | "skew"> | undefined {
  const after = expiries.find(({ days }) => days >= HORIZON_DAYS);
  const before = expiries.findLast(({ days }) => days < HORIZON_DAYS);
  if (!after || !before) {
    const only = after ?? before;
    return only && Math.abs(only.days - HORIZON_DAYS) <= ALONE_DAYS ? only : undefined;
  }
  const weight = (HORIZON_DAYS - before.days) / (after.days - before.days);
  const between = (a: number, b: number): number => a + weight * (b - a);
  const variance = between(before.atmIv ** 2 * before.days, after.atmIv ** 2 * after.days);
  return {
    atmIv: Math.sqrt(variance / HORIZON_DAYS),
    skew: before.skew === null || after.skew === null ? null : between(before.skew, after.skew),
  };
}
