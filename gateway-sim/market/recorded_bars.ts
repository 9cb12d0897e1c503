/** Historical bars of recorded chains: each chain is one look at the price, and no more is known. */
import { newYorkDate, newYorkMs } from "../../options/calendar.ts";
import type { FiledChain } from "../../options/formats/chain_file.ts";
import type { RecordedQuote } from "../../options/formats/recorded.ts";
import type { Bar, BarRequest, Instrument } from "./market.ts";

const DAY_MS = 86_400_000;
/** A request up to now was given its end when it arrived, a moment before the bars are made. */
const MOMENT_MS = 1_000;
const OPEN_MINUTE = 9 * 60 + 30;

/** One look: what a bar's open, high, low and close are made of. */
interface Look {
  readonly startMs: number;
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

/**
 * The bars of an instrument from the chains shown so far. A replay's clock may be behind the chain
 * that is shown: what was shown is the past, so a request up to now gets all of it.
 */
export function recordedBars(
  shown: readonly FiledChain[],
  instrument: Instrument,
  request: BarRequest,
  nowMs: number,
): readonly Bar[] {
  const { endMs, durationMs, barMs, what } = request;
  const newestMs = shown.at(-1)?.updatedMs ?? endMs;
  const untilMs = endMs > nowMs - MOMENT_MS ? Math.max(endMs, newestMs) : endMs;
  const looks: Look[] = [];
  for (const chain of shown) {
    if (chain.updatedMs > untilMs || chain.updatedMs <= untilMs - durationMs) continue;
    const startMs = barStart(chain.updatedMs, barMs);
    const look = lookAt(chain, instrument, what);
    if (look) looks.push({ startMs, ...look });
  }
  return [...Map.groupBy(looks, (look) => look.startMs)].map(([startMs, ofBar]) =>
    barOf(startMs, ofBar, what)
  );
}

function lookAt(
  chain: FiledChain,
  instrument: Instrument,
  what: BarRequest["what"],
): Omit<Look, "startMs"> | null {
  const { option } = instrument;
  if (!option) return same(chain.spot);
  const quote = chain.contracts.find(({ contract }) => contract.occ === option.occ);
  if (!quote) return null;
  return what === "TRADES" ? same(quote.last) : twoSided(quote, what);
}

function same(price: number | null): Omit<Look, "startMs"> | null {
  return price === null ? null : { low: price, middle: price, high: price };
}

function twoSided(
  { bid, ask }: RecordedQuote,
  what: "MIDPOINT" | "BID_ASK",
): Omit<Look, "startMs"> | null {
  if (bid === null || ask === null) return null;
  const middle = (bid + ask) / 2;
  return what === "MIDPOINT" ? same(middle) : { low: bid, middle, high: ask };
}

function barOf(startMs: number, looks: readonly Look[], what: BarRequest["what"]): Bar {
  const high = Math.max(...looks.map((look) => look.high));
  const low = Math.min(...looks.map((look) => look.low));
  const mean = (of: (look: Look) => number): number =>
    looks.reduce((sum, look) => sum + of(look), 0) / looks.length;
  const edges = what === "BID_ASK"
    ? { open: mean((look) => look.low), close: mean((look) => look.high) }
    : { open: looks[0]?.middle ?? low, close: looks.at(-1)?.middle ?? low };
  return {
    startMs,
    ...edges,
    high,
    low,
    volume: 0,
    average: mean((look) => look.middle),
    count: looks.length,
  };
}

function barStart(atMs: number, barMs: number): number {
  if (barMs < DAY_MS) return Math.floor(atMs / barMs) * barMs;
  return newYorkMs(newYorkDate(atMs), OPEN_MINUTE);
}
