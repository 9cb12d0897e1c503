/** One read of a ticker's chain: its underlying, its options, and a quote of each. */
import type { Clock } from "../../base/clock.ts";
import type { OccSymbol, Ticker } from "../../options/contract.ts";
import { isOpenBy } from "../../options/liquid_hours.ts";
import type { MissingContract, Quote } from "../../options/quote.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Connection } from "../gateway/connection.ts";
import type { ReadLines } from "../gateway/lines.ts";
import { listOptions, resolveUnderlying } from "./discovery.ts";
import type { ExpiryChoice } from "./expiries.ts";
import { forget, type KnownChain } from "./known_chain.ts";
import type { Listing } from "./listing.ts";
import { nearestFirst } from "./nearest.ts";
import { watchUnderlying } from "./spot.ts";
import { readWindow, type WindowProgress, type WindowResult } from "./window.ts";

/** A chain as one read saw it. */
export interface ChainRead {
  readonly ticker: Ticker;
  readonly readId: string;
  readonly spot: number | null;
  /** When the last contract was in, in domain time. */
  readonly readAtMs: number;
  readonly quotes: readonly Quote[];
  readonly missing: readonly MissingContract[];
}

/** So many contracts near the money are tried where the last read brought no quote at all. */
const TRIED = 2;

/** How a read ended, when the connection lasted. */
export type ReadOutcome =
  | { readonly kind: "read"; readonly read: ChainRead }
  | { readonly kind: "unknown"; readonly message: string }
  /** The last read brought no quote, and a trial of a few contracts brings none now. */
  | { readonly kind: "dry"; readonly reason: string; readonly message: string };

/** What a read needs. */
export interface ReadOptions {
  readonly ticker: Ticker;
  readonly readId: string;
  readonly choose: ExpiryChoice;
  readonly clock: Clock;
  readonly lines: ReadLines;
  /** What is known of the chain today is not asked for; what the read learns is filled in. */
  readonly known: KnownChain;
  readonly log: Log;
  /** The quote of a contract that a stream keeps: it is not asked for, but taken at the end. */
  readonly streamed?: (occ: OccSymbol) => Quote | undefined;
  readonly onProgress?: (progress: WindowProgress) => void;
  /** Called with the first contracts, spot included, while the rest is read. */
  readonly onQuoted?: (quote: Quote, spot: number | null) => void;
  /** After how long without any tick the feed is mute, while the market is open. */
  readonly muteAfterMs?: number;
  /** Whether the last read brought no quote: then a few contracts are tried first. */
  readonly wasDry?: boolean;
  readonly signal?: AbortSignal;
}

/** Reads a chain. Rejects with `GatewayLost` when the connection is lost, or the signal's reason. */
export async function readChain(
  connection: Connection,
  options: ReadOptions,
): Promise<ReadOutcome> {
  const { ticker, clock, lines, log, signal, known } = options;
  const startMs = clock.monotonicMs();
  const discovery = { connection, clock, ticker, known };
  const underlying = await resolveUnderlying(discovery);
  if ("refusal" in underlying) {
    return unknown(`The gateway knows no underlying ${ticker}: ${underlying.refusal}.`);
  }
  signal?.throwIfAborted();
  const watch = await watchUnderlying(connection, clock, lines, underlying);
  try {
    const chain = await listOptions({ ...discovery, underlying, choose: options.choose });
    if ("refusal" in chain) {
      return unknown(`The gateway lists no options of ${ticker}: ${chain.refusal}.`);
    }
    if (chain.listings.length === 0) {
      const reasons = [...new Set(chain.unlisted.map((part) => part.reason))].join("; ");
      return unknown(
        `The gateway lists no options of ${ticker}${reasons && `: ${reasons}`}.`,
      );
    }
    for (const part of chain.unlisted) {
      log.warn("chain.unlisted", `${ticker} ${part.tradingClass} ${part.expiry}: ${part.reason}`);
    }
    if (chain.unnamed > 0) {
      const message = `${ticker} has contracts whose local symbol is no OCC symbol`;
      log.warn("chain.unnamed", message, { ticker, contracts: chain.unnamed });
    }
    await watch.firstPrice();
    signal?.throwIfAborted();
    const isMarketOpen = (): boolean => isOpenBy(known.hours, ticker, clock.nowMs());
    const { muteAfterMs } = options;
    const discoveredMs = clock.monotonicMs();
    const { toRead, streamed, denied } = sortOut(chain.listings, options);
    log.debug("chain.listed", `${ticker} has ${chain.listings.length} contracts`, {
      ticker,
      readId: options.readId,
      contracts: chain.listings.length,
      toRead: toRead.length,
    });
    const nearest = nearestFirst(toRead, watch.spot());
    const window = { connection, clock, lines, signal, openInterest: known.openInterest };
    if (options.wasDry) {
      const tried = await readWindow(nearest.slice(0, TRIED), { ...window, tries: 1 });
      if (tried.quotes.length === 0) return dry(ticker, tried.missing);
    }
    const result = await readWindow(nearest, {
      ...window,
      mute: muteAfterMs === undefined ? undefined : { afterMs: muteAfterMs, isMarketOpen },
      onQuoted: (quote) => options.onQuoted?.(quote, watch.spot()),
      ...(options.onProgress && { onProgress: options.onProgress }),
    });
    learn(chain.listings.length, result, options);
    const quotes = [...result.quotes, ...streamed.flatMap((occ) => options.streamed?.(occ) ?? [])];
    const missing = [...result.missing, ...denied];
    log.info("chain.read", `Read ${quotes.length} contracts of ${ticker}`, {
      ticker,
      readId: options.readId,
      contracts: quotes.length,
      missing: missing.length,
      requeued: result.requeued,
      discoverySeconds: seconds(discoveredMs - startMs),
      readSeconds: seconds(clock.monotonicMs() - discoveredMs),
      seconds: seconds(clock.monotonicMs() - startMs),
    });
    const read: ChainRead = {
      ticker,
      readId: options.readId,
      spot: watch.spot(),
      readAtMs: clock.nowMs(),
      quotes,
      missing,
    };
    return { kind: "read", read };
  } finally {
    await watch.end();
  }
}

/** Contracts to ask for, those that a stream keeps, and those that IB denied today. */
function sortOut(listings: readonly Listing[], { known, streamed }: ReadOptions): {
  readonly toRead: readonly Listing[];
  readonly streamed: readonly OccSymbol[];
  readonly denied: readonly MissingContract[];
} {
  const sorted = {
    toRead: [] as Listing[],
    streamed: [] as OccSymbol[],
    denied: [] as MissingContract[],
  };
  for (const listing of listings) {
    const { occ } = listing.contract;
    const reason = known.denied.get(occ);
    if (reason !== undefined) sorted.denied.push({ contract: occ, reason });
    else if (streamed?.(occ)) sorted.streamed.push(occ);
    else sorted.toRead.push(listing);
  }
  return sorted;
}

/** Most of a chain is never denied: then the gateway is another one than that which listed it. */
function learn(listed: number, result: WindowResult, { known, log, ticker }: ReadOptions): void {
  const { quotes, missing, denied } = result;
  const denials = missing.filter(({ reason }) => reason.startsWith("IB 200:")).length;
  if (denials * 2 > listed) {
    forget(known);
    log.warn("chain.denied", `The gateway denies ${denials} of ${listed} of ${ticker}`, { ticker });
    return;
  }
  for (const [occ, reason] of denied) known.denied.set(occ, reason);
  for (const { occ, openInterest } of quotes) {
    if (openInterest !== null) known.openInterest.set(occ, openInterest);
  }
}

function dry(ticker: Ticker, missing: readonly MissingContract[]): ReadOutcome {
  const reason = missing[0]?.reason ?? "mute_feed";
  return { kind: "dry", reason, message: `No contract of ${ticker} brings a price: ${reason}.` };
}

function unknown(message: string): ReadOutcome {
  return { kind: "unknown", message };
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
