/** `import`: history from files. */
import type { Command } from "commander";
import { command, setting, url } from "../../base/command.ts";
import { connectDatabase, type Sql } from "../../db/connect.ts";
import { firstVersionRows } from "../../db/first_version.ts";
import type { HistoryItem } from "../../options/formats/history.ts";
import { addDatabaseSettings, type DatabaseSettings, withDatabase } from "../database.ts";
import { Failure, orFail } from "../failure.ts";
import { type Comparison, SourceTotals } from "../files/compare.ts";
import { firstVersionItems, PastOffers } from "../files/first_version.ts";
import { type ImportCounts, importHistory, type TickerCount } from "../files/import_history.ts";
import { progressTeller } from "../files/progress.ts";
import { historyIn } from "../files/sources.ts";
import { type Column, jsonRow, table, timeText } from "../output.ts";

const HELP = `
Examples:
  deno task import ea.csv week.parquet
  deno task import --follow --dry-run recorded/
  deno task import --follow first-version.sql --report report.json
  deno task import --follow --from-database postgres://reader@old-host/app --report report.json

Takes the files of export, Lastmark's own chain files, and those of us-chains, Cboe, Lean and
options_backtester, gzipped or not; folders are searched through. Of the first version, takes its
table OptionChainSnapshot from its database or from a dump (plain SQL, or what pg_restore reads). What came after all that a ticker has is stored
with its times as they are; what is older becomes late history; what is there already is passed
over, so that a file may be given twice. Of a batch with a wrong row nothing is stored.`;

/** So many problems are told one by one, and so many are in the report. */
const TOLD = 20;
const REPORTED = 10_000;

type Settings = DatabaseSettings & {
  readonly fromDatabase?: URL;
  readonly report?: string;
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

/** What the source holds and what the database has of it, side by side. */
const BOTH: readonly Column<Comparison>[] = [
  { title: "TICKER", value: (row) => row.ticker },
  { title: "SNAPSHOTS", value: (row) => `${row.source.snapshots} / ${row.database.snapshots}` },
  { title: "CONTRACTS", value: (row) => `${row.source.contracts} / ${row.database.contracts}` },
  { title: "SUM OF BIDS", value: (row) => `${row.source.sums.bid} / ${row.database.sums.bid}` },
  { title: "SUM OF ASKS", value: (row) => `${row.source.sums.ask} / ${row.database.sums.ask}` },
  { title: "REPEATED", value: (row) => row.repeated },
  { title: "EQUAL", value: (row) => row.equal ? "yes" : "no" },
];

/** The command. */
export function importCommand(): Command {
  return addDatabaseSettings(command("import", "Take history from files."))
    .argument("[files...]", "files or folders")
    .addOption(setting({
      flags: "--from-database <url>",
      help: "the first version's database",
      parse: url("postgres:", "postgresql:"),
    }))
    .option("--report <file>", "write a comparison of both sides, and what was not taken, as JSON")
    .option("--follow", "watch the tickers that are not followed yet")
    .option("--dry-run", "say what would become of it, and store nothing")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action(async (files: readonly string[], settings: Settings, self: Command) => {
      if ((files.length === 0) === (settings.fromDatabase === undefined)) {
        self.error("error: give files, or --from-database.");
      }
      let whole = true;
      await orFail(() =>
        withDatabase(settings, async (sql) => {
          whole = await importInto(sql, files, settings);
        })
      );
      if (!whole) Deno.exit(1);
    });
}

/** Does the import; whether all that was given is in the database afterwards. */
async function importInto(
  sql: Sql,
  files: readonly string[],
  settings: Settings,
): Promise<boolean> {
  const problems = new Problems();
  const offers = new PastOffers();
  const totals = settings.report === undefined ? undefined : new SourceTotals();
  const progress = progressTeller();
  const { fromDatabase, dryRun = false, follow = false } = settings;
  const items = fromDatabase
    ? firstVersionOf(fromDatabase, offers)
    : historyIn(files, offers, problems.tell);
  const counts = await importHistory(sql, items, {
    dryRun,
    follow,
    tell: problems.tell,
    progress: (rows) => progress(() => `${rows} rows read so far`),
    became: (batch, outcome) => {
      if (outcome !== "future") totals?.add(batch);
    },
  });
  if (!dryRun) {
    for (const ticker of await offers.keep(sql)) {
      console.error(`kept the deal prices of ${ticker} as a deal that is over`);
    }
  }
  const comparisons = await totals?.compare(sql) ?? [];
  if (settings.report !== undefined) {
    const report = { dryRun, counts, comparisons, notTaken: problems.all };
    await Deno.writeTextFile(settings.report, `${JSON.stringify(report, null, 2)}\n`);
  }
  const isWhole = print(counts, problems, settings);
  if (comparisons.length > 0 && !settings.json) console.log(`\n${table(comparisons, BOTH)}`);
  return isWhole && (dryRun || comparisons.every(({ equal }) => equal));
}

/** The first version's snapshots, from its own database. */
async function* firstVersionOf(
  address: URL,
  offers: PastOffers,
): AsyncGenerator<HistoryItem, void, void> {
  const old = connectDatabase({ url: address.href, program: "import", max: 1 });
  try {
    const rows = await firstVersionRows(old);
    if (!rows) throw new Failure(`${address.pathname.slice(1)} has no table OptionChainSnapshot`);
    yield* firstVersionItems(rows, offers);
  } finally {
    await old.end();
  }
}

/** Tells the first of them one by one. */
class Problems {
  count = 0;
  /** The first of them, for the report. */
  readonly all: string[] = [];
  readonly tell = (problem: string): void => {
    this.count++;
    if (this.count <= REPORTED) this.all.push(problem);
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
