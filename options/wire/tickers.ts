/** A row of the list of tickers: what the page shows and the live messages carry. */
import { z } from "zod";
import { liveContracts } from "../calendar.ts";
import type { LastKnownChain } from "../chain.ts";
import { changeOf } from "../change.ts";
import {
  type ChainContext,
  chainStateOf,
  freshnessWord,
  kindWord,
  reasonAnswer,
  rowFreshness,
} from "./chain.ts";

/** The deal behind a ticker: what holders get, and when. */
export const dealOfTicker = z.object({
  id: z.string(),
  cash: z.number().nullable().describe("cash per share"),
  close: z.string().nullable().describe("expected day of closing"),
});

/** One ticker of the list. */
export const tickerRow = z.object({
  ticker: z.string(),
  name: z.string().nullable(),
  deal: dealOfTicker.nullable(),
  spotPrice: z.number().nullable(),
  spotSeenAt: z.string().nullable(),
  change: z.number().nullable().describe("spot against the reference price"),
  changePercent: z.number().nullable(),
  contractCount: z.number().int(),
  freshCount: z.number().int().describe("contracts that are live or recent"),
  neverQuotedCount: z.number().int(),
  freshness: freshnessWord.nullable(),
  kind: kindWord.nullable(),
  reason: reasonAnswer.nullable(),
  agentId: z.string().nullable(),
  timestamp: z.string().nullable(),
  seq: z.number().int(),
  atmIv: z.number().nullable().describe("at the money, for 30 days, a fraction"),
  ivRank: z.object({
    rank: z.number().describe("0 at the lowest of the days, 100 at the highest"),
    percentile: z.number().describe("percent of the earlier days that were lower"),
    days: z.number().int().describe("days it goes by"),
    firstDay: z.string(),
  }).nullable().describe("null: fewer than two days are known"),
  course: z.array(z.tuple([z.number(), z.number()]))
    .describe("the day so far: minutes after the open, spot"),
});

/** One ticker of the list. */
export type TickerRow = z.infer<typeof tickerRow>;

/** `GET /api/tickers`. */
export const tickersAnswer = z.object({ tickers: z.array(tickerRow) });

/** What a row says that the chain itself does not know. */
export interface TickerContext extends ChainContext {
  readonly name: string | null;
  readonly deal: z.infer<typeof dealOfTicker> | null;
  /** The close of the session before, or the first price of the day; null where neither is known. */
  readonly referencePrice: number | null;
  readonly day: TickerDay;
}

/** What a row tells of the day. */
export interface TickerDay {
  readonly course: readonly (readonly [minute: number, spot: number])[];
  readonly atmIv: number | null;
  readonly ivRank: z.infer<typeof tickerRow>["ivRank"];
}

/** The row of a ticker. */
export function tickerRowOf(chain: LastKnownChain, context: TickerContext): TickerRow {
  const { nowMs, name, deal, referencePrice, day } = context;
  const state = chainStateOf(chain, context);
  const moved = changeOf(state.spotPrice, referencePrice);
  const freshCount = liveContracts(chain, nowMs).filter((contract) => {
    const freshness = rowFreshness(contract, nowMs);
    return freshness === "live" || freshness === "recent";
  }).length;
  return {
    ticker: state.ticker,
    name,
    deal,
    spotPrice: state.spotPrice,
    spotSeenAt: state.spotSeenAt,
    change: moved?.change ?? null,
    changePercent: moved?.percent ?? null,
    contractCount: state.contractCount,
    freshCount,
    neverQuotedCount: state.neverQuotedCount,
    freshness: state.freshness,
    kind: state.kind,
    reason: state.reason,
    agentId: state.agentId,
    timestamp: state.timestamp,
    seq: state.seq,
    atmIv: day.atmIv,
    ivRank: day.ivRank && {
      rank: day.ivRank.rank,
      percentile: day.ivRank.percentile,
      days: day.ivRank.days,
      firstDay: day.ivRank.firstDay,
    },
    course: day.course.map(([minute, spot]) => [minute, spot]),
  };
}
