/** The price agent's command line: `agent run` and `agent fetch`. */
import { MOST_OFFSET_MS, systemClock } from "../base/clock.ts";
import { command, EXIT_USAGE, readEnvLocal, wholeNumber } from "../base/command.ts";
import { endOfProgram, LIFELINE_VARIABLE } from "../base/lifetime.ts";
import type { OccSymbol, Ticker } from "../options/contract.ts";
import { consoleLog, jsonLog, type LogLevel } from "../telemetry/log.ts";
import { addBarsSettings, type BarsSettings, runBars } from "./bars/command.ts";
import { type DomainClock, domainClock } from "./domain_clock.ts";
import { FetchFailed, runFetch } from "./fetch.ts";
import { runAgent } from "./run.ts";
import {
  addCommonSettings,
  addFetchSettings,
  addGatewaySettings,
  addRunSettings,
  type FetchSettings,
  logLevel,
  readKey,
  type RunSettings,
  wrongKey,
  wrongTogether,
} from "./settings.ts";

/** Ended by SIGINT, as a shell says it. */
const EXIT_INTERRUPTED = 130;

const KEY_HELP = `
The key that the server made for this agent (keys create --agent NAME) is read from AGENT_API_KEY,
or PRICE_AGENT_API_KEY, and is no flag: a flag shows in the list of processes.`;

const RUN_EXAMPLES = `${KEY_HELP}

Examples:
  AGENT_ID=deals AGENT_API_KEY=… deno task agent run
  AGENT_ID=deals AGENT_API_KEY=… deno task agent run --ib-port 4002 --tickers EA,SPX --interval 60`;

const FETCH_EXAMPLES = `${KEY_HELP}

Examples:
  deno task agent fetch --ticker EA --dry-run
  AGENT_ID=deals AGENT_API_KEY=… deno task agent fetch --ticker EA --test
  AGENT_ID=deals AGENT_API_KEY=… deno task agent fetch --ticker EA --days-before-close 60
  deno task agent fetch --ticker SPX --dry-run --ib-port 4002 --rate 0 --lines 5000`;

const BARS_EXAMPLES = `
Examples:
  deno task agent bars EA260116C00210000 --what BID_ASK --bar 5m --duration 2D
  deno task agent bars EA --what TRADES --bar 1d --duration 1Y --form csv > ea.csv`;

/** Settings of `agent bars` with its log's. */
type BarsOptions = BarsSettings & { readonly logLevel: LogLevel };

function main(): Promise<unknown> {
  readEnvLocal();
  const run = addRunSettings(
    addCommonSettings(
      command("run", "Reads the chains of all tickers on a schedule and posts them."),
      "info",
    ),
  ).addHelpText("after", RUN_EXAMPLES).action(() => runCommand(run.opts<RunSettings>()));
  const fetch = addCommonSettings(
    addFetchSettings(command("fetch", "Reads one chain once and posts it.")),
    "warn",
  ).addHelpText("after", FETCH_EXAMPLES).action(() => fetchCommand(fetch.opts<FetchSettings>()));
  const bars = addBarsSettings(
    addGatewaySettings(command("bars", "Reads historical bars once and prints them.")),
  ).addOption(logLevel("warn")).addHelpText("after", BARS_EXAMPLES)
    .action((instrument: OccSymbol | Ticker) => barsCommand(instrument, bars.opts<BarsOptions>()));
  return command("agent", "Reads option chains from TWS or IB Gateway and posts them to Lastmark.")
    .addCommand(run).addCommand(fetch).addCommand(bars).parseAsync();
}

async function runCommand(settings: RunSettings): Promise<void> {
  const { agentId, key } = requireSender(settings);
  refuse(wrongTogether(settings));
  const log = consoleLog("agent", settings.logLevel);
  const signal = endOfProgram({ lifeline: hasLifeline() });
  try {
    await runAgent({ settings, agentId, key, clock: clockOfEnvironment(), log, signal });
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
  Deno.exit(0);
}

async function fetchCommand(settings: FetchSettings): Promise<void> {
  if (settings.test && settings.dryRun) refuse("--test posts and --dry-run does not; choose one.");
  refuse(wrongTogether(settings));
  const key = readKey();
  refuse(wrongKey(key));
  const { agentId } = settings;
  const sender = agentId && key ? { agentId, key } : undefined;
  if (!settings.dryRun) requireSender(settings);
  const log = jsonLog({
    program: "agent",
    level: settings.logLevel,
    nowMs: () => Date.now(),
    write: (line) => console.error(line),
  });
  const signal = endOfProgram({ lifeline: hasLifeline() });
  try {
    await runFetch({
      settings,
      clock: clockOfEnvironment(),
      log,
      signal,
      print: (line) => console.log(line),
      ...(sender && { sender }),
    });
  } catch (error) {
    if (signal.aborted) Deno.exit(EXIT_INTERRUPTED);
    const message = error instanceof Error ? error.message : String(error);
    fail(error instanceof FetchFailed && settings.test ? `✗ ${message}` : message);
  }
  Deno.exit(0);
}

async function barsCommand(
  instrument: OccSymbol | Ticker,
  settings: BarsOptions,
): Promise<void> {
  refuse(wrongTogether(settings));
  const log = jsonLog({
    program: "agent",
    level: settings.logLevel,
    nowMs: () => Date.now(),
    write: (line) => console.error(line),
  });
  const signal = endOfProgram({ lifeline: hasLifeline() });
  const clock = clockOfEnvironment();
  try {
    await runBars({ instrument, settings, clock, log, signal, print: (line) => console.log(line) });
  } catch (error) {
    if (signal.aborted) Deno.exit(EXIT_INTERRUPTED);
    fail(error instanceof Error ? error.message : String(error));
  }
  Deno.exit(0);
}

function requireSender(settings: { readonly agentId?: string }): { agentId: string; key: string } {
  const { agentId } = settings;
  const key = readKey();
  if (!agentId) {
    refuse("AGENT_ID is not set. Allowed: the agent's name, to which its key belongs.");
  }
  if (!key) {
    refuse("AGENT_API_KEY is not set. Allowed: the key that `keys create --agent NAME` showed.");
  }
  refuse(wrongKey(key));
  return { agentId, key };
}

function clockOfEnvironment(): DomainClock {
  const text = Deno.env.get("CLOCK_OFFSET_MS");
  if (text === undefined) return domainClock(systemClock());
  try {
    return domainClock(systemClock(), wholeNumber(-MOST_OFFSET_MS, MOST_OFFSET_MS)(text));
  } catch (error) {
    const allowed = error instanceof Error ? error.message : String(error);
    refuse(`CLOCK_OFFSET_MS is ${JSON.stringify(text)}. ${allowed}`);
  }
}

function hasLifeline(): boolean {
  return Deno.env.get(LIFELINE_VARIABLE) === "1";
}

function refuse(sentence: undefined): void;
function refuse(sentence: string): never;
function refuse(sentence: string | undefined): void;
function refuse(sentence: string | undefined): void {
  if (sentence === undefined) return;
  console.error(`error: ${sentence}`);
  Deno.exit(EXIT_USAGE);
}

function fail(sentence: string): never {
  console.error(sentence);
  Deno.exit(1);
}

if (import.meta.main) await main();
