/** A ticker as it was known at a moment of the past: what had been received by then. */
import { historyAround, seqAt } from "../../db/positions.ts";
import { chainUpTo } from "../live/past.ts";
import type { KnownTicker, Services } from "../services.ts";
import type { Then } from "../components/chain/view.ts";
import { referenceCloseMs } from "../live/day.ts";
import { referenceSpot } from "../../db/spots.ts";

/** An agent that stored something was heard of for so long. */
const HEARD_OF_MS = 6 * 60_000;

/** The ticker then, and where its history goes on; `undefined` where it has none. */
export async function knownAt(
  { clock, database: { work } }: Services,
  now: KnownTicker,
  askedMs: number,
): Promise<{ readonly known: KnownTicker; readonly then: Then } | undefined> {
  const { ticker } = now;
  const atMs = Math.min(askedMs, clock.nowMs());
  const around = await historyAround(work, ticker, atMs);
  if (!around) return undefined;
  const chain = await chainUpTo(work, ticker, await seqAt(work, ticker, atMs));
  const heardOf = chain.receivedAtMs !== null && atMs - chain.receivedAtMs < HEARD_OF_MS;
  const reference = await referenceSpot(work, ticker, referenceCloseMs(atMs, ticker));
  return {
    known: {
      ...now,
      chain,
      // What else was heard of the agent is not kept.
      agentOnline: heardOf ? true : null,
      agentReason: null,
      referencePrice: reference ?? null,
    },
    then: { atMs, ...around },
  };
}
