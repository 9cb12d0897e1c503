/** The rounds of `agent run`: every ticker is read once a round, deals before what is only watched. */
import { sleep } from "../base/clock.ts";
import type { Ticker } from "../options/contract.ts";
import type { Log } from "../telemetry/log.ts";
import { backoffMs } from "./backoff.ts";
import type { ReadPriority } from "./chain/priority.ts";
import { fetchWanted, type Server } from "./delivery/post.ts";
import type { Standby } from "./delivery/standby.ts";
import type { DomainClock } from "./domain_clock.ts";
import type { Leases } from "./leases.ts";
import type { Reader } from "./reader.ts";

const ASK_SERVER_AGAIN = { firstMs: 1_000, mostMs: 30_000 } as const;

const LOOK_AT_STANDBY_MS = 5_000;

/** What brought nothing is tried again so soon, by a few contracts. */
const AGAIN_MS = 10_000;

/** A read that lacks this share of its contracts, as something was wrong, is made again before its round. */
const SPOILED_SHARE = 0.2;

/** What rounds need. */
export interface RoundsOptions {
  readonly reader: Pick<Reader, "request">;
  /** What another agent reads is left alone. */
  readonly standby: Standby;
  readonly server: Server;
  readonly tickers: readonly Ticker[] | "auto";
  /** What the server leases to this agent; read where the tickers are "auto". */
  readonly leases: Leases;
  /** Seconds from the start of one round to the start of the next. */
  readonly interval: number;
  readonly clock: DomainClock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Called with the tickers of each round as it begins. */
  readonly onRound: (tickers: readonly Ticker[]) => void;
}

/** A ticker of a round. */
interface RoundTicker {
  readonly ticker: Ticker;
  readonly priority: ReadPriority;
}

/** What is to be tried again, and when, on the monotonic clock; how often in a row it was. */
type Again = Map<Ticker, { readonly dueMs: number; readonly times: number }>;

/** Reads in rounds until the signal aborts. */
export async function runRounds(options: RoundsOptions): Promise<void> {
  const { clock, interval, signal, onRound } = options;
  let known: readonly RoundTicker[] = [];
  const again: Again = new Map();
  while (!signal.aborted) {
    // Before they are looked at: what changes while the round reads is heard.
    let changed = options.leases.changed();
    const endMs = clock.monotonicMs() + interval * 1_000;
    known = await tickersToRead(options, known);
    onRound(known.map(({ ticker }) => ticker));
    let reading = readAll(options, known, again);
    for (;;) {
      // A ticker that is leased meanwhile is not kept waiting for a large chain of another.
      await Promise.race([reading, changed]);
      if (await restOfRound(options, known, again, endMs, changed) === "round over") break;
      changed = options.leases.changed();
      const before = new Set(known.map(({ ticker }) => ticker));
      known = await tickersToRead(options, known);
      onRound(known.map(({ ticker }) => ticker));
      const added = known.filter(({ ticker }) => !before.has(ticker));
      reading = Promise.all([reading, readAll(options, added, again)]);
    }
    await reading;
  }
}

/** Reads some tickers, the more urgent first. */
function readAll(
  options: RoundsOptions,
  tickers: readonly RoundTicker[],
  again: Again,
): Promise<unknown> {
  const reads = Promise.all(tickers.map((wanted) => readTicker(options, wanted, again)));
  reads.catch(() => {/* whoever waits for the round sees it */});
  return reads;
}

/**
 * Reads a ticker, until another agent turns out to have it, and notes when it is to be tried again:
 * at most 10 s after it brought nothing, so that the end of any trouble is noticed.
 */
async function readTicker(
  options: RoundsOptions,
  wanted: RoundTicker,
  again: Again,
): Promise<void> {
  const { clock, interval, leases, reader, standby } = options;
  const { ticker } = wanted;
  const beganMs = clock.monotonicMs();
  if (standby.standing(ticker, beganMs) !== null) return;
  const isAuto = options.tickers === "auto";
  const signal = AbortSignal.any([
    options.signal,
    standby.untilStandDown(ticker),
    ...isAuto ? [leases.untilLost(ticker)] : [],
  ]);
  try {
    const outcome = await reader.request({ ...wanted, signal });
    const times = (again.get(ticker)?.times ?? 0) + 1;
    if (outcome.kind !== "read" || outcome.contracts === 0) {
      again.set(ticker, { dueMs: beganMs + AGAIN_MS, times });
    } else if (outcome.unread >= SPOILED_SHARE * (outcome.contracts + outcome.missing)) {
      const waitMs = Math.min(AGAIN_MS * 2 ** (times - 1), interval * 1_000);
      again.set(ticker, { dueMs: clock.monotonicMs() + waitMs, times });
    } else {
      again.delete(ticker);
    }
  } catch (error) {
    if (options.signal.aborted || !signal.aborted) throw error;
  }
}

/** Waits for the next round; what brought nothing, and what another agent had, is tried meanwhile. */
async function restOfRound(
  options: RoundsOptions,
  tickers: readonly RoundTicker[],
  again: Again,
  roundEndMs: number,
  changed: Promise<void>,
): Promise<"round over" | "leases changed"> {
  const { clock, signal, standby } = options;
  const names = tickers.map(({ ticker }) => ticker);
  const stood = new Set<Ticker>();
  let wait = new AbortController();
  let isChanged = false;
  void changed.then(() => {
    isChanged = options.tickers === "auto";
    if (isChanged) wait.abort();
  });
  // A change of before is heard in the next turn.
  await Promise.resolve();
  for (let nowMs = clock.monotonicMs(); nowMs < roundEndMs; nowMs = clock.monotonicMs()) {
    if (isChanged) return "leases changed";
    for (const wanted of tickers) {
      if (standby.standing(wanted.ticker, nowMs) !== null) stood.add(wanted.ticker);
      else if (stood.delete(wanted.ticker)) await readTicker(options, wanted, again);
    }
    const dueMs = (ticker: Ticker): number => again.get(ticker)?.dueMs ?? Infinity;
    const due = tickers.filter(({ ticker }) => dueMs(ticker) <= nowMs);
    await Promise.all(due.map((wanted) => readTicker(options, wanted, again)));
    const endMs = standby.nextEndMs(names, clock.monotonicMs()) ?? roundEndMs;
    // A 409 of a snapshot may come at any time of the rest.
    const lookMs = clock.monotonicMs() + LOOK_AT_STANDBY_MS;
    const wakeMs = Math.min(roundEndMs, endMs, lookMs, ...names.map(dueMs));
    // What is overdue and could not be read, as another agent has it, is no reason to spin.
    wait = new AbortController();
    const waitMs = Math.max(10, wakeMs - clock.monotonicMs());
    await sleep(clock, waitMs, AbortSignal.any([signal, wait.signal])).catch(
      () => {/* a change */},
    );
    signal.throwIfAborted();
  }
  return "round over";
}

/**
 * The tickers of this round: those of the settings, or those the server wants now. It is asked
 * every round, also for the time that it is there.
 */
async function tickersToRead(
  options: RoundsOptions,
  known: readonly RoundTicker[],
): Promise<readonly RoundTicker[]> {
  const { tickers, server, clock, log, signal } = options;
  for (let failures = 1;; failures++) {
    const answer = await fetchWanted(server, signal);
    signal.throwIfAborted();
    if (answer.ok) clock.learnOffset(answer.clockOffsetMs);
    else log.warn("agent.not_told", `The server does not say what to read: ${answer.message}`);
    if (tickers !== "auto") return tickers.map((ticker) => ({ ticker, priority: "lease" }));
    const leased = options.leases.now;
    if (leased) return leased.map(({ ticker, deal }) => ({ ticker, priority: priorityOf(deal) }));
    if (answer.ok) {
      return answer.tickers.map(({ ticker, dealId }) => ({
        ticker,
        priority: priorityOf(dealId !== null),
      }));
    }
    // What it wanted a round ago is most likely what it wants now.
    if (known.length > 0) return known;
    await sleep(clock, backoffMs(failures, ASK_SERVER_AGAIN), signal);
  }
}

/** Deals go before what is only watched. */
function priorityOf(isDeal: boolean): ReadPriority {
  return isDeal ? "lease" : "watch";
}
