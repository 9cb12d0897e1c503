/**
 * Recorded chains, served as a market. Each symbol shows one file at a time, the first at the
 * start; what is in no shown file does not exist. Values go out exactly as the file has them.
 */
import type { Clock } from "../../base/clock.ts";
import { newYorkDate } from "../../options/calendar.ts";
import type { Ticker } from "../../options/contract.ts";
import type { FiledChain } from "../../options/formats/chain_file.ts";
import { ConIds, ibSymbol } from "./instruments.ts";
import { type Market, type MarketSymbol, NO_QUOTE } from "./market.ts";
import { recordedBars } from "./recorded_bars.ts";
import { listingOf, quoteOf, type RecordedListing } from "./recorded_listing.ts";
import { Subscriptions } from "./subscriptions.ts";

/** Where one symbol's replay stands: the chain it shows, and all it has. */
export interface ReplayPosition {
  readonly symbol: string;
  readonly file: string;
  readonly files: readonly string[];
}

/** What to show: the next chain of each symbol, or of one; or the one that a file holds. */
export interface ReplayStep {
  readonly symbol?: string | undefined;
  readonly file?: string | undefined;
}

/** The symbols that moved, or why none could. */
export type ReplayStepOutcome =
  | { readonly ok: true; readonly moved: readonly ReplayPosition[] }
  | { readonly ok: false; readonly error: string; readonly allowed: readonly string[] };

/** A market of recorded chains. */
export interface ReplayMarket extends Market {
  symbols(): readonly MarketSymbol[];
  positions(): readonly ReplayPosition[];
  /** A symbol that shows its last chain stays there. */
  step(request: ReplayStep): ReplayStepOutcome;
}

/** One symbol's chains in the order of their time. */
interface Reel {
  readonly ticker: Ticker;
  readonly chains: readonly FiledChain[];
  /** A name for each chain: the file's, with the time where a file holds several. */
  readonly names: readonly string[];
  shown: number;
}

/** A market of chains that are sorted by ticker and time. */
export function replayOf(chains: readonly FiledChain[], clock: Clock): ReplayMarket {
  const reels = [...Map.groupBy(chains, (chain) => chain.ticker)].map(
    ([ticker, chains]): Reel => ({ ticker, chains, names: namesOf(chains), shown: 0 }),
  );
  const subscriptions = new Subscriptions();
  const conIds = new ConIds();
  /** Of every contract ID ever shown, the ticker of its chain. */
  const tickers = new Map<number, Ticker>();
  const ownerOf = (conId: number): Reel | undefined => {
    const ticker = tickers.get(conId);
    return reels.find((reel) => reel.ticker === ticker);
  };
  const list = (): RecordedListing => {
    const listing = listingOf(reels.map(chainShownBy), conIds, clock.nowMs());
    for (const [conId, ticker] of listing.tickers) tickers.set(conId, ticker);
    return listing;
  };
  let shown = list();

  const current = (): RecordedListing => {
    // Instruments tell the hours of the coming days.
    if (shown.date !== newYorkDate(clock.nowMs())) {
      shown = list();
    }
    return shown;
  };

  const step = (request: ReplayStep): ReplayStepOutcome => {
    const wanted = reels.filter((reel) => !request.symbol || isCalled(reel, request.symbol));
    if (wanted.length === 0) {
      const error = `No symbol "${request.symbol}" in this replay`;
      return { ok: false, error, allowed: reels.map((reel) => reel.ticker) };
    }
    const moved: Reel[] = [];
    for (const reel of wanted) {
      const next = request.file ? indexOfFile(reel, request.file) : reel.shown + 1;
      if (next < 0 || next >= reel.chains.length) continue;
      reel.shown = next;
      moved.push(reel);
    }
    if (request.file && moved.length === 0) {
      const error = `No file "${request.file}" in this replay`;
      return { ok: false, error, allowed: wanted.flatMap((reel) => reel.names) };
    }
    shown = list();
    for (const conId of subscriptions.conIds()) {
      const owner = ownerOf(conId);
      if (owner && moved.includes(owner)) subscriptions.notify(conId);
    }
    return { ok: true, moved: moved.map(positionOf) };
  };

  return {
    nowMs: () => clock.nowMs(),
    find: (query) => current().book.find(query),
    instrument: (conId) => current().book.get(conId),
    optionParameters: (underConId) => current().book.optionParameters(underConId),
    quote(conId) {
      const owner = ownerOf(conId);
      const instrument = current().book.get(conId);
      if (!owner || !instrument) return undefined;
      const { spot } = chainShownBy(owner);
      const recorded = current().options.get(conId);
      return recorded ? quoteOf(recorded, spot) : { ...NO_QUOTE, last: spot };
    },
    // A recorded bid and ask stand for as long as they are shown, whatever the clock says.
    isOpen: () => true,
    subscribe: (conId, onChange) => subscriptions.add(conId, onChange),
    bars(request) {
      const owner = ownerOf(request.conId);
      const instrument = current().book.get(request.conId);
      if (!owner || !instrument) return [];
      const shownSoFar = owner.chains.slice(0, owner.shown + 1);
      return recordedBars(shownSoFar, instrument, request, clock.nowMs());
    },
    symbols: () => reels.map(symbolOf),
    positions: () => reels.map(positionOf),
    step,
    close: () => subscriptions.clear(),
  };
}

function chainShownBy(reel: Reel): FiledChain {
  const chain = reel.chains[reel.shown];
  if (!chain) throw new RangeError(`${reel.ticker} has no chain ${reel.shown}`);
  return chain;
}

function namesOf(chains: readonly FiledChain[]): readonly string[] {
  return chains.map(({ file, updatedMs }) => {
    const name = file.split("/").at(-1) ?? file;
    const several = chains.filter((chain) => chain.file === file).length > 1;
    return several ? `${name} ${new Date(updatedMs).toISOString()}` : name;
  });
}

/** By its name, with or without the time, or by the end of its path; -1 where there is none. */
function indexOfFile(reel: Reel, file: string): number {
  const named = reel.names.indexOf(file);
  if (named >= 0) return named;
  return reel.chains.findIndex((chain) => chain.file === file || chain.file.endsWith(`/${file}`));
}

function isCalled(reel: Reel, symbol: string): boolean {
  return ibSymbol(reel.ticker) === ibSymbol(symbol.toUpperCase());
}

function positionOf(reel: Reel): ReplayPosition {
  return { symbol: reel.ticker, file: reel.names[reel.shown] ?? "", files: reel.names };
}

function symbolOf(reel: Reel): MarketSymbol {
  return { ticker: reel.ticker, name: reel.ticker, spot: chainShownBy(reel).spot, deal: null };
}
