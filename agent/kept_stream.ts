/** A stream of a ticker that is there again after every loss of the connection, and every day. */
import { type Clock, sleep } from "../base/clock.ts";
import type { OccSymbol, Ticker } from "../options/contract.ts";
import { isOpenBy } from "../options/liquid_hours.ts";
import type { Quote } from "../options/quote.ts";
import type { Log } from "../telemetry/log.ts";
import type { ChainMemory } from "./chain/chain_memory.ts";
import {
  type ChainStream,
  streamChain,
  type StreamSink,
  type StreamState,
} from "./chain/stream.ts";
import { formatStreamWindow, type StreamWindow } from "./chain/stream_window.ts";
import type { Outbox } from "./delivery/outbox.ts";
import type { Standby } from "./delivery/standby.ts";
import { GatewayLost } from "./gateway/connection.ts";
import type { Keeper } from "./gateway/keeper.ts";
import type { Lines } from "./gateway/lines.ts";

/** A ticker that the gateway does not know may be known after its restart. */
const UNKNOWN_AGAIN_MS = 60_000;

/** What a kept stream needs. */
export interface KeptStreamOptions {
  readonly ticker: Ticker;
  readonly window: StreamWindow;
  readonly keeper: Pick<Keeper, "connection">;
  readonly lines: Lines;
  readonly memory: ChainMemory;
  readonly outbox: Outbox;
  readonly standby: Pick<Standby, "standing" | "untilStandDown">;
  readonly clock: Clock;
  readonly log: Log;
  readonly deltaOf: (occ: OccSymbol) => number | null;
  /** A window that is silent for so long while the market is open is mute. */
  readonly muteAfterMs: number;
  /** Called each time that the feed is found mute. */
  readonly onMute: (ticker: Ticker) => void;
}

/** A stream that goes on until it is ended. */
export interface KeptStream {
  /** The quote of a contract of the window that ticks. */
  quoteOf(occ: OccSymbol): Quote | undefined;
  renew(): void;
  state(): StreamState;
  /** Resolves when its lines are given back. */
  end(): Promise<void>;
}

/** Starts to stream, and goes on until `end()`. */
export function keepStreaming(options: KeptStreamOptions): KeptStream {
  const { ticker, window } = options;
  const stop = new AbortController();
  let current: ChainStream | undefined;
  const ended = keep(options, stop.signal, (stream) => current = stream);
  return {
    quoteOf: (occ) => current?.quoteOf(occ),
    renew: () => current?.renew(),
    state: () =>
      current?.state() ?? {
        ticker,
        window: formatStreamWindow(window),
        contracts: 0,
        ticking: 0,
        missing: [],
        whole: false,
        spot: null,
        mute: false,
        lastTickMs: null,
      },
    async end() {
      stop.abort(new Error("The stream is ended."));
      await ended;
    },
  };
}

async function keep(
  options: KeptStreamOptions,
  signal: AbortSignal,
  publish: (stream: ChainStream | undefined) => void,
): Promise<void> {
  const { ticker, window, keeper, lines, memory, standby, clock, log } = options;
  while (!signal.aborted) {
    const nowMs = clock.monotonicMs();
    const untilMs = standby.standing(ticker, nowMs);
    if (untilMs !== null) {
      await sleep(clock, untilMs - nowMs, signal).catch(() => {/* the loop's condition sees it */});
      continue;
    }
    const streaming = AbortSignal.any([signal, standby.untilStandDown(ticker)]);
    const connection = await keeper.connection(signal).catch(() => undefined);
    if (!connection) return;
    const share = lines.forStream();
    const known = memory.recall(ticker);
    const out = sinkOf(options);
    try {
      const stream = streamChain(connection, {
        ...options,
        lines: share,
        known,
        isMarketOpen: () => isOpenBy(known.hours, ticker, clock.nowMs()),
        onMute: () => options.onMute(ticker),
        sink: out.sink,
        signal: streaming,
      });
      publish(stream);
      log.info("stream.begun", `Streams ${ticker} ${formatStreamWindow(window)}`, { ticker });
      const refused = await stream.ended;
      if (!refused) continue;
      log.error("stream.unknown", `The gateway streams no ${ticker}: ${refused.refusal}`, {
        ticker,
      });
      await sleep(clock, UNKNOWN_AGAIN_MS, signal);
    } catch (error) {
      if (signal.aborted) return;
      // Another agent has the ticker: its lines are free while this one stands by.
      if (streaming.aborted) continue;
      const message = error instanceof Error ? error.message : String(error);
      log.warn("stream.lost", `The stream of ${ticker} broke off: ${message}`, { ticker });
      if (!(error instanceof GatewayLost)) await sleep(clock, UNKNOWN_AGAIN_MS, signal);
    } finally {
      publish(undefined);
      out.end();
      share.close();
      memory.keep(ticker);
    }
  }
}

/** Sends what a stream brings. */
function sinkOf({ ticker, outbox, clock, log }: KeptStreamOptions): {
  readonly sink: StreamSink;
  end(): void;
} {
  let readId: string = crypto.randomUUID();
  const updates = outbox.streamUpdates(ticker, () => readId);
  return {
    end: () => updates.end(),
    sink: {
      changes: (quotes, spot) => updates.add(quotes, spot),
      snapshot(window) {
        const readAtMs = clock.nowMs();
        const write = (): void => {
          outbox.snapshot({ ...window, ticker, readId, readAtMs });
          readId = crypto.randomUUID();
        };
        updates.between(write).catch((error) => {
          log.error("stream.not_spooled", `A snapshot of ${ticker} is lost: ${error}`, { ticker });
        });
      },
    },
  };
}
