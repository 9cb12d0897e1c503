/** A ticker as it was known at a moment of the past: what had been received by then. */
import { historyAround, seqAt } from "../../db/positions.ts";
import { referenceSpot } from "../../db/spots.ts";
import type { Then } from "../components/chain/view.ts";
import { referenceCloseMs } from "../live/day.ts";
import { agentOnlineAt, chainUpTo } from "../live/past.ts";
import type { KnownTicker, Services } from "../services.ts";

/** The ticker then, and where its history goes on; `undefined` where it has none. */
export async function knownAt(
  { clock, database: { work } }: Services,
  now: KnownTicker,
  askedMs: number,
): Promise<{ readonly known: KnownTicker; readonly then: Then } | undefined> {
  const { ticker } = now;
  const atMs = Math.min(askedMs, clock.nowMs());
  const seq = await seqAt(work, ticker, atMs);
  const [around, chain, reference] = await Promise.all([
    historyAround(work, ticker, seq),
    chainUpTo(work, ticker, seq),
    referenceSpot(work, ticker, referenceCloseMs(atMs, ticker)),
  ]);
  if (!around) return undefined;
  return {
    known: {
      ...now,
      chain,
      agentOnline: agentOnlineAt(chain, atMs),
      // What an agent said of itself is not kept.
      agentReason: null,
      referencePrice: reference ?? null,
    },
    then: { atMs, ...around },
  };
}
