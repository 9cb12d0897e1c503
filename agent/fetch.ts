/** `agent fetch`: reads one chain once, and posts it or prints it. */
import { type Clock, sleep } from "../base/clock.ts";
import { type Log, silentLog } from "../telemetry/log.ts";
import { allExpiries, aroundClose, type ExpiryChoice } from "./chain/expiries.ts";
import { unknownChain } from "./chain/known_chain.ts";
import { urgencyOf } from "./chain/priority.ts";
import { type ChainRead, readChain } from "./chain/read.ts";
import { tradingDay } from "./chain/trading_day.ts";
import { createDelivery } from "./delivery/delivery.ts";
import { type Payload, toPayload } from "./delivery/payload.ts";
import { fetchWanted, type PostOutcome, type Server, type Wanted } from "./delivery/post.ts";
import { openSpool } from "./delivery/spool.ts";
import type { DomainClock } from "./domain_clock.ts";
import { afterTaken, firstClientId } from "./gateway/client_id.ts";
import { connect, type Connection } from "./gateway/connection.ts";
import { createLines } from "./gateway/lines.ts";
import { createProgress, standardError } from "./progress.ts";
import {
  type FetchSettings,
  type GatewaySettings,
  MANUAL_CLIENT_ID,
  spoolFolder,
  spoolLimits,
} from "./settings.ts";

/** The agent ID in a payload that is only printed. */
const DRY_RUN_AGENT = "agent";

/** What one fetch needs. */
export interface FetchOptions {
  readonly settings: FetchSettings;
  /** Who posts; not needed for a dry run. */
  readonly sender?: { readonly agentId: string; readonly key: string };
  readonly clock: DomainClock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Writes one line to standard output. */
  readonly print: (line: string) => void;
}

/** Why a fetch did not do what it should; the message is for the person who called it. */
export class FetchFailed extends Error {
  constructor(message: string) {
    super(message);
    this.name = "FetchFailed";
  }
}

/** Runs one fetch. Throws {@link FetchFailed} where a step fails. */
export async function runFetch(options: FetchOptions): Promise<void> {
  const { settings, sender, print } = options;
  const check = (line: string): void => {
    if (settings.test) print(`✓ ${line}`);
  };
  const choose = await chooseExpiries(options);
  const connection = await connectOnce(options);
  check("Connected to IB TWS");
  let read: ChainRead;
  try {
    read = await readOnce(connection, choose, options);
  } finally {
    await connection.close();
  }
  check(`Fetched ${read.quotes.length} option contracts for ${read.ticker}`);
  const agentId = sender?.agentId ?? settings.agentId ?? DRY_RUN_AGENT;
  const payload = toPayload({ ...read, agentId, mode: "snapshot", atMs: read.readAtMs });
  if (settings.dryRun || !sender) {
    print(JSON.stringify(payload, null, 2));
    return;
  }
  const outcome = await deliver(options, sender, read, payload);
  reportDelivery(outcome, read, options, check);
}

/** Tries to connect; only a taken client ID is tried again, since it is often a socket's last breath. */
export async function connectOnce(options: {
  readonly settings: GatewaySettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}): Promise<Connection> {
  const { settings, clock, signal } = options;
  const clientId = settings.clientId ?? MANUAL_CLIENT_ID;
  const ids = { first: clientId, last: clientId };
  let state = firstClientId(ids);
  for (;;) {
    const outcome = await connect({
      address: { host: settings.ibHost, port: settings.ibPort },
      clientId,
      ratePerSecond: settings.rate,
      clock,
      log: options.log,
      signal,
    });
    if (outcome.kind === "connected") return outcome.connection;
    if (outcome.kind === "failed") throw new FetchFailed(outcome.error.message);
    const next = afterTaken(state, ids);
    if (next.state.refusals === 0) {
      throw new FetchFailed(
        `Client ID ${clientId} is taken by another program at ${settings.ibHost}:${settings.ibPort}; name a free one with --client-id.`,
      );
    }
    state = next.state;
    await sleep(clock, next.waitMs, signal);
  }
}

async function readOnce(
  connection: Connection,
  choose: ExpiryChoice,
  options: FetchOptions,
): Promise<ChainRead> {
  const { settings, clock, log, signal } = options;
  const progress = createProgress(clock, standardError());
  try {
    const outcome = await readChain(connection, {
      ticker: settings.ticker,
      readId: crypto.randomUUID(),
      choose,
      clock,
      lines: createLines(settings.lines, clock).forRead(urgencyOf("page")),
      // Who calls wants to see what the gateway says now.
      known: unknownChain(tradingDay(clock.nowMs())),
      log,
      signal,
      onProgress: ({ done, total }) => progress.show(settings.ticker, done, total),
    });
    if (outcome.kind !== "read") throw new FetchFailed(outcome.message);
    return outcome.read;
  } finally {
    progress.end();
  }
}

/** Which expiries to read. Who posts asks the server first, also for the time that it is there. */
async function chooseExpiries(options: FetchOptions): Promise<ExpiryChoice> {
  const { settings, sender, clock, signal } = options;
  const { ticker, daysBeforeClose, close: named } = settings;
  let wanted: Wanted | undefined;
  if (sender) {
    wanted = await fetchWanted({ url: settings.serverUrl, key: sender.key, clock }, signal);
    if (wanted.ok) clock.learnOffset(wanted.clockOffsetMs);
  }
  if (daysBeforeClose === undefined) return allExpiries;
  if (named) return aroundClose(named, daysBeforeClose);
  if (!wanted) {
    throw new FetchFailed(
      `--days-before-close needs the expected close of ${ticker}: name it with --close, or set AGENT_ID and AGENT_API_KEY so that the server can be asked.`,
    );
  }
  if (!wanted.ok) {
    throw new FetchFailed(`The server does not say when ${ticker} closes: ${wanted.message}`);
  }
  const close = wanted.tickers.find((each) => each.ticker === ticker)?.close;
  if (close) return aroundClose(close, daysBeforeClose);
  throw new FetchFailed(
    `The server knows no expected close of ${ticker}; name it with --close YYYY-MM-DD.`,
  );
}

/** Spools, then posts: should the server be away, `agent run` delivers it later. */
async function deliver(
  options: FetchOptions,
  sender: { readonly agentId: string; readonly key: string },
  read: ChainRead,
  payload: Payload,
): Promise<PostOutcome> {
  const { settings, clock, log, signal } = options;
  const spool = openSpool({
    folder: spoolFolder(settings, sender.agentId),
    clock,
    log,
    limits: spoolLimits(settings),
  });
  const server: Server = { url: settings.serverUrl, key: sender.key, clock };
  // The outcome is told to the person who called, in one sentence, and not by the log as well.
  const delivery = createDelivery({ spool, server, clock, log: silentLog });
  try {
    const waiting = spool.add({
      key: read.readId,
      ticker: read.ticker,
      json: JSON.stringify(payload),
      storedAtMs: clock.realNowMs(),
    });
    const outcome = await delivery.sendNow(waiting, signal);
    if (!outcome) throw new FetchFailed("The spool did not give back what was written to it.");
    if (outcome.kind === "later" && spool.state().mode === "memory") {
      throw new FetchFailed(
        `Posted to server: ${outcome.message}; nothing waits: the disk does not take it.`,
      );
    }
    return outcome;
  } finally {
    spool.close();
  }
}

function reportDelivery(
  outcome: PostOutcome,
  read: ChainRead,
  options: FetchOptions,
  check: (line: string) => void,
): void {
  switch (outcome.kind) {
    case "stored": {
      const { dealId, contractsReceived, snapshotId } = outcome.confirmation;
      check("Posted to server: 200 OK");
      check(`Server confirmed: dealId=${dealId}, contractsReceived=${contractsReceived}`);
      if (!options.settings.test) {
        options.print(
          `Posted ${contractsReceived} option contracts of ${read.ticker} (snapshot ${snapshotId})`,
        );
      }
      return;
    }
    case "conflict":
      // Information, not a failure: the server has data as new from another agent.
      options.print(`Posted to server: ${outcome.message}`);
      return;
    case "rejected":
    case "parked":
      throw new FetchFailed(`Posted to server: ${outcome.message}`);
    case "later":
      throw new FetchFailed(
        `Posted to server: ${outcome.message}; the snapshot waits in the spool for the next agent run.`,
      );
  }
}
