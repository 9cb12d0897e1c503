/** `watch add | list | remove`: tickers that are followed without a deal. */
import type { Command } from "commander";
import { command } from "../../base/command.ts";
import { addWatch, listWatches, removeWatch, type Watch } from "../../db/watches.ts";
import type { Ticker } from "../../options/contract.ts";
import { addDatabaseSettings, type DatabaseSettings, withDatabase } from "../database.ts";
import { Failure, orFail } from "../failure.ts";
import { type Column, printRows, timeText } from "../output.ts";
import { ticker } from "./tickers.ts";

const HELP = `
Examples:
  deno task watch add SPX
  deno task watch list --json
  deno task watch remove SPX`;

type Settings = DatabaseSettings & { readonly json?: boolean };

const COLUMNS: readonly Column<Watch>[] = [
  { title: "TICKER", value: (watch) => watch.ticker },
  { title: "NAME", value: (watch) => watch.name },
  { title: "SINCE", value: (watch) => timeText(watch.createdAtMs) },
];

/** The command with its three. */
export function watchCommand(): Command {
  const watch = command("watch", "The tickers that are followed without a deal.")
    .addHelpText("after", HELP);
  addDatabaseSettings(watch.command("add"))
    .description("follow a ticker")
    .argument("<ticker>", "the underlying", ticker)
    .option("--name <text>", "its name")
    .action(async (symbol: Ticker, settings: Settings & { name?: string }) => {
      await orFail(() =>
        withDatabase(settings, async (sql) => {
          await addWatch(sql, symbol, settings.name ?? null);
          console.log(`watching ${symbol}`);
        })
      );
    });
  addDatabaseSettings(watch.command("remove"))
    .description("follow a ticker no longer; what is stored stays")
    .argument("<ticker>", "the underlying", ticker)
    .action(async (symbol: Ticker, settings: Settings) => {
      await orFail(() =>
        withDatabase(settings, async (sql) => {
          if (!(await removeWatch(sql, symbol))) throw new Failure(`${symbol} is not watched`);
          console.log(`no longer watching ${symbol}`);
        })
      );
    });
  addDatabaseSettings(watch.command("list"))
    .description("list the watched tickers")
    .option("--json", "print JSON")
    .action(async (settings: Settings) => {
      await orFail(() =>
        withDatabase(settings, async (sql) => {
          const none = "nothing is watched; add a ticker with deno task watch add TICKER";
          printRows(await listWatches(sql), COLUMNS, { json: settings.json ?? false, none });
        })
      );
    });
  return watch;
}
