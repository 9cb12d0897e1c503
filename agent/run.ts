/** `agent run`: reads every ticker on a schedule and delivers what it read, until it is ended. */
import type { Timer } from "../base/clock.ts";
import type { Ticker } from "../options/contract.ts";
import type { Log } from "../telemetry/log.ts";
import type { AgentStatus } from "../options/wire/agent_status.ts";
import { REQUEST_KINDS } from "../options/wire/session.ts";
import { probeGateway, readBarsForServer } from "./asked.ts";
import { BarPacing } from "./bars/pacing.ts";
import { openChainMemory } from "./chain/chain_memory.ts";
import { createDelivery } from "./delivery/delivery.ts";
import { createOutbox } from "./delivery/outbox.ts";
import type { Server } from "./delivery/post.ts";
import { type AgentSession, keepSession } from "./delivery/session.ts";
import { openSpool } from "./delivery/spool.ts";
import { createStandby, type Standby } from "./delivery/standby.ts";
import type { DomainClock } from "./domain_clock.ts";
import { keepConnected } from "./gateway/keeper.ts";
import { idLocks } from "./gateway/id_lock.ts";
import { createLines } from "./gateway/lines.ts";
import about from "./deno.json" with { type: "json" };
import { startHealth } from "./health/server.ts";
import { createLeases } from "./leases.ts";
import { createProgress, type ProgressOutput, standardError } from "./progress.ts";
import { createReader } from "./reader.ts";
import { answerRequests } from "./requests.ts";
import { runRounds } from "./rounds.ts";
import { clientIdsOf, type RunSettings, spoolFolder, spoolLimits } from "./settings.ts";
import { agentStatusOf } from "./status.ts";

/** After a farm is well again its lines have so long to tick by themselves. */
const RENEW_AFTER_MS = 5_000;

/** How often the spool is asked how it is. */
const SPOOL_STATE_MS = 1_000;

/** How long the end of the program waits for snapshots that are on their way. */
const LAST_DELIVERY_MS = 3_000;

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

/** Runs until the signal aborts. */
export async function runAgent(options: RunOptions): Promise<void> {
  const { settings, agentId, clock, log, signal } = options;
  const server: Server = { url: settings.serverUrl, key: options.key, clock };
  const folder = spoolFolder(settings, agentId);
  const spool = openSpool({ folder, clock, log, limits: spoolLimits(settings) });
  const standby = createStandby({ clock, log });
  const onConflict: Standby["conflict"] = (ticker, retryAfterMs) => {
    standby.conflict(ticker, retryAfterMs);
    session.changed();
  };
  const delivery = createDelivery({ spool, server, clock, log, onConflict });
  const streamed = settings.stream.map(({ ticker }) => ticker);
  let reads: readonly Ticker[] = [];
  const memory = openChainMemory({
    folder: `${folder}/chains`,
    gateway: `${settings.ibHost}:${settings.ibPort}`,
    clock,
    log,
  });
  const tickers = (): readonly Ticker[] => [...new Set([...reads, ...streamed])];
  const keeper = keepConnected({
    address: { host: settings.ibHost, port: settings.ibPort },
    clientIds: clientIdsOf(settings),
    locks: idLocks({ host: settings.ibHost, port: settings.ibPort }, {
      onFailure: (message) =>
        log.warn("gateway.no_locks", `Client IDs are not locked on this machine: ${message}`),
    }),
    ratePerSecond: settings.rate,
    clock,
    log,
    // The underlying of whatever is read: it ticks when anything does.
    probeContract: () =>
      tickers().map((ticker) => memory.recall(ticker).underlying?.contract).find(Boolean),
  });
  log.info("agent.started", `Agent ${agentId} runs`, {
    agentId,
    server: settings.serverUrl.origin,
    gateway: `${settings.ibHost}:${settings.ibPort}`,
    spool: folder,
    waiting: spool.waiting().length,
  });
  delivery.start();
  const lines = createLines(settings.lines, clock);
  const progress = createProgress(clock, progressOutput(log));
  const reader = createReader({
    keeper,
    lines,
    memory,
    outbox: createOutbox({
      server,
      agentId,
      spool,
      clock,
      log,
      onSpooled: () => delivery.wake(),
      onConflict,
    }),
    standby,
    muteAfterMs: settings.muteAfter * 1_000,
    clock,
    log,
    onProgress: (ticker, { done, total }) => progress.show(ticker, done, total),
    onMute: () => session.changed(),
    onEnded: () => {
      progress.end();
      session.changed();
    },
  });
  for (const { ticker, window } of settings.stream) reader.stream(ticker, window);
  keeper.watch.listen({ onRestored: renewAtMost(clock, () => reader.renewStreams()) });
  const leases = createLeases();
  const standsBy = (ticker: Ticker): boolean =>
    standby.standing(ticker, clock.monotonicMs()) !== null;
  const pacing = new BarPacing();
  const requests = answerRequests({
    reader,
    isStreamed: (ticker) => streamed.includes(ticker),
    standsBy,
    untilStandDown: standby.untilStandDown,
    readBars: (requestId, request, signal) =>
      readBarsForServer({ server, agentId, keeper, pacing, clock }, requestId, request, signal),
    probe: () => probeGateway(settings, clock),
    say: (message) => session.say(message),
    clock,
    log,
  });
  /** The spool is on a disk, which may be slow: it is asked once a second at the most. */
  let spooled = { atMs: Number.NEGATIVE_INFINITY, state: spool.state() };
  const status = (): AgentStatus => {
    const nowMs = clock.monotonicMs();
    if (nowMs - spooled.atMs >= SPOOL_STATE_MS) spooled = { atMs: nowMs, state: spool.state() };
    const { depth, bytes, dropped, mode } = spooled.state;
    return agentStatusOf({
      gateway: { ...keeper.watch.status(), address: `${settings.ibHost}:${settings.ibPort}` },
      lines: { used: lines.used, limit: lines.limit },
      messageRate: keeper.messageRate,
      reader: reader.state(),
      tickers: tickers(),
      standsBy,
      spool: {
        waiting: depth,
        parked: delivery.parked.length,
        rejected: delivery.counts.rejected,
        dropped,
        bytes,
        durable: mode === "disk",
      },
      conflicts: delivery.counts.conflicts,
    });
  };
  const { healthPort, healthHost } = settings;
  const health = healthPort === "off" ? undefined : startHealth({
    hostname: healthHost,
    port: healthPort,
    agentId,
    version: about.version,
    status,
    probe: () => probeGateway(settings, clock),
    nowMs: () => clock.realNowMs(),
    log,
  });
  const session: AgentSession = keepSession({
    server,
    agentId,
    clock,
    log,
    feed: () => ({
      tickers: tickers().filter((ticker) => reader.isFed(ticker) && !standsBy(ticker)),
      alive: keeper.watch.isFeedAlive,
    }),
    status,
    hello: {
      version: about.version,
      runId: crypto.randomUUID(),
      requests: [...REQUEST_KINDS],
      auto: settings.tickers === "auto",
    },
    onRequest: requests.hear,
    onCancel: requests.cancel,
    onLeases: leases.take,
  });
  keeper.watch.listen({ onChange: () => session.changed() });
  try {
    await runRounds({
      ...settings,
      reader,
      leases,
      standby,
      server,
      clock,
      log,
      signal,
      onRound: (tickers) => reads = tickers,
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    requests.end();
    await reader.end();
    progress.end();
    session.end();
    await keeper.end();
    await health?.close();
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

/** Farms flap for minutes (nautilus #3968): lines are asked for anew once, when they come to rest. */
function renewAtMost(clock: DomainClock, renew: () => void): () => void {
  let timer: Timer | undefined;
  return () => {
    timer?.cancel();
    timer = clock.after(RENEW_AFTER_MS, renew);
  };
}
