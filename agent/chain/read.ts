/** One read of a ticker's chain: its underlying, its options, and a quote of each. */
import type { Clock } from "../../base/clock.ts";
import type { Ticker } from "../../options/contract.ts";
import type { MissingContract, Quote } from "../../options/quote.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Connection } from "../gateway/connection.ts";
import type { Lines } from "../gateway/lines.ts";
import { type Listing, listOptions, resolveUnderlying } from "./discovery.ts";
import type { ExpiryChoice } from "./expiries.ts";
import { watchUnderlying } from "./spot.ts";
import { readWindow, type WindowProgress } from "./window.ts";

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

/** How a read ended, when the connection lasted. */
export type ReadOutcome =
  | { readonly kind: "read"; readonly read: ChainRead }
  | { readonly kind: "unknown"; readonly message: string };

/** What a read needs. */
export interface ReadOptions {
  readonly ticker: Ticker;
  readonly readId: string;
  readonly choose: ExpiryChoice;
  readonly clock: Clock;
  readonly lines: Lines;
  readonly log: Log;
  readonly onProgress?: (progress: WindowProgress) => void;
  /** Called with the first contracts, spot included, while the rest is read. */
  readonly onQuoted?: (quote: Quote, spot: number | null) => void;
  readonly signal?: AbortSignal;
}

/** Reads a chain. Rejects with `GatewayLost` when the connection is lost, or the signal's reason. */
export async function readChain(
  connection: Connection,
  options: ReadOptions,
): Promise<ReadOutcome> {
  const { ticker, clock, lines, log, signal } = options;
  const startMs = clock.monotonicMs();
  const underlying = await resolveUnderlying(connection, clock, ticker);
  if ("refusal" in underlying) {
    return unknown(`The gateway knows no underlying ${ticker}: ${underlying.refusal}.`);
  }
  signal?.throwIfAborted();
  const watch = await watchUnderlying(connection, clock, lines, underlying);
  try {
    const chain = await listOptions(connection, clock, {
      ticker,
      underlying,
      choose: options.choose,
    });
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
    const discoveredMs = clock.monotonicMs();
    const { quotes, missing } = await readWindow(nearestFirst(chain.listings, watch.spot()), {
      connection,
      clock,
      lines,
      signal,
      onQuoted: (quote) => options.onQuoted?.(quote, watch.spot()),
      ...(options.onProgress && { onProgress: options.onProgress }),
    });
    log.info("chain.read", `Read ${quotes.length} contracts of ${ticker}`, {
      ticker,
      readId: options.readId,
      contracts: quotes.length,
      missing: missing.length,
      discoverySeconds: seconds(discoveredMs - startMs),
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

/** Near the money first, then by expiry: those are what users look at while the rest is read. */
export function nearestFirst(
  listings: readonly Listing[],
  spot: number | null,
): readonly Listing[] {
  const distance = ({ contract }: Listing): number =>
    spot === null ? 0 : Math.abs(contract.strike - spot);
  return listings.toSorted((a, b) =>
    distance(a) - distance(b) || a.contract.occ.localeCompare(b.contract.occ)
  );
}

function unknown(message: string): ReadOutcome {
  return { kind: "unknown", message };
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
