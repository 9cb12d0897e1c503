/** `import`: history from files. */
import type { Command } from "commander";
import { command } from "../../base/command.ts";
import { addDatabaseSettings, type DatabaseSettings, withDatabase } from "../database.ts";
import { orFail } from "../failure.ts";
import { type ImportCounts, importHistory, type TickerCount } from "../files/import_history.ts";
import { progressTeller } from "../files/progress.ts";
import { historyIn } from "../files/sources.ts";
import { type Column, jsonRow, table, timeText } from "../output.ts";

const HELP = `
Examples:
  deno task import ea.csv week.parquet
  deno task import --follow --dry-run recorded/
  deno task import chain.json

Takes the files of export, Lastmark's own chain files, and those of us-chains, Cboe, Lean and
options_backtester; folders are searched through. What came after all that a ticker has is stored
with its times as they are; what is older becomes late history; what is there already is passed
over, so that a file may be given twice. Of a batch with a wrong row nothing is stored.`;

/** So many problems are told one by one. */
const TOLD = 20;

type Settings = DatabaseSettings & {
  readonly dryRun?: true;
  readonly follow?: true;
  readonly json?: true;
};

const COLUMNS: readonly Column<TickerCount>[] = [
  { title: "TICKER", value: (row) => row.ticker },
  { title: "STORED", value: (row) => row.stored },
  { title: "LATE", value: (row) => row.late },
  { title: "KNOWN", value: (row) => row.known },
  { title: "FUTURE", value: (row) => row.future },
  { title: "QUOTES", value: (row) => row.quotes },
  { title: "FIRST", value: (row) => timeText(row.firstMs) },
  { title: "LAST", value: (row) => timeText(row.lastMs) },
];

/** The command. */
export function importCommand(): Command {
  return addDatabaseSettings(command("import", "Take history from files."))
    .argument("<files...>", "files or folders")
    .option("--follow", "watch the tickers that are not followed yet")
    .option("--dry-run", "say what would become of it, and store nothing")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action(async (files: readonly string[], settings: Settings) => {
      let whole = true;
      await orFail(() =>
        withDatabase(settings, async (sql) => {
          const problems = new Problems();
          const progress = progressTeller();
          const counts = await importHistory(sql, historyIn(files, problems.tell), {
            dryRun: settings.dryRun ?? false,
            follow: settings.follow ?? false,
            tell: problems.tell,
            progress: (rows) => progress(() => `${rows} rows read so far`),
          });
          whole = print(counts, problems, settings);
        })
      );
      if (!whole) Deno.exit(1);
    });
}

/** Tells the first of them one by one. */
class Problems {
  count = 0;
  readonly tell = (problem: string): void => {
    this.count++;
    if (this.count <= TOLD) console.error(problem);
    if (this.count === TOLD + 1) console.error("… and more");
  };
}

/** Prints what it came to; whether all that was given is in the database. */
function print(counts: ImportCounts, problems: Problems, settings: Settings): boolean {
  const { tickers, rowsRead, rowsRefused } = counts;
  const future = tickers.reduce((sum, one) => sum + one.future, 0);
  if (settings.json) {
    const rows = tickers.map(jsonRow);
    console.log(
      JSON.stringify({ tickers: rows, rowsRead, rowsRefused, problems: problems.count }, null, 2),
    );
  } else {
    if (tickers.length > 0) console.log(table(tickers, COLUMNS));
    const quotes = tickers.reduce((sum, one) => sum + one.quotes, 0);
    const would = settings.dryRun ? "would store" : "stored";
    console.log(
      `read ${rowsRead} rows, ${would} ${quotes}; ${rowsRefused} are of batches with a wrong row`,
    );
  }
  if (future > 0) {
    console.error(
      `${future} batches are of the future, by this installation's clock, and not stored`,
    );
  }
  return problems.count === 0 && future === 0;
}
