/** The price agent's command line: `agent run`, `agent fetch`, `agent doctor`, `agent service`. */
import { MOST_OFFSET_MS, systemClock } from "../base/clock.ts";
import { command, EXIT_USAGE, readEnvLocal, wholeNumber } from "../base/command.ts";
import { endOfProgram, LIFELINE_VARIABLE } from "../base/lifetime.ts";
import { withoutKeys } from "../base/secrets.ts";
import type { OccSymbol, Ticker } from "../options/contract.ts";
import { consoleLog, jsonLog, type LogLevel } from "../telemetry/log.ts";
import { addBarsSettings, type BarsSettings, runBars } from "./bars/command.ts";
import { type DomainClock, domainClock } from "./domain_clock.ts";
import type { Result } from "./doctor/check.ts";
import { walkChecklist } from "./doctor/checklist.ts";
import { visit } from "./doctor/doctor.ts";
import { exitCodeOf, jsonOf, linesOf, summaryOf } from "./doctor/report.ts";
import { FetchFailed, runFetch } from "./fetch.ts";
import { runAgent } from "./run.ts";
import { ServiceRefused } from "./service/install.ts";
import { runService, type ServiceSettings } from "./service/command.ts";
import {
  addCommonSettings,
  addDoctorSettings,
  addFetchSettings,
  addGatewaySettings,
  addRunSettings,
  addServiceSettings,
  clientIdsOf,
  type DoctorSettings,
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

const DOCTOR_EXAMPLES = `${KEY_HELP}

Examples:
  AGENT_ID=deals AGENT_API_KEY=… deno task agent doctor
  AGENT_ID=deals AGENT_API_KEY=… deno task agent doctor --ib-port 4002 --ticker EA --json`;

const SERVICE_EXAMPLES = `
Examples:
  deno task agent service --agent-id deals
  deno task agent service --agent-id deals --install
  deno task agent service --agent-id deals --scope system --platform systemd`;

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
  const doctor = addDoctorSettings(
    addCommonSettings(
      command("doctor", "Checks settings, gateway, server and disk, and says what to do."),
      "warn",
    ),
  ).addHelpText("after", DOCTOR_EXAMPLES).action(() =>
    doctorCommand(doctor.opts<DoctorSettings>())
  );
  const service = addServiceSettings(
    command("service", "Prints, or installs, what runs the agent as a service of this system."),
  ).addHelpText("after", SERVICE_EXAMPLES).action(() =>
    serviceCommand(service.opts<ServiceSettings>())
  );
  const bars = addBarsSettings(
    addGatewaySettings(command("bars", "Reads historical bars once and prints them.")),
  ).addOption(logLevel("warn")).addHelpText("after", BARS_EXAMPLES)
    .action((instrument: OccSymbol | Ticker) => barsCommand(instrument, bars.opts<BarsOptions>()));
  return command("agent", "Reads option chains from TWS or IB Gateway and posts them to Lastmark.")
    .addCommand(run).addCommand(fetch).addCommand(bars).addCommand(doctor).addCommand(service)
    .parseAsync();
}

async function runCommand(settings: RunSettings): Promise<void> {
  const { agentId, key } = requireSender(settings);
  refuse(wrongTogether(settings));
  refuse(wrongSlice(settings));
  const log = consoleLog("agent", settings.logLevel);
  const signal = endOfProgram({ lifeline: hasLifeline() });
  try {
    await runAgent({ settings, agentId, key, clock: clockOfEnvironment(), log, signal });
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
  Deno.exit(0);
}

/** What is wrong with the client IDs of this agent of a set. */
function wrongSlice(settings: RunSettings): string | undefined {
  try {
    clientIdsOf(settings);
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
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

async function doctorCommand(settings: DoctorSettings): Promise<void> {
  const { statusIds, ticker, json, checklist, short = false } = settings;
  if (short && !checklist) refuse("--short goes with --checklist.");
  const key = readKey();
  const clock = systemClock();
  const patient = { settings, key, statusIds, ticker, clock };
  if (checklist) {
    const show = (result: Result): void => {
      if (!json) console.log(withoutKeys(linesOf(result).join("\n")));
    };
    const results = await walkChecklist(patient, short, show);
    console.log(withoutKeys(json ? jsonOf(results) : `\n${summaryOf(results)}`));
    Deno.exit(exitCodeOf(results));
  }
  const results = await visit(patient);
  const lines = json ? [jsonOf(results)] : [...results.flatMap(linesOf), "", summaryOf(results)];
  console.log(withoutKeys(lines.join("\n")));
  Deno.exit(exitCodeOf(results));
}

async function serviceCommand(settings: ServiceSettings): Promise<void> {
  if (settings.install && settings.uninstall) refuse("--install and --uninstall: choose one.");
  try {
    for (const line of await runService(settings)) console.log(line);
  } catch (error) {
    const isMendable = error instanceof ServiceRefused ||
      error instanceof Deno.errors.PermissionDenied;
    if (!isMendable) throw error;
    fail(error.message);
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
