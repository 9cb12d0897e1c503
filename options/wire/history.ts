/** History as the API answers it: by `asOf`, late rows marked. */
import { z } from "zod";
import { midOf } from "../fold.ts";
import type { Quote } from "../quote.ts";
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

/** What one snapshot said of a contract. */
export interface SnapshotQuote {
  readonly snapshotId: string;
  readonly seq: number;
  readonly asOfMs: number;
  readonly receivedAtMs: number;
  readonly late: boolean;
  readonly agentId: string;
  readonly spot: number | null;
  readonly quote: Quote;
}

/** The row of a contract in a snapshot. */
export function quoteRowOf({ quote, ...snapshot }: SnapshotQuote): QuoteRow {
  const { bid, ask, multiplier, quotedAtMs } = quote;
  return {
    asOf: toIso(snapshot.asOfMs),
    receivedAt: toIso(snapshot.receivedAtMs),
    late: snapshot.late,
    seq: snapshot.seq,
    snapshotId: snapshot.snapshotId,
    agentId: snapshot.agentId,
    spotPrice: snapshot.spot,
    bid,
    ask,
    mid: bid !== null && ask !== null && bid > 0 && ask > 0 ? midOf(bid, ask) : null,
    last: quote.last,
    volume: quote.volume,
    open_interest: quote.openInterest,
    implied_vol: quote.impliedVol,
    delta: quote.delta,
    gamma: quote.gamma,
    theta: quote.theta,
    vega: quote.vega,
    bid_size: quote.bidSize,
    ask_size: quote.askSize,
    kind: quote.kind,
    ...(multiplier === null ? {} : { multiplier }),
    ...(quotedAtMs === null ? {} : { quotedAt: toIso(quotedAtMs) }),
  };
}

/** Whether two moments are in different steps: steps are counted from 1970. */
export function isOtherStep(oneMs: number, otherMs: number, stepMs: number): boolean {
  return Math.floor(oneMs / stepMs) !== Math.floor(otherMs / stepMs);
}
