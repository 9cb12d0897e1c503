/** `export`: history as CSV or Parquet. */
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { command, oneOf, setting } from "../../base/command.ts";
import type { Period } from "../../db/batches.ts";
import type { Sql } from "../../db/connect.ts";
import { historyOf } from "../../db/history.ts";
import { knownSymbols } from "../../db/tickers.ts";
import { newYorkMs } from "../../options/calendar.ts";
import { parseIsoDate, type Ticker } from "../../options/contract.ts";
import { parseInstant } from "../../options/wire/instant.ts";
import { addDatabaseSettings, type DatabaseSettings, withDatabase } from "../database.ts";
import { Failure, orFail } from "../failure.ts";
import { csvWriter } from "../files/csv.ts";
import type { Sink } from "../files/history_file.ts";
import { STDOUT, toPath } from "../files/out.ts";
import { parquetWriter } from "../files/parquet.ts";
import { progressTeller } from "../files/progress.ts";
import { ticker } from "./tickers.ts";

const HELP = `
Examples:
  deno task export --ticker EA --from 2026-07-08 --to 2026-07-15 --out ea.csv
  deno task export --ticker SPX --ticker AAPL --from 2026-07-08 --out week.parquet
  deno task export --all --out - | gzip >all.csv.gz

A row is a quote, with the columns of its snapshot or update before it. --from and --to are days of
New York or times, by as_of; --to is not included. deno task import takes both formats back.`;

const FORMATS = ["csv", "parquet"] as const;
type Format = typeof FORMATS[number];

type Settings = DatabaseSettings & Period & {
  readonly ticker?: readonly Ticker[];
  readonly all?: true;
  readonly from?: number;
  readonly to?: number;
  readonly format?: Format;
  readonly out: string;
};

/** The command. */
export function exportCommand(): Command {
  return addDatabaseSettings(command("export", "Write history to a file, as CSV or Parquet."))
    .option("--ticker <ticker>", "whose history; may be given more than once", tickers)
    .option("--all", "the history of every ticker")
    .option("--from <time>", "from this day or time on", moment)
    .option("--to <time>", "before this day or time", moment)
    .addOption(setting({
      flags: "--format <format>",
      help: "csv or parquet (default: by the ending of --out, else csv)",
      parse: oneOf(...FORMATS),
    }))
    .option("--out <file>", "where to; - is standard output", STDOUT)
    .addHelpText("after", HELP)
    .action(async (settings: Settings, self: Command) => {
      if ((settings.ticker === undefined) === (settings.all === undefined)) {
        self.error("error: one of --ticker and --all must be given.");
      }
      if (
        settings.from !== undefined && settings.to !== undefined && settings.from >= settings.to
      ) {
        self.error("error: --from must be before --to.");
      }
      const format = settings.format ?? (/\.parquet$/i.test(settings.out) ? "parquet" : "csv");
      if (format === "parquet" && settings.out === STDOUT && Deno.stdout.isTerminal()) {
        self.error("error: Parquet is not for a terminal: name a file with --out.");
      }
      await orFail(() => withDatabase(settings, (sql) => exportTo(sql, settings, format)));
    });
}

async function exportTo(sql: Sql, settings: Settings, format: Format): Promise<void> {
  const known = await knownSymbols(sql);
  // Symbols are checked before they are stored.
  const chosen = settings.ticker ?? known as Ticker[];
  for (const one of chosen) {
    if (known.includes(one)) continue;
    throw new Failure(`there is no history of ${one}: it was never followed`);
  }
  const period = {
    ...(settings.from !== undefined && { fromMs: settings.from }),
    ...(settings.to !== undefined && { toMs: settings.to }),
  };
  try {
    await toPath(settings.out, (sink) => exportHistory(sql, chosen, period, format, sink));
  } catch (error) {
    // Whoever read it has seen enough.
    if (!(error instanceof Deno.errors.BrokenPipe && settings.out === STDOUT)) throw error;
  }
}

async function exportHistory(
  sql: Sql,
  chosen: readonly Ticker[],
  period: Period,
  format: Format,
  sink: Sink,
): Promise<void> {
  const writer = format === "csv" ? csvWriter(sink) : parquetWriter(sink);
  const progress = progressTeller();
  let batches = 0;
  let rows = 0;
  for (const one of [...new Set(chosen)].sort()) {
    for await (const batch of historyOf(sql, one, period)) {
      await writer.write(batch);
      batches++;
      rows += batch.columns.occ.length;
      progress(() => `${one}: ${new Date(batch.asOfMs).toISOString()}, ${rows} rows so far`);
    }
  }
  await writer.end();
  console.error(
    rows === 0 ? "there is nothing in that time" : `wrote ${rows} rows of ${batches} batches`,
  );
}

function tickers(text: string, before: readonly Ticker[] = []): readonly Ticker[] {
  return [...before, ticker(text)];
}

function moment(text: string): number {
  const day = parseIsoDate(text);
  if (day) return newYorkMs(day, 0);
  const read = parseInstant(text);
  if (typeof read === "number") return read;
  throw new InvalidArgumentError(
    "Allowed: a day such as 2026-07-08, or a time with its zone such as 2026-07-08T13:30:00Z.",
  );
}
