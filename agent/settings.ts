/** The agent's settings: flags win over the environment, the environment over `.env.local`. */
import { type Command, InvalidArgumentError, type Option } from "commander";
import { type IdRange, idRange, oneOf, port, setting, url, wholeNumber } from "../base/command.ts";
import { isLoopback } from "../base/loopback.ts";
import { type IsoDate, parseIsoDate, parseTicker, type Ticker } from "../options/contract.ts";
import { agentId } from "../options/wire/ingest_schema.ts";
import type { LogLevel } from "../telemetry/log.ts";
import { parseStreamWindow, STREAM_WINDOW_HELP, type StreamWindow } from "./chain/stream_window.ts";
import { mayCarryKey } from "./delivery/post.ts";
import { DEFAULT_SPOOL_MB, SPOOL_LIMITS } from "./delivery/spool.ts";
import type { SpoolLimits } from "./delivery/spool_disk.ts";
import { sliceOf } from "./gateway/client_id.ts";
import { RATE_LIMITS } from "./gateway/pacer.ts";

/** Where the gateway is and how it may be used. */
export interface GatewaySettings {
  readonly ibHost: string;
  readonly ibPort: number;
  /** Pins one client ID. */
  readonly clientId?: number;
  /** Messages in a second; 0 is unlimited, on this machine only. */
  readonly rate: number;
  readonly lines: number;
}

/** Where the server is and who posts. The key is in the environment only, never in a flag. */
export interface ServerSettings {
  readonly serverUrl: URL;
  readonly agentId?: string;
  readonly spool?: string;
  /** Megabytes of snapshots that wait at most. */
  readonly spoolMax: number;
}

/** Settings of `agent run`. */
export interface RunSettings extends GatewaySettings, ServerSettings {
  readonly clientIds: IdRange;
  readonly statusIds: IdRange;
  /** Seconds from the start of one round to the start of the next. */
  readonly interval: number;
  readonly tickers: readonly Ticker[] | "auto";
  readonly stream: readonly StreamSetting[];
  /** Seconds without a tick, while the market is open, after which a feed is mute. */
  readonly muteAfter: number;
  /** Which agent of a numbered set this is; it takes its slice of the client IDs. */
  readonly ordinal?: number;
  /** How many client IDs each agent of the set has. */
  readonly idWidth: number;
  readonly healthHost: string;
  /** 0 lets the system choose; "off" for none. */
  readonly healthPort: number | "off";
  readonly logLevel: LogLevel;
}

/** A ticker of which a window is streamed. */
export interface StreamSetting {
  readonly ticker: Ticker;
  readonly window: StreamWindow;
}

/** Settings of `agent fetch`. */
export interface FetchSettings extends GatewaySettings, ServerSettings {
  readonly ticker: Ticker;
  readonly test?: boolean;
  readonly dryRun?: boolean;
  readonly daysBeforeClose?: number;
  readonly close?: IsoDate;
  readonly logLevel: LogLevel;
}

/** Settings of `agent doctor`. */
export interface DoctorSettings extends GatewaySettings, ServerSettings {
  readonly statusIds: IdRange;
  readonly ticker: Ticker;
  readonly json?: boolean;
  readonly checklist?: boolean;
  readonly short?: boolean;
}

/** The client ID of a person's own calls; the ranges of agents and status checks are others. */
export const MANUAL_CLIENT_ID = 100;

const MAX_CLIENT_ID = 2_147_483_647;

/** The range of the agents; 200 to 299 are for status checks, 100 is for a person's own calls. */
const DEFAULT_AGENT_IDS: IdRange = { first: 300, last: 399 };

/** The range of status checks, which disturb no agent. */
const DEFAULT_STATUS_IDS: IdRange = { first: 200, last: 299 };

/** Adds where the gateway is and how it may be used. */
export function addGatewaySettings(command: Command): Command {
  return command
    .addOption(setting({
      flags: "--ib-host <host>",
      help: "host of TWS or IB Gateway",
      env: "IB_HOST",
      parse: (text) => text,
      fallback: "127.0.0.1",
    }))
    .addOption(setting({
      flags: "--ib-port <number>",
      help: "its API port: TWS 7497 paper, 7496 live; IB Gateway 4002 paper, 4001 live",
      env: "IB_PORT",
      parse: port,
      fallback: 7497,
    }))
    .addOption(setting({
      flags: "--client-id <number>",
      help: "pins one client ID",
      env: "IB_CLIENT_ID",
      parse: wholeNumber(0, MAX_CLIENT_ID),
    }))
    .addOption(setting({
      flags: "--rate <number>",
      help:
        `messages to the gateway in a second, ${RATE_LIMITS.least} to ${RATE_LIMITS.most}; 0: unlimited, on this machine only`,
      env: "RATE",
      parse: rate,
      fallback: 45,
    }))
    .addOption(setting({
      flags: "--lines <number>",
      help: "most market-data lines at once; IB gives a login 100, TWS's own windows included",
      env: "LINES",
      parse: wholeNumber(2, 20_000),
      fallback: 95,
    }));
}

/** Adds what `run` and `fetch` need. */
export function addCommonSettings(command: Command, level: LogLevel): Command {
  return addGatewaySettings(command)
    .addOption(setting({
      flags: "--server-url <url>",
      help: "the server; https, except on this machine",
      env: "SERVER_URL",
      parse: serverUrl,
      fallback: new URL("http://127.0.0.1:8000"),
    }))
    .addOption(setting({
      flags: "--agent-id <name>",
      help: "the agent's name, to which its key belongs",
      env: "AGENT_ID",
      parse: agentName,
    }))
    .addOption(setting({
      flags: "--spool <folder>",
      help: "where snapshots wait until the server has them (default: .lastmark/agent/<agent ID>)",
      env: "SPOOL_DIR",
      parse: (text) => text,
    }))
    .addOption(setting({
      flags: "--spool-max <megabytes>",
      help: "how much may wait there; beyond, the oldest snapshot is dropped",
      env: "SPOOL_MAX_MB",
      parse: wholeNumber(1, 1_000_000),
      fallback: DEFAULT_SPOOL_MB,
    }))
    .addOption(logLevel(level));
}

/** How much is logged. */
export function logLevel(fallback: LogLevel): Option {
  return setting({
    flags: "--log-level <level>",
    help: "debug, info, warn or error",
    env: "LOG_LEVEL",
    parse: oneOf("debug", "info", "warn", "error"),
    fallback,
  });
}

/** The client IDs of status checks, of `doctor` and of what the server has an agent try. */
function statusIds(): Option {
  return setting({
    flags: "--status-ids <range>",
    help: "the client IDs of status checks",
    env: "CLIENT_ID_STATUS",
    parse: idRange,
    fallback: DEFAULT_STATUS_IDS,
  }).default(DEFAULT_STATUS_IDS, "200-299");
}

/** Adds what only `run` needs. */
export function addRunSettings(command: Command): Command {
  return command
    .addOption(
      setting({
        flags: "--client-ids <range>",
        help: "the client IDs the agent may use; it holds one of them",
        env: "CLIENT_ID_AGENTS",
        parse: idRange,
        fallback: DEFAULT_AGENT_IDS,
      }).default(DEFAULT_AGENT_IDS, "300-399"),
    )
    .addOption(statusIds())
    .addOption(setting({
      flags: "--ordinal <number>",
      help: "which agent of a numbered set this is, from 0: it takes its slice of --client-ids",
      env: "AGENT_ORDINAL",
      parse: wholeNumber(0, 10_000),
    }))
    .addOption(setting({
      flags: "--id-width <number>",
      help: "client IDs of each agent of the set",
      env: "CLIENT_ID_WIDTH",
      parse: wholeNumber(1, 1_000),
      fallback: 1,
    }))
    .addOption(setting({
      flags: "--health-host <address>",
      help: "address of /ping, /health and /metrics",
      env: "HEALTH_HOST",
      parse: (text) => text,
      fallback: "127.0.0.1",
    }))
    .addOption(setting<number | "off">({
      flags: "--health-port <number>",
      help: "their port; 0: any free one; off: none",
      env: "HEALTH_PORT",
      parse: (text) => text === "off" ? "off" : port(text),
      fallback: 8090,
    }))
    .addOption(setting({
      flags: "--interval <seconds>",
      help: "from the start of one round to the start of the next",
      env: "COLLECTION_INTERVAL",
      parse: wholeNumber(1, 86_400),
      fallback: 240,
    }))
    .addOption(setting<readonly Ticker[] | "auto">({
      flags: "--tickers <list>",
      help: "tickers separated by commas, or auto: those the server asks for",
      env: "TICKERS",
      parse: tickers,
      fallback: "auto",
    }))
    .addOption(
      setting<readonly StreamSetting[]>({
        flags: "--stream <list>",
        help:
          "windows to keep subscribed, separated by commas, as TICKER:WINDOW, such as EA:atm5,SPX:delta0.1+expiries2; a WINDOW is " +
          STREAM_WINDOW_HELP,
        env: "STREAM",
        parse: streams,
        fallback: [],
      }).default([], "none"),
    )
    .addOption(setting({
      flags: "--mute-after <seconds>",
      help: "a feed without a tick for so long, while the market is open, is mute",
      env: "MUTE_AFTER",
      parse: wholeNumber(10, 3_600),
      fallback: 60,
    }));
}

/** Adds what only `fetch` needs. */
export function addFetchSettings(command: Command): Command {
  return command
    .requiredOption("--ticker <ticker>", "the underlying: EA, SPX, BRK-B", ticker)
    .option("--test", "posts, and prints one check line a step")
    .option("--dry-run", "prints what would be posted, and posts nothing")
    .option(
      "--days-before-close <days>",
      "only expiries from so many days before the deal's expected close, through the first one on or after it",
      wholeNumber(0, 3_650),
    )
    .option(
      "--close <date>",
      "the expected close, YYYY-MM-DD (default: that of the deal on the server)",
      isoDate,
    );
}

/** Adds what only `doctor` needs. */
export function addDoctorSettings(command: Command): Command {
  return command
    .addOption(statusIds())
    .addOption(setting({
      flags: "--ticker <ticker>",
      help: "of which one option's quote is asked for",
      parse: ticker,
      fallback: ticker("SPY"),
    }))
    .option("--json", "prints the report as JSON")
    .option("--checklist", "walks the test checklist of a new set-up, in six phases")
    .option(
      "--short",
      "with --checklist: status, one ticker and clean-up, in five minutes at the most",
    );
}

/** Adds what `service` needs. */
export function addServiceSettings(command: Command): Command {
  return command
    .addOption(
      setting({
        flags: "--agent-id <name>",
        help: "the agent's name, to which its key belongs",
        env: "AGENT_ID",
        parse: agentName,
      }).makeOptionMandatory(),
    )
    .addOption(setting({
      flags: "--platform <name>",
      help: "systemd, launchd or windows (default: that of this machine)",
      parse: oneOf("systemd", "launchd", "windows"),
    }))
    .addOption(setting({
      flags: "--scope <name>",
      help:
        "user: runs while its user is logged in; system: from the machine's start on, needs root",
      parse: oneOf("user", "system"),
      fallback: "user",
    }))
    .option("--install", "writes the files and starts the service")
    .option("--uninstall", "ends the service and removes it; the settings stay");
}

/** The agent's key, without the space around it that a file brings; `undefined` where there is none. */
export function readKey(): string | undefined {
  const text = Deno.env.get("AGENT_API_KEY") || Deno.env.get("PRICE_AGENT_API_KEY");
  return text?.trim() || undefined;
}

/** What is wrong with a key, which is not shown; `undefined` where it can be sent. */
export function wrongKey(key: string | undefined): string | undefined {
  // What may stand in a header (RFC 9110, section 5.5): fetch's own error would show the key.
  if (key === undefined || /^[\x21-\x7e]+$/.test(key)) return undefined;
  return "AGENT_API_KEY has spaces, line ends or letters that no key has. Allowed: the key that " +
    "`keys create --agent NAME` showed, alone.";
}

/** Where snapshots wait: one folder per agent ID. */
export function spoolFolder(settings: ServerSettings, agentId: string): string {
  return settings.spool ?? `.lastmark/agent/${agentId}`;
}

/** How much waits there. */
export function spoolLimits({ spoolMax }: ServerSettings): SpoolLimits {
  return { ...SPOOL_LIMITS, mostBytes: spoolMax * 1024 * 1024 };
}

/** What settings say wrongly together; `undefined` where all is well. */
export function wrongTogether(settings: GatewaySettings): string | undefined {
  if (settings.rate === 0 && !isLoopback(settings.ibHost)) {
    return `RATE is 0 (unlimited) and IB_HOST is ${settings.ibHost}. Allowed: 0 only where the ` +
      `gateway is on this machine (127.0.0.1, localhost, ::1); IB closes faster connections.`;
  }
  return undefined;
}

function rate(text: string): number {
  const value = Number(text);
  const { least, most } = RATE_LIMITS;
  if (text.trim() === "" || (value !== 0 && !(value >= least && value <= most))) {
    throw new InvalidArgumentError(`Allowed: 0, or a number from ${least} to ${most}.`);
  }
  return value;
}

function serverUrl(text: string): URL {
  const read = url("https:", "http:")(text);
  if (!mayCarryKey(read)) {
    throw new InvalidArgumentError(
      "Allowed: https, or http to this machine (127.0.0.1, localhost): the key would be readable.",
    );
  }
  return read;
}

function agentName(text: string): string {
  if (!agentId.safeParse(text).success) {
    throw new InvalidArgumentError("Allowed: 1 to 64 letters, digits, dots, hyphens, underscores.");
  }
  return text;
}

function ticker(text: string): Ticker {
  const read = parseTicker(text);
  if (!read) throw new InvalidArgumentError("Allowed: a ticker such as EA, SPX or BRK-B.");
  return read;
}

function tickers(text: string): readonly Ticker[] | "auto" {
  if (text.trim().toLowerCase() === "auto") return "auto";
  const list = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  if (list.length === 0) throw new InvalidArgumentError("Allowed: auto, or tickers: EA,SPX,BRK-B");
  return [...new Set(list.map(ticker))];
}

function streams(text: string): readonly StreamSetting[] {
  const list = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  const settings = list.map((part): StreamSetting => {
    const [name = "", ...rules] = part.split(":");
    const window = parseStreamWindow(rules.join(":"));
    if (!window) {
      throw new InvalidArgumentError(
        `${JSON.stringify(part)} names no window. Allowed: TICKER:WINDOW, where WINDOW is ` +
          `${STREAM_WINDOW_HELP}.`,
      );
    }
    return { ticker: ticker(name), window };
  });
  const twice = settings.find((one, index) =>
    settings.findIndex(({ ticker }) => ticker === one.ticker) !== index
  );
  if (twice) throw new InvalidArgumentError(`${twice.ticker} is there twice. Allowed: once each.`);
  return settings;
}

function isoDate(text: string): IsoDate {
  const read = parseIsoDate(text);
  if (!read) throw new InvalidArgumentError("Allowed: a date such as 2026-12-31.");
  return read;
}

/**
 * The client IDs that an agent may use: the one that is pinned, or its slice of the range.
 *
 * @throws {RangeError} where the range has no room for the slice: `wrongTogether` says so before.
 */
export function clientIdsOf(
  settings: Pick<RunSettings, "clientId" | "clientIds" | "ordinal" | "idWidth">,
): IdRange {
  const { clientId, clientIds, ordinal, idWidth } = settings;
  if (clientId !== undefined) return { first: clientId, last: clientId };
  if (ordinal === undefined) return clientIds;
  const slice = sliceOf(clientIds, ordinal, idWidth);
  if (slice) return slice;
  throw new RangeError(
    `--ordinal ${ordinal} with --id-width ${idWidth} has no room in --client-ids ${clientIds.first}-${clientIds.last}`,
  );
}
