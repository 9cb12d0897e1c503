/** What the API, the live messages and the pages say of a ticker: one place, so that they agree. */
import { type ChainAnswer, chainAnswer, type ChainContext } from "../../options/wire/chain.ts";
import { type TickerDay, type TickerRow, tickerRowOf } from "../../options/wire/tickers.ts";
import type { KnownTicker, Services } from "../services.ts";

/** What the chain itself does not know. */
export function contextOf(known: KnownTicker, nowMs: number): ChainContext {
  return {
    nowMs,
    ticker: known.ticker,
    dealId: known.deal?.id ?? null,
    agentOnline: known.agentOnline,
    agentReason: known.agentReason,
  };
}

/** The whole chain. */
export function answerOf(known: KnownTicker, nowMs: number): ChainAnswer {
  return chainAnswer(known.chain, contextOf(known, nowMs));
}

/** The row of the list of tickers. */
export function rowOf(known: KnownTicker, nowMs: number, day: TickerDay): TickerRow {
  const { name, deal, referencePrice } = known;
  return tickerRowOf(known.chain, {
    ...contextOf(known, nowMs),
    name,
    deal: deal && { id: deal.id, cash: deal.cash, close: deal.close },
    referencePrice,
    day,
  });
}

/** The rows of all tickers. */
export async function allRows(
  { chains, clock, days }: Pick<Services, "chains" | "clock" | "days">,
): Promise<TickerRow[]> {
  const nowMs = clock.nowMs();
  const all = await chains.all();
  return await Promise.all(
    all.map(async (known) => rowOf(known, nowMs, await days.of(known.ticker))),
  );
}
