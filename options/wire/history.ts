/** History as the API answers it: by `asOf`, late rows marked. */
import { z } from "zod";
import { NONE, type QuoteColumns } from "../columns.ts";
import type { Contract } from "../contract.ts";
import type { StoredBatch } from "../chain.ts";
import { midOf } from "../fold.ts";
import { FIELD_SCALE, MARKET_DATA_KINDS, type QuoteField } from "../quote.ts";
import { chainAnswerSchema, kindWord } from "./chain.ts";
import { toIso } from "./instant.ts";

const value = z.number().nullable();
const next = z.string().nullable().describe(
  "where there is more: the `from` with which to go on; else null",
);

/** The chain as it was known at each step of a range. */
export const chainRangeAnswer = z.object({
  ticker: z.string(),
  from: z.string(),
  to: z.string(),
  stepSeconds: z.number().int(),
  chains: z.array(z.object({ at: z.string(), chain: chainAnswerSchema })),
  next,
});

/** Everything of a range's answer but its chains. */
export type ChainRangeHead = Omit<z.infer<typeof chainRangeAnswer>, "chains">;

/** Which snapshot a row is of, and when it is from. */
export const snapshotOfRow = z.object({
  asOf: z.string().describe("when it was so; history goes by it"),
  receivedAt: z.string().describe("when the server had it"),
  late: z.boolean().describe("sent after it had waited: newer data may have been known before it"),
  seq: z.number().int(),
  snapshotId: z.string(),
});

/** A contract's quote in one snapshot, as it was read: null is none. */
export const quoteRow = snapshotOfRow.extend({
  agentId: z.string(),
  spotPrice: value,
  bid: value,
  ask: value,
  mid: value,
  last: value,
  volume: value,
  open_interest: value,
  implied_vol: value.describe("a fraction: 0.25 is 25 %"),
  delta: value,
  gamma: value,
  theta: value.describe("per day"),
  vega: value.describe("per percentage point of volatility"),
  bid_size: value,
  ask_size: value,
  kind: kindWord.nullable(),
  multiplier: z.number().optional().describe("absent where no agent said it"),
  quotedAt: z.string().optional().describe("when the agent saw the quote, where it said so"),
});

/** A contract's quote in one snapshot. */
export type QuoteRow = z.infer<typeof quoteRow>;

/** A contract's quotes of a range. */
export const contractHistoryAnswer = z.object({
  symbol: z.string().describe("compact OCC symbol"),
  ticker: z.string(),
  root: z.string(),
  expiry: z.string(),
  strike: z.number(),
  right: z.enum(["C", "P"]),
  from: z.string(),
  to: z.string(),
  stepSeconds: z.number().int().nullable(),
  quotes: z.array(quoteRow),
  next,
});

/** A contract's quotes of a range. */
export type ContractHistoryAnswer = z.infer<typeof contractHistoryAnswer>;

/** The row of a contract in a snapshot; `undefined` where the snapshot does not list it. */
export function quoteRowOf(batch: StoredBatch, { occ }: Contract): QuoteRow | undefined {
  const { columns } = batch;
  const place = placeOf(columns, occ);
  if (place === undefined) return undefined;
  const of = (field: QuoteField): number | null => {
    const whole = columns.fields[field]?.[place] ?? NONE;
    return whole === NONE ? null : whole / FIELD_SCALE[field];
  };
  const [bid, ask] = [of("bid"), of("ask")];
  const multiplier = columns.multiplier?.[place] ?? NaN;
  const quotedAtMs = columns.quotedAtMs?.[place] ?? NaN;
  return {
    asOf: toIso(batch.asOfMs),
    receivedAt: toIso(batch.receivedAtMs),
    late: batch.late,
    seq: batch.seq,
    snapshotId: batch.snapshotId,
    agentId: batch.agentId,
    spotPrice: batch.spot,
    bid,
    ask,
    mid: bid !== null && ask !== null && bid > 0 && ask > 0 ? midOf(bid, ask) : null,
    last: of("last"),
    volume: of("volume"),
    open_interest: of("openInterest"),
    implied_vol: of("impliedVol"),
    delta: of("delta"),
    gamma: of("gamma"),
    theta: of("theta"),
    vega: of("vega"),
    bid_size: of("bidSize"),
    ask_size: of("askSize"),
    kind: MARKET_DATA_KINDS[(columns.kind?.[place] ?? 0) - 1] ?? null,
    ...(Number.isNaN(multiplier) ? {} : { multiplier }),
    ...(Number.isNaN(quotedAtMs) ? {} : { quotedAt: toIso(quotedAtMs) }),
  };
}

/** Columns are sorted by contract. */
function placeOf({ occ }: QuoteColumns, wanted: string): number | undefined {
  let low = 0;
  let high = occ.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((occ[middle] ?? "") < wanted) low = middle + 1;
    else high = middle;
  }
  return occ[low] === wanted ? low : undefined;
}

/** Whether two moments are in different steps: steps are counted from 1970. */
export function isOtherStep(oneMs: number, otherMs: number, stepMs: number): boolean {
  return Math.floor(oneMs / stepMs) !== Math.floor(otherMs / stepMs);
}
