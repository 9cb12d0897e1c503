/** The gateway's settings, as its command line gives them. */
import { InvalidArgumentError, Option } from "commander";
import { MOST_OFFSET_MS } from "../base/clock.ts";
import { port, setting, wholeNumber } from "../base/command.ts";
import { type Fault, readFault } from "./faults/fault.ts";
import type { Upstream } from "./recorder/pass_through.ts";
import { CLIENT_LIMIT } from "./server/gateway.ts";
import { GREATEST_SERVER_VERSION, SMALLEST_SERVER_VERSION } from "./wire/versions.ts";

/** The settings of a run. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly controlPort: number;
  readonly seed: number;
  /** The folder of recorded chains; absent for the made-up market. */
  readonly replay?: string;
  /** Real seconds between the steps that a replay makes by itself; absent for none. */
  readonly stepSeconds?: number;
  readonly messageLimit: number;
  readonly lineLimit: number;
  readonly clientLimit: number;
  /** Faults that are on from the start. */
  readonly fault: readonly Fault[];
  /** The file of a scenario to play. */
  readonly scenario?: string;
  readonly tickDelay: { readonly leastMs: number; readonly mostMs: number };
  /** The share of the options of which no tick ever comes. */
  readonly neverTicks: number;
  readonly serverVersion: number;
  readonly accounts: readonly string[];
  /** Absent: orders are taken. */
  readonly readOnly?: boolean;
  /** Absent: 0, or for a replay what makes its earliest file now. */
  readonly clockOffsetMs?: number;
  /** The file to record a real gateway to; absent where there is nothing to record. */
  readonly record?: string;
  /** The gateway that is recorded. */
  readonly upstream?: Upstream;
  /** The record to play; absent for a market. */
  readonly replayRecord?: string;
  /** How many times faster than recorded; absent for as recorded. */
  readonly speed?: number;
}

const GREATEST_LIMIT = 1_000_000;
const GREATEST_SEED = 2_147_483_647;
const GREATEST_STEP_SECONDS = 86_400;
const LEAST_SPEED = 0.1;
const GREATEST_SPEED = 1_000;

/**
 * `100-1600`, or one number, in milliseconds.
 *
 * @throws {InvalidArgumentError} saying what is allowed.
 */
export function parseTickDelay(text: string): Settings["tickDelay"] {
  const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(text.trim());
  const leastMs = Number(match?.[1]);
  const mostMs = Number(match?.[2] ?? match?.[1]);
  if (!match || leastMs > mostMs) {
    throw new InvalidArgumentError("Allowed: milliseconds as 0 or 100-1600, smaller number first.");
  }
  return { leastMs, mostMs };
}

/**
 * A share from 0 to 1.
 *
 * @throws {InvalidArgumentError} saying what is allowed.
 */
export function share(text: string): number {
  const value = /^(0|1|0?\.\d{1,6}|1\.0+)$/.test(text.trim()) ? Number(text) : NaN;
  if (!(value >= 0 && value <= 1)) {
    throw new InvalidArgumentError("Allowed: a share from 0 to 1, such as 0.05.");
  }
  return value;
}

/**
 * Account codes, comma between.
 *
 * @throws {InvalidArgumentError} saying what is allowed.
 */
export function parseAccounts(text: string): readonly string[] {
  const codes = text.split(",").map((code) => code.trim());
  if (!codes.every((code) => /^[A-Z]{1,3}\d{3,12}$/.test(code))) {
    throw new InvalidArgumentError("Allowed: account codes such as DU1234567, comma between.");
  }
  return codes;
}

/**
 * `127.0.0.1:7497`, `[::1]:7497` or `gateway.local:4001`.
 *
 * @throws {InvalidArgumentError} saying what is allowed.
 */
export function parseUpstream(text: string): Upstream {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/i.exec(text.trim());
  const hostname = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (hostname === undefined || port < 1 || port > 65_535) {
    throw new InvalidArgumentError("Allowed: host and port of a gateway, such as 127.0.0.1:7497.");
  }
  return { hostname, port };
}

/**
 * A number of times from 0.1 to 1000.
 *
 * @throws {InvalidArgumentError} saying what is allowed.
 */
export function parseSpeed(text: string): number {
  const value = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text.trim()) || value < LEAST_SPEED || value > GREATEST_SPEED) {
    throw new InvalidArgumentError(`Allowed: a number from ${LEAST_SPEED} to ${GREATEST_SPEED}.`);
  }
  return value;
}

/**
 * `{"fault": "mute"}`, or several in brackets.
 *
 * @throws {InvalidArgumentError} saying what is wrong and what is allowed.
 */
export function parseFaults(text: string): readonly Fault[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('Allowed: JSON such as {"fault": "mute", "probability": 0.1}.');
  }
  return (Array.isArray(json) ? json : [json]).map((value: unknown) => {
    const read = readFault(value);
    if (read.ok) return read.fault;
    throw new InvalidArgumentError(read.errors.map((it) => `${it.path}: ${it.message}`).join("; "));
  });
}

/** What settings say wrongly together; `undefined` where all is well. */
export function wrongTogether(settings: Settings): string | undefined {
  const { replay, record, upstream, replayRecord, stepSeconds, speed } = settings;
  if (stepSeconds !== undefined && replay === undefined) return "--step-seconds needs --replay";
  if (record !== undefined && upstream === undefined) return "--record needs --upstream HOST:PORT";
  if (upstream !== undefined && record === undefined) return "--upstream needs --record FILE";
  if (speed !== undefined && replayRecord === undefined) return "--speed needs --replay-record";
  const served = Object.entries({
    "--replay": replay,
    "--record": record,
    "--replay-record": replayRecord,
  })
    .filter(([, value]) => value !== undefined).map(([flag]) => flag);
  return served.length > 1 ? `${served.join(" and ")} cannot be had at once` : undefined;
}

/** All settings as commander options. */
export function settings(): readonly Option[] {
  const limit = wholeNumber(0, GREATEST_LIMIT);
  return [
    setting({
      flags: "--host <address>",
      help: "address for the TWS API; the control API stays on 127.0.0.1",
      parse: (text) => text,
      fallback: "127.0.0.1",
    }),
    setting({
      flags: "--port <number>",
      help: "port of the TWS API; 0: any free one",
      parse: port,
      fallback: 4002,
    }),
    setting({
      flags: "--control-port <number>",
      help: "port of the control API; 0: any free one",
      parse: port,
      fallback: 4080,
    }),
    setting({
      flags: "--seed <number>",
      help: "seed of the made-up market and of the delays",
      parse: wholeNumber(0, GREATEST_SEED),
      fallback: 1,
    }),
    setting({
      flags: "--replay <folder>",
      help: "serve the recorded chains of a folder instead of the made-up market",
      parse: (text) => text,
    }),
    setting({
      flags: "--step-seconds <number>",
      help: "show the next recorded file of each symbol every so many seconds",
      parse: wholeNumber(1, GREATEST_STEP_SECONDS),
    }),
    setting({
      flags: "--message-limit <number>",
      help: "messages per second of one client; 0: without limit",
      parse: limit,
      fallback: 50,
    }),
    setting({
      flags: "--line-limit <number>",
      help: "market-data lines of all clients together; 0: without limit",
      parse: limit,
      fallback: 100,
    }),
    setting({
      flags: "--client-limit <number>",
      help: "clients at once; 0: without limit",
      parse: limit,
      fallback: CLIENT_LIMIT,
    }),
    setting<readonly Fault[]>({
      flags: "--fault <json>",
      help: "a fault that is on from the start, or several in brackets (docs/gateway/faults.md)",
      parse: parseFaults,
    }).default([], "none"),
    setting({
      flags: "--scenario <file>",
      help: "faults that begin and end at set times",
      parse: (text) => text,
    }),
    setting({
      flags: "--tick-delay <ms>",
      help: "ticks of a new subscription come within these milliseconds; 0: at once",
      parse: parseTickDelay,
    }).default({ leastMs: 100, mostMs: 1600 }, "100-1600"),
    setting({
      flags: "--never-ticks <share>",
      help: "options of which no tick ever comes: 0.05 is every twentieth",
      parse: share,
      fallback: 0,
    }),
    setting({
      flags: "--server-version <number>",
      help: "greatest server version to announce",
      parse: wholeNumber(SMALLEST_SERVER_VERSION, GREATEST_SERVER_VERSION),
      fallback: GREATEST_SERVER_VERSION,
    }),
    setting({
      flags: "--accounts <codes>",
      help: "account codes, comma between",
      parse: parseAccounts,
    }).default(["DU1234567"], "DU1234567"),
    new Option("--read-only", "refuse orders, as TWS does with 'Read-Only API' ticked"),
    setting({
      flags: "--clock-offset-ms <number>",
      help: "domain time minus real time; with --replay the earliest file is now unless given",
      env: "CLOCK_OFFSET_MS",
      parse: wholeNumber(-MOST_OFFSET_MS, MOST_OFFSET_MS),
    }),
    setting({
      flags: "--record <file>",
      help: "stand before a real gateway and write down what it says; needs --upstream",
      parse: (text) => text,
    }),
    setting({
      flags: "--upstream <host:port>",
      help: "the gateway to record",
      parse: parseUpstream,
    }),
    setting({
      flags: "--replay-record <file>",
      help: "answer as a recorded gateway did",
      parse: (text) => text,
    }),
    setting({
      flags: "--speed <number>",
      help: "how many times faster than recorded, 0.1 to 1000 (default: 1)",
      parse: parseSpeed,
    }),
  ];
}
