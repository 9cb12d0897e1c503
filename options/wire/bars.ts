/**
 * Historical bars on the wire: what an agent posts after it was asked for some
 * (`POST /api/price-agent/bars`), and what the API answers (`GET /api/contracts/{occ}/bars`).
 */
import { z } from "zod";
import {
  type Bar,
  BAR_KINDS,
  BAR_LENGTHS,
  type BarSeries,
  MAX_BARS,
  type TimeSpan,
} from "../bars.ts";
import { type OccSymbol, parseOcc, parseTicker, type Ticker } from "../contract.ts";
import { agentId, PRICE_LIMIT } from "./ingest_schema.ts";
import { toIso } from "./instant.ts";
import { moment } from "./query.ts";

/**
 * The instrument that a text names: a contract by its OCC symbol, an underlying by its ticker.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { instrumentOf } from "./bars.ts";
 * assert.equal(instrumentOf("EA260116C00210000"), "EA260116C00210000");
 * assert.equal(instrumentOf("brk.b"), "BRK-B");
 * assert.equal(instrumentOf("?"), undefined);
 * ```
 */
export function instrumentOf(text: string): OccSymbol | Ticker | undefined {
  return parseOcc(text.toUpperCase())?.occ ?? parseTicker(text);
}

const instrument = z.string().max(32).transform((text, context) => {
  const known = instrumentOf(text);
  if (known !== undefined) return known;
  context.addIssue({ code: "custom", message: "names no contract and no ticker" });
  return z.NEVER;
});

/** Prices of what is not an option can be larger: PostgreSQL keeps them as they are. */
const price = z.number().gte(-PRICE_LIMIT).lte(10_000_000);
const atMs = z.number().int().gte(0).lt(Date.UTC(10_000, 0, 1));

const optionalColumn = z.array(z.number().gte(0).nullable()).max(MAX_BARS).optional();
const prices = z.array(price).max(MAX_BARS);

/** The columns that always come; those of trades may be absent. */
const columns = z.object({
  startMs: z.array(atMs).max(MAX_BARS),
  open: prices,
  high: prices,
  low: prices,
  close: prices,
  volume: optionalColumn,
  wap: optionalColumn,
  count: optionalColumn,
});

/** The spans of time that were read, and all bars of them: what they lack was not traded. */
export const barsBody = z.object({
  agentId,
  requestId: z.uuid().optional(),
  instrument,
  what: z.enum(BAR_KINDS),
  bar: z.enum(BAR_LENGTHS),
  rth: z.boolean(),
  spans: z.array(z.object({ fromMs: atMs, toMs: atMs })).min(1).max(1_000),
  bars: columns,
}).superRefine(({ spans, bars }, context) => {
  for (const [index, { fromMs, toMs }] of spans.entries()) {
    if (fromMs < toMs) continue;
    context.addIssue({ code: "custom", path: ["spans", index], message: "ends before it begins" });
  }
  for (const [name, column] of Object.entries(bars)) {
    if (column === undefined || column.length === bars.startMs.length) continue;
    const message = `has ${column.length} values where startMs has ${bars.startMs.length}`;
    context.addIssue({ code: "custom", path: ["bars", name], message });
  }
  bars.startMs.forEach((startMs, index) => {
    const before = bars.startMs[index - 1];
    if (before !== undefined && startMs <= before) {
      const message = "comes not after the bar before it";
      context.addIssue({ code: "custom", path: ["bars", "startMs", index], message });
    }
  });
});

/** What an agent writes. */
export type BarsText = z.input<typeof barsBody>;

/** What an agent posts, as it was read. */
export type BarsBody = z.output<typeof barsBody>;

/** Bars as columns, for a body. */
export function barColumns(bars: readonly Bar[]): BarsText["bars"] {
  const column = <K extends keyof Bar>(name: K): Bar[K][] => bars.map((bar) => bar[name]);
  const hasTrades = bars.some(({ volume, wap, count }) => (volume ?? wap ?? count) !== null);
  return {
    startMs: column("startMs"),
    open: column("open"),
    high: column("high"),
    low: column("low"),
    close: column("close"),
    ...(hasTrades && { volume: column("volume"), wap: column("wap"), count: column("count") }),
  };
}

/** The bars of a body. */
export function barsOf({ bars }: BarsBody): Bar[] {
  const at = (column: readonly (number | null)[] | undefined, index: number): number | null =>
    column?.[index] ?? null;
  return bars.startMs.map((startMs, index) => ({
    startMs,
    open: bars.open[index] ?? NaN,
    high: bars.high[index] ?? NaN,
    low: bars.low[index] ?? NaN,
    close: bars.close[index] ?? NaN,
    volume: at(bars.volume, index),
    wap: at(bars.wap, index),
    count: at(bars.count, index),
  }));
}

/** `POST /api/price-agent/bars`. */
export const barsStoredAnswer = z.object({
  success: z.literal([true]),
  stored: z.number().int().describe("bars"),
});

const DURATION_FORM = "must be a whole number with S, D (trading days), W, M or Y, such as 10D";

/** What is asked of `GET /api/contracts/{occ}/bars`. */
export const barsQuery = z.strictObject({
  what: z.enum(BAR_KINDS).default("MIDPOINT"),
  bar: z.enum(BAR_LENGTHS).default("1h"),
  duration: z.string().regex(/^[1-9]\d{0,3}[SDWMY]$/, DURATION_FORM).default("10D")
    .describe("3600S, 10D (trading days), 2W, 3M or 1Y, up to the end"),
  end: moment.optional(),
  rth: z.enum(["0", "1"]).default("1").describe("1: regular trading hours only"),
});

/** The instrument in a path: a contract's compact OCC symbol, or a ticker. */
export const instrumentInPath = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,31}$/)
  .meta({ description: "a contract's compact OCC symbol, or a ticker", examples: ["EA"] });

const value = z.number().nullable();
const span = z.object({ from: z.string(), to: z.string() });

/** Bars, and the parts of the time of which nothing is known. */
export const barsAnswer = z.object({
  instrument: z.string(),
  what: z.enum(BAR_KINDS),
  bar: z.enum(BAR_LENGTHS),
  rth: z.boolean(),
  from: z.string(),
  to: z.string(),
  source: z.enum(["agent", "stored"]).describe("agent: some were read for this answer"),
  bars: z.array(z.object({
    at: z.string().describe("when the bar begins"),
    open: z.number(),
    high: z.number(),
    low: z.number(),
    close: z.number(),
    volume: value,
    wap: value.describe("the price weighted by volume"),
    count: value.describe("trades"),
  })),
  gaps: z.array(span).describe("of these times no bar was ever read"),
  reason: z.string().nullable().describe("why gaps are not filled"),
});

/** Bars, as they are answered. */
export type BarsAnswer = z.infer<typeof barsAnswer>;

/** Makes the answer. */
export function barsAnswerOf(
  series: BarSeries,
  span: TimeSpan,
  found: {
    readonly bars: readonly Bar[];
    readonly gaps: readonly TimeSpan[];
    readonly source: BarsAnswer["source"];
    readonly reason: string | null;
  },
): BarsAnswer {
  return {
    ...series,
    from: toIso(span.fromMs),
    to: toIso(span.toMs),
    source: found.source,
    bars: found.bars.map(({ startMs, ...rest }) => ({ at: toIso(startMs), ...rest })),
    gaps: found.gaps.map(({ fromMs, toMs }) => ({ from: toIso(fromMs), to: toIso(toMs) })),
    reason: found.reason,
  };
}
