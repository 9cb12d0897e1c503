/** `agent run`: reads every ticker on a schedule and delivers what it read, until it is ended. */
import { sleep } from "../base/clock.ts";
import type { Ticker } from "../options/contract.ts";
import type { Log } from "../telemetry/log.ts";
import { backoffMs } from "./backoff.ts";
import { allExpiries } from "./chain/expiries.ts";
import { type ChainRead, readChain } from "./chain/read.ts";
import { createDelivery } from "./delivery/delivery.ts";
import { sendEarlyUpdates } from "./delivery/early_updates.ts";
import { toPayload } from "./delivery/payload.ts";
import { fetchWanted, type Server } from "./delivery/post.ts";
import { keepSession } from "./delivery/session.ts";
import { openSpool, type Spool } from "./delivery/spool.ts";
import { createStandby, type Standby } from "./delivery/standby.ts";
import type { DomainClock } from "./domain_clock.ts";
import { GatewayLost } from "./gateway/connection.ts";
import { keepConnected, type Keeper } from "./gateway/keeper.ts";
import { createLines } from "./gateway/lines.ts";
import { createProgress, type Progress, type ProgressOutput, standardError } from "./progress.ts";
import { type RunSettings, spoolFolder, spoolLimits } from "./settings.ts";

/** How long the end of the program waits for snapshots that are on their way. */
const LAST_DELIVERY_MS = 3_000;

const ASK_SERVER_AGAIN = { firstMs: 1_000, mostMs: 30_000 } as const;

const LOOK_AT_STANDBY_MS = 5_000;

/** A read that loses its connection is begun anew so often in a round. */
const TRIES_IN_A_ROUND = 2;

/** What a running agent needs. */
export interface RunOptions {
  readonly settings: RunSettings;
  readonly agentId: string;
  readonly key: string;
  readonly clock: DomainClock;
  readonly log: Log;
  /** Ends the agent: lines are cancelled, the gateway left, the spool flushed as far as it goes. */
  readonly signal: AbortSignal;
}

interface Agent extends RunOptions {
  readonly server: Server;
  readonly spool: Spool;
  readonly keeper: Keeper;
  readonly progress: Progress;
  /** Tickers that are read, and whose newest read brings prices: their windows are kept. */
  readonly fed: Set<Ticker>;
  readonly onSpooled: () => void;
  readonly standby: Standby;
  readonly onConflict: Standby["conflict"];
}

/** Runs until the signal aborts. */
export async function runAgent(options: RunOptions): Promise<void> {
  const { settings, agentId, clock, log, signal } = options;
  const server: Server = { url: settings.serverUrl, key: options.key, clock };
  const folder = spoolFolder(settings, agentId);
  const spool = openSpool({ folder, clock, log, limits: spoolLimits(settings) });
  const standby = createStandby({ clock, log });
  const delivery = createDelivery({ spool, server, clock, log, onConflict: standby.conflict });
  const keeper = keepConnected({
    address: { host: settings.ibHost, port: settings.ibPort },
    clientIds: settings.clientId === undefined
      ? settings.clientIds
      : { first: settings.clientId, last: settings.clientId },
    ratePerSecond: settings.rate,
    clock,
    log,
  });
  log.info("agent.started", `Agent ${agentId} runs`, {
    agentId,
    server: settings.serverUrl.origin,
    gateway: `${settings.ibHost}:${settings.ibPort}`,
    spool: folder,
    waiting: spool.waiting().length,
  });
  delivery.start();
  const fed = new Set<Ticker>();
  const session = keepSession({
    server,
    agentId,
    clock,
    log,
    feed: () => ({ tickers: [...fed], alive: keeper.connected }),
  });
  const progress = createProgress(clock, progressOutput(log));
  try {
    await runRounds({
      ...options,
      server,
      spool,
      keeper,
      progress,
      fed,
      onSpooled: () => delivery.wake(),
      standby,
      onConflict: standby.conflict,
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    progress.end();
    session.end();
    await keeper.end();
    await delivery.end(LAST_DELIVERY_MS);
    spool.close();
    log.info("agent.ended", `Agent ${agentId} ended`, { ...delivery.counts });
  }
}

/** A counting line where a person watches, log lines elsewhere. */
function progressOutput(log: Log): ProgressOutput {
  const watched = standardError();
  return watched.terminal
    ? watched
    : { terminal: false, write: (text) => log.info("chain.progress", text.trimEnd()) };
}

async function runRounds(agent: Agent): Promise<void> {
  const { clock, fed, settings, signal } = agent;
  let known: readonly Ticker[] = [];
  while (!signal.aborted) {
    const startMs = clock.monotonicMs();
    known = await tickersToRead(agent, known);
    for (const ticker of fed) if (!known.includes(ticker)) fed.delete(ticker);
    for (const ticker of known) await readTicker(agent, ticker);
    await restOfRound(agent, known, startMs + settings.interval * 1_000);
  }
}

/** Waits for the next round; what another agent had is tried as soon as its window is over. */
async function restOfRound(
  agent: Agent,
  tickers: readonly Ticker[],
  roundEndMs: number,
): Promise<void> {
  const { clock, signal, standby } = agent;
  const stood = new Set<Ticker>();
  for (let nowMs = clock.monotonicMs(); nowMs < roundEndMs; nowMs = clock.monotonicMs()) {
    for (const ticker of tickers) {
      if (standby.standing(ticker, nowMs) !== null) stood.add(ticker);
      else if (stood.delete(ticker)) await readTicker(agent, ticker);
    }
    const endMs = standby.nextEndMs(tickers, clock.monotonicMs()) ?? roundEndMs;
    // A 409 of a snapshot may come at any time of the rest.
    const wakeMs = Math.min(roundEndMs, endMs, clock.monotonicMs() + LOOK_AT_STANDBY_MS);
    await sleep(clock, Math.max(0, wakeMs - clock.monotonicMs()), signal);
  }
}

/**
 * The tickers of this round: those of the settings, or those the server wants now. It is asked
 * every round, also for the time that it is there.
 */
async function tickersToRead(
  agent: Agent,
  known: readonly Ticker[],
): Promise<readonly Ticker[]> {
  const { settings, server, clock, log, signal } = agent;
  for (let failures = 1;; failures++) {
    const answer = await fetchWanted(server, signal);
    signal.throwIfAborted();
    if (answer.ok) clock.learnOffset(answer.clockOffsetMs);
    else log.warn("agent.not_told", `The server does not say what to read: ${answer.message}`);
    if (settings.tickers !== "auto") return settings.tickers;
    if (answer.ok) return answer.tickers.map((wanted) => wanted.ticker);
    // What it wanted a round ago is most likely what it wants now.
    if (known.length > 0) return known;
    await sleep(clock, backoffMs(failures, ASK_SERVER_AGAIN), signal);
  }
}

async function readTicker(agent: Agent, ticker: Ticker): Promise<void> {
  const { keeper, log, progress, fed, standby, clock } = agent;
  if (standby.standing(ticker, clock.monotonicMs()) !== null) return;
  const signal = AbortSignal.any([agent.signal, standby.untilStandDown(ticker)]);
  for (let tries = 1; tries <= TRIES_IN_A_ROUND; tries++) {
    const connection = await keeper.connection(agent.signal);
    const readId = crypto.randomUUID();
    const updates = sendEarlyUpdates({ ...agent, ticker, readId });
    try {
      const outcome = await readChain(connection, {
        ...agent,
        signal,
        ticker,
        readId,
        choose: allExpiries,
        // Anew for each read: the lines that were taken then may be free now.
        lines: createLines(agent.settings.lines),
        onQuoted: (quote, spot) => {
          fed.add(ticker);
          updates.add(quote, spot);
        },
        onProgress: ({ done, total }) => progress.show(ticker, done, total),
      });
      if (outcome.kind !== "read" || outcome.read.quotes.length === 0) fed.delete(ticker);
      if (outcome.kind === "read") spoolRead(agent, outcome.read);
      else log.error("chain.unknown", outcome.message, { ticker });
      return;
    } catch (error) {
      agent.signal.throwIfAborted();
      if (signal.aborted) {
        fed.delete(ticker);
        return;
      }
      if (!(error instanceof GatewayLost)) throw error;
      log.warn("chain.lost", `The read of ${ticker} broke off: ${error.message}`, {
        ticker,
        reason: error.reason,
      });
    } finally {
      progress.end();
      await updates.end();
      agent.onSpooled();
    }
  }
}

function spoolRead(agent: Agent, read: ChainRead): void {
  const { agentId, spool, clock } = agent;
  const payload = toPayload({ ...read, agentId, mode: "snapshot", atMs: read.readAtMs });
  spool.add({
    key: read.readId,
    ticker: read.ticker,
    json: JSON.stringify(payload),
    storedAtMs: clock.realNowMs(),
  });
}
