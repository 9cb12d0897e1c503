/** What is measured: `deno task bench ingest`, `deno task bench reading`. */
import { InvalidArgumentError } from "commander";
import { command, EXIT_USAGE, setting, url, wholeNumber } from "../base/command.ts";
import { endOfProgram } from "../base/lifetime.ts";
import { type Bench, prepare } from "./bench/bench.ts";
import { createBaselineTables, openDatabase } from "./bench/database.ts";
import { FIGURES } from "./bench/figures.ts";
import { type Finding, tableJson, tableText, verdictOf } from "./bench/table.ts";
import { benchLive, type LiveSettings } from "./pages/live.ts";
import { benchPages, type PagesSettings } from "./pages/pages.ts";
import { benchReading, type ReadingSettings } from "./reading/reading.ts";

interface Options {
  readonly only: readonly string[];
  readonly rounds?: number;
  readonly seconds?: number;
  readonly memoryMinutes?: number;
  readonly quick?: true;
  readonly check?: true;
  readonly json?: string;
  readonly database?: URL;
  readonly data?: string;
}

const NAMES = FIGURES.map(({ name }) => name);

const HELP = `
Figures: ${NAMES.join(", ")}

Each figure is measured against what it is compared with in rounds, in turn, on this machine; the
table says the median, the least and the most of the rounds. Only such quotients mean anything:
other programs should be still, and another machine has other rates.

Examples:
  deno task bench ingest
  deno task bench ingest --quick --only http3000
  deno task bench ingest --json bench.json --check
  deno task bench ingest --database postgres://postgres:postgres@127.0.0.1:5432/postgres`;

const READING_HELP = `
The promise for N contracts, R of them silent and asked for twice, is 1.1 × 2(N + R)/rate + 8 s after
discovery, and the first 100 contracts on the page 10 s after it.

Examples:
  deno task bench reading
  deno task bench reading --contracts 400 --check
  deno task bench reading --contracts 0 --recorded BKNG --json reading.json`;

const PAGES_HELP = `
Both are asked for by 16 connections, in turn; then Lastmark's alone at half of its rate.

Examples:
  deno task bench pages
  deno task bench pages --rounds 3 --seconds 2 --check`;

const LIVE_HELP = `
Pages are lines to one server, prices are posted to another; each ticker is posted every ten seconds.

Examples:
  deno task bench live
  deno task bench live --pages 200 --tickers 20 --check`;

const MOST_CONTRACTS = 10_000;

/** Starts all that is needed, measures, prints; the exit code. */
async function ingest(options: Options, signal: AbortSignal): Promise<number> {
  const say = (what: string): void => console.error(what);
  const chosen = FIGURES.filter(({ name }) =>
    options.only.length === 0 || options.only.includes(name)
  );
  const findings: Finding[] = [];
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "lastmark-bench-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const database = await openDatabase(options.database, stack, folder, say);
  await createBaselineTables(database.sql);
  const bench: Bench = {
    settings: {
      rounds: options.rounds ?? (options.quick ? 3 : 5),
      seconds: options.seconds ?? (options.quick ? 2 : 5),
      memoryMinutes: options.memoryMinutes ?? (options.quick ? 1 : 5),
      data: options.data,
    },
    database,
    folder,
    ...await prepare(database),
    signal,
    say,
  };
  const about =
    `${database.about}; Deno ${Deno.version.deno}; ${navigator.hardwareConcurrency} cores`;
  for (const { name, measure } of chosen) {
    say(`${name}:`);
    findings.push(...await measure({ ...bench, say: (what) => say(`  ${what}`) }));
  }
  console.log(`${about}\n\n${tableText(findings)}`);
  if (options.json !== undefined) {
    const text = JSON.stringify({ about, settings: bench.settings, findings: tableJson(findings) });
    await Deno.writeTextFile(options.json, `${text}\n`);
  }
  const isMissed = findings.some((finding) => verdictOf(finding) === "MISSED");
  return options.check && isMissed ? 1 : 0;
}

async function main(signal: AbortSignal): Promise<number> {
  const program = command("bench", "Measures Lastmark against other ways to do the same.");
  let code = 0;
  program.command("ingest")
    .description("what an ingest call and the reads behind it cost")
    .option("--only <name...>", `measure only these: ${NAMES.join(", ")}`, checkedNames, [])
    .addOption(setting({
      flags: "--rounds <number>",
      help: "rounds (default: 5; 3 with --quick)",
      parse: wholeNumber(1, 1_000),
    }))
    .addOption(setting({
      flags: "--seconds <number>",
      help: "length of one measurement over HTTP (default: 5; 2 with --quick)",
      parse: wholeNumber(1, 3_600),
    }))
    .addOption(setting({
      flags: "--memory-minutes <number>",
      help: "length of the run in which memory is watched (default: 5; 1 with --quick)",
      parse: wholeNumber(1, 1_440),
    }))
    .option("--quick", "shorter, for a first look")
    .option("--check", "end with exit code 1 where a figure is missed")
    .option("--json <file>", "write the findings there too")
    .addOption(setting({
      flags: "--database <url>",
      help: "a server on which a database may be made and dropped (default: an embedded one)",
      parse: url("postgres:", "postgresql:"),
    }))
    .addOption(setting({
      flags: "--data <folder>",
      help: "recorded chains, for the figures on real ones",
      env: "LASTMARK_DATA",
      parse: (text) => text,
    }))
    .addHelpText("after", HELP)
    .action(async (options: Options) => {
      code = await ingest(options, signal);
    });
  program.command("reading")
    .description("how long the agent takes for a chain at IB's limits")
    .addOption(
      setting<readonly number[]>({
        flags: "--contracts <list>",
        help: "made-up chains of so many contracts, comma between; 0: none",
        parse: counts,
        fallback: [400, 3_000],
      }).default([400, 3_000], "400,3000"),
    )
    .option("--recorded <ticker...>", "recorded chains of these tickers", [])
    .addOption(setting({
      flags: "--rate <number>",
      help: "messages to the gateway in a second",
      parse: wholeNumber(20, 48),
      fallback: 48,
    }))
    .addOption(setting({
      flags: "--never-ticks <share>",
      help: "the share of the made-up contracts that never tick",
      parse: share,
      fallback: 0.05,
    }))
    .option("--check", "end with exit code 1 where a chain took longer than promised")
    .option("--json <file>", "write the findings there too")
    .addOption(setting({
      flags: "--database <url>",
      help: "a server on which a database may be made and dropped (default: an embedded one)",
      parse: url("postgres:", "postgresql:"),
    }))
    .addOption(setting({
      flags: "--data <folder>",
      help: "where the recorded chains are",
      env: "LASTMARK_DATA",
      parse: (text) => text,
    }))
    .addHelpText("after", READING_HELP)
    .action(async (settings: ReadingSettings) => {
      code = await benchReading(settings, signal);
    });
  program.command("pages")
    .description("what a chain's page costs, against a bare page on the same stack")
    .addOption(setting({
      flags: "--rounds <number>",
      help: "rounds, in each of which both take their turn",
      parse: wholeNumber(1, 1_000),
      fallback: 5,
    }))
    .addOption(setting({
      flags: "--seconds <number>",
      help: "length of one measurement",
      parse: wholeNumber(1, 3_600),
      fallback: 5,
    }))
    .option("--check", "end with exit code 1 where a figure is missed")
    .addOption(setting({
      flags: "--database <url>",
      help: "a server on which a database may be made and dropped (default: an embedded one)",
      parse: url("postgres:", "postgresql:"),
    }))
    .addHelpText("after", PAGES_HELP)
    .action(async (settings: PagesSettings) => {
      code = await benchPages(settings, signal);
    });
  program.command("live")
    .description("how soon a price is on open pages of another server")
    .addOption(setting({
      flags: "--pages <number>",
      help: "open pages",
      parse: wholeNumber(1, 10_000),
      fallback: 1_000,
    }))
    .addOption(setting({
      flags: "--tickers <number>",
      help: "tickers that they are spread over, one expiry of each",
      parse: wholeNumber(1, 500),
      fallback: 100,
    }))
    .addOption(setting({
      flags: "--seconds <number>",
      help: "how long prices are posted",
      parse: wholeNumber(1, 3_600),
      fallback: 30,
    }))
    .option("--check", "end with exit code 1 where a figure is missed")
    .addOption(setting({
      flags: "--database <url>",
      help: "a server on which a database may be made and dropped (default: an embedded one)",
      parse: url("postgres:", "postgresql:"),
    }))
    .addHelpText("after", LIVE_HELP)
    .action(async (settings: LiveSettings) => {
      code = await benchLive(settings, signal);
    });
  await program.parseAsync(Deno.args, { from: "user" });
  return code;
}

function counts(text: string): readonly number[] {
  const numbers = text.split(",").map(wholeNumber(0, MOST_CONTRACTS));
  return numbers.filter((count) => count > 0);
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value < 1)) {
    throw new InvalidArgumentError("Allowed: a number from 0, and below 1.");
  }
  return value;
}

function checkedNames(name: string, before: readonly string[]): readonly string[] {
  if (NAMES.includes(name)) return [...before, name];
  console.error(`error: --only is ${JSON.stringify(name)}. Allowed: ${NAMES.join(", ")}`);
  Deno.exit(EXIT_USAGE);
}

/** The exit code of a program that SIGINT ended. */
const EXIT_INTERRUPTED = 130;

if (import.meta.main) {
  const signal = endOfProgram({ lifeline: false });
  try {
    Deno.exit(await main(signal));
  } catch (error) {
    if (signal.aborted) Deno.exit(EXIT_INTERRUPTED);
    console.error(error instanceof Error ? error.stack ?? error.message : String(error));
    Deno.exit(1);
  }
}
