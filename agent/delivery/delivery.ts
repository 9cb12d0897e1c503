/**
 * Sends what waits in the spool, one snapshot at a time, for as long as the program runs, and
 * decides by the server's answer what becomes of each (design, "Nothing is lost").
 */
import type { Clock, Timer } from "../../base/clock.ts";
import type { Ticker } from "../../options/contract.ts";
import type { Log } from "../../telemetry/log.ts";
import { backoffMs } from "../backoff.ts";
import { nextDueMs, nextToSend, type Waiting } from "./order.ts";
import { postBatch, type PostOutcome, type Server } from "./post.ts";
import type { Spool, Spooled } from "./spool.ts";

/** A snapshot that waited longer is history: it takes no window and gets no 409. */
const BACKFILL_AFTER_MS = 60_000;

/** A ticker or key that the server refused may be allowed by now. */
const PARKED_MS = 5 * 60_000;

const RETRY = { firstMs: 1_000, mostMs: 60_000 } as const;

const RETRY_AFTER_JITTER = 0.1;

/** After a spool that could not be read or written, it is looked at again. */
const SPOOL_RETRY_MS = 5_000;

/** Counts since the start. */
export interface DeliveryCounts {
  stored: number;
  conflicts: number;
  rejected: number;
  /** Answers that parked a ticker. */
  parked: number;
  retries: number;
}

/** A running delivery. */
export interface Delivery {
  readonly counts: Readonly<DeliveryCounts>;
  /** Tickers that the server does not take now (403, 404). */
  readonly parked: readonly Ticker[];
  /** Something was written to the spool. */
  wake(): void;
  /**
   * Sends one snapshot of the spool now, whatever else waits, and says what the server said.
   * `undefined` where it is not there any more.
   */
  sendNow(waiting: Waiting, signal?: AbortSignal): Promise<PostOutcome | undefined>;
  /** Sends for at most `withinMs` what may go, then ends. What is left stays in the spool. */
  end(withinMs: number): Promise<void>;
}

/** What a delivery needs. */
export interface DeliveryOptions {
  readonly spool: Spool;
  readonly server: Server;
  readonly clock: Clock;
  readonly log: Log;
  /** Another agent has the ticker, for so long. */
  readonly onConflict?: (ticker: Ticker, retryAfterMs: number | null) => void;
}

/** Makes a delivery; `start()` it to have it send by itself. */
export function createDelivery(options: DeliveryOptions): Delivery & { start(): void } {
  const { spool, server, clock, log } = options;
  const counts: DeliveryCounts = { stored: 0, conflicts: 0, rejected: 0, parked: 0, retries: 0 };
  // What left before this program began counts: older than that, what waits is no news.
  const newestDone = new Map<string, number>(spool.newestGone());
  const parkedUntilMs = new Map<Ticker, number>();
  const notBeforeMs = new Map<number, number>();
  const failures = new Map<number, number>();
  const attempts = { newestDone, parkedUntilMs, notBeforeMs };
  const stop = new AbortController();
  let serverFailures = 0;
  let serverNotBeforeMs = 0;
  let started = false;
  let again = false;
  let running: Promise<void> | undefined;
  let timer: Timer | undefined;

  const done = (snapshot: Waiting): void => {
    newestDone.set(snapshot.ticker, Math.max(snapshot.id, newestDone.get(snapshot.ticker) ?? -1));
    notBeforeMs.delete(snapshot.id);
    failures.delete(snapshot.id);
    serverFailures = 0;
  };
  const settle = (snapshot: Spooled, outcome: PostOutcome): void => {
    const { ticker } = snapshot;
    switch (outcome.kind) {
      case "stored":
        counts.stored++;
        spool.remove(snapshot.id);
        done(snapshot);
        log.info("delivery.stored", `Posted ${ticker}`, {
          ticker,
          snapshotId: outcome.confirmation.snapshotId,
          contracts: outcome.confirmation.contractsReceived,
        });
        return;
      case "conflict":
        counts.conflicts++;
        spool.remove(snapshot.id);
        done(snapshot);
        log.info("delivery.conflict", `The server keeps newer data of ${ticker}`, {
          ticker,
          existingAgent: outcome.existingAgent,
        });
        options.onConflict?.(ticker, outcome.retryAfterMs);
        return;
      case "rejected":
        counts.rejected++;
        spool.reject(snapshot.id, { ...outcome, atMs: clock.realNowMs() });
        done(snapshot);
        log.error("delivery.rejected", `The server refused a snapshot of ${ticker}`, {
          ticker,
          status: outcome.status,
          answer: outcome.message,
        });
        return;
      case "parked":
        counts.parked++;
        serverFailures = 0;
        parkedUntilMs.set(ticker, clock.monotonicMs() + PARKED_MS);
        log.error("delivery.parked", `The server does not take ${ticker}: ${outcome.message}`, {
          ticker,
          status: outcome.status,
        });
        return;
      case "later":
        return settleLater(snapshot, outcome);
    }
  };
  const settleLater = (
    snapshot: Spooled,
    outcome: Extract<PostOutcome, { kind: "later" }>,
  ): void => {
    counts.retries++;
    const failed = outcome.scope === "server"
      ? ++serverFailures
      : (failures.get(snapshot.id) ?? 0) + 1;
    // Jittered beyond what the server asks for: it asks all agents for the same.
    const askedMs = (outcome.retryAfterMs ?? 0) * (1 + RETRY_AFTER_JITTER * Math.random());
    const waitMs = Math.max(askedMs, backoffMs(failed, RETRY));
    const dueMs = clock.monotonicMs() + waitMs;
    if (outcome.scope === "server") {
      serverNotBeforeMs = dueMs;
    } else {
      failures.set(snapshot.id, failed);
      notBeforeMs.set(snapshot.id, dueMs);
    }
    log.warn("delivery.retry", `${snapshot.ticker} waits: ${outcome.message}`, {
      ticker: snapshot.ticker,
      status: outcome.status,
      waitMs: Math.round(waitMs),
    });
  };
  // Taken as news, what is older than what was sent would stand for the newest.
  const isHistory = ({ id, ticker, storedAtMs }: Spooled): boolean =>
    clock.realNowMs() - storedAtMs > BACKFILL_AFTER_MS || id < (newestDone.get(ticker) ?? id);
  const send = async (waiting: Waiting, signal: AbortSignal): Promise<PostOutcome | undefined> => {
    const snapshot = spool.read(waiting.id);
    if (!snapshot) return undefined;
    const outcome = await postBatch(server, {
      json: snapshot.json,
      key: snapshot.key,
      backfill: isHistory(snapshot),
      signal,
    });
    // An attempt that we broke off ourselves says nothing of the server.
    if (outcome.kind !== "later" || !signal.aborted) settle(snapshot, outcome);
    return outcome;
  };
  const drain = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      again = false;
      const nowMs = clock.monotonicMs();
      const waiting = spool.waiting();
      const next = serverNotBeforeMs <= nowMs ? nextToSend(waiting, attempts, nowMs) : undefined;
      if (next) {
        await send(next, stop.signal);
        continue;
      }
      if (again) continue;
      const dueMs = nextDueMs(waiting, attempts);
      if (dueMs !== undefined) {
        const waitMs = Math.max(dueMs, serverNotBeforeMs) - nowMs;
        timer = clock.after(Math.max(1, Math.ceil(waitMs)), wake);
      }
      return;
    }
  };
  const wake = (): void => {
    again = true;
    if (!started || running || stop.signal.aborted) return;
    timer?.cancel();
    running = drain()
      .catch((error) => {
        // Nothing else would wake it before the next read.
        log.error("delivery.failed", `Delivery failed: ${error}`);
        timer = clock.after(SPOOL_RETRY_MS, wake);
      })
      .finally(() => {
        running = undefined;
        if (again) wake();
      });
  };
  return {
    counts,
    get parked() {
      const nowMs = clock.monotonicMs();
      return [...parkedUntilMs].flatMap(([ticker, untilMs]) => untilMs > nowMs ? [ticker] : []);
    },
    wake,
    start() {
      started = true;
      wake();
    },
    sendNow: (waiting, signal) =>
      send(waiting, signal ? AbortSignal.any([signal, stop.signal]) : stop.signal),
    async end(withinMs) {
      wake();
      const deadline = clock.after(withinMs, () => stop.abort(new Error("The agent is ending.")));
      await running;
      deadline.cancel();
      stop.abort(new Error("The agent is ending."));
      timer?.cancel();
    },
  };
}
