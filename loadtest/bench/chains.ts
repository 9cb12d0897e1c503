/** The chains that the benchmark sends: of the made-up market, as many contracts as asked for. */
import { type Contract, parseTicker, type Ticker } from "../../options/contract.ts";
import { blackScholesGreeks } from "../../options/pricing/black_scholes.ts";
import { activityOf } from "../../options/synthetic/activity.ts";
import { listContracts, type ListedContract } from "../../options/synthetic/listing.ts";
import { marketDayAt } from "../../options/synthetic/market_day.ts";
import { optionQuote } from "../../options/synthetic/quotes.ts";
import { hashText, mix } from "../../options/synthetic/random.ts";
import { spotAt } from "../../options/synthetic/spot.ts";
import { worthAtSpot } from "../../options/synthetic/theory.ts";
import { twoSided } from "../../options/synthetic/two_sided.ts";
import { type Underlying, UNDERLYINGS } from "../../options/synthetic/underlyings.ts";

/** One contract of a chain, all that a payload says of it; `null` is none. */
export interface ChainRow {
  readonly contract: Contract;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly mid: number | null;
  readonly last: number | null;
  readonly volume: number;
  readonly openInterest: number;
  readonly impliedVol: number | null;
  readonly delta: number | null;
  readonly bidSize: number | null;
  readonly askSize: number | null;
}

/** What one read of a ticker brings. */
export interface Chain {
  readonly ticker: Ticker;
  readonly spot: number;
  readonly rows: readonly ChainRow[];
}

const SEED = 4;
const STEP_MS = 5 * 60_000;
const HALF_HOUR_MS = 30 * 60_000;

/** The made-up tickers that are read: AZA, AZB … AZZ, BZA … */
export function benchTickers(count: number): Ticker[] {
  return Array.from({ length: count }, (_, i) => {
    const letters = String.fromCharCode(65 + Math.floor(i / 26), 90, 65 + i % 26);
    const ticker = parseTicker(letters);
    if (!ticker) throw new RangeError(`not a ticker: ${letters}`);
    return ticker;
  });
}

/**
 * Reads of a ticker five minutes apart, `contracts` in each, of the session that `nowMs` is in or
 * is the last before. Trades are those of the first read: they are slow to make up.
 */
export function* readsOf(
  ticker: Ticker,
  options: { readonly contracts: number; readonly reads: number; readonly nowMs: number },
): Generator<Chain> {
  const { contracts, reads, nowMs } = options;
  const underlying = underlyingOf(ticker);
  const listed = listContracts(underlying, nowMs).slice(0, contracts);
  if (listed.length < contracts) {
    throw new RangeError(
      `only ${listed.length} contracts are listed on ${ticker}, not ${contracts}`,
    );
  }
  const beginMs = marketDayAt(nowMs).opensAtMs + HALF_HOUR_MS;
  const beginSpot = spotAt(SEED, underlying, beginMs);
  const contractsTraded = listed.map((each) => tradedAt(each, beginSpot, beginMs));
  for (let read = 0; read < reads; read++) {
    const atMs = beginMs + read * STEP_MS;
    const spot = round(spotAt(SEED, underlying, atMs), 100);
    yield { ticker, spot, rows: contractsTraded.map((each) => rowOf(each, spot, atMs)) };
  }
}

/** A stock with enough expiries and strikes for the longest chain. */
function underlyingOf(ticker: Ticker): Underlying {
  const model = UNDERLYINGS.find((each) => each.ticker === "AAPL");
  if (!model) throw new Error("the made-up market has no AAPL");
  return {
    ...model,
    ticker,
    expiries: [{ root: ticker, days: 0, fridays: 8, thirdFridays: 10, far: 6 }],
    strikes: [
      { step: 2.5, below: 4, above: 4, mostWeeks: 52 },
      { step: 5, below: 6, above: 6, mostWeeks: 52 },
    ],
  };
}

/** A contract with what was traded of it. */
interface Traded {
  readonly listed: ListedContract;
  /** The contract's chance. */
  readonly key: number;
  readonly activity: number;
  readonly last: number | null;
  readonly volume: number;
  readonly openInterest: number;
}

function tradedAt(listed: ListedContract, spot: number, atMs: number): Traded {
  const quote = optionQuote(SEED, listed, { low: spot, high: spot }, atMs);
  if (!quote) throw new Error(`${listed.contract.occ} is never quoted`);
  const { last, volume, openInterest } = quote;
  const key = mix(SEED, hashText(listed.contract.occ));
  return { listed, key, activity: activityOf(listed, quote.worth), last, volume, openInterest };
}

function rowOf({ listed, key, activity, ...trades }: Traded, spot: number, atMs: number): ChainRow {
  const worth = worthAtSpot(listed, spot, atMs);
  const { bid, ask, bidSize, askSize } = twoSided(key, listed, worth, activity, atMs);
  const { terms, vol } = worth;
  return {
    contract: listed.contract,
    bid,
    ask,
    mid: bid !== null && ask !== null ? round((bid + ask) / 2, 1e4) : null,
    ...trades,
    impliedVol: vol === null ? null : round(vol, 1e6),
    delta: vol === null ? null : round(blackScholesGreeks(terms, vol).delta, 1e6),
    bidSize,
    askSize,
  };
}

function round(value: number, scale: number): number {
  return Math.round(value * scale) / scale;
}
