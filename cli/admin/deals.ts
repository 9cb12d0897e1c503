/** `deals add | list | remove`: the deals whose tickers are followed. */
import type { Command } from "commander";
import { command } from "../../base/command.ts";
import { listDeals, removeDeal, saveDeal } from "../../db/deals.ts";
import type { Deal } from "../../db/tickers.ts";
import type { IsoDate, Ticker } from "../../options/contract.ts";
import { addDatabaseSettings, type DatabaseSettings, withDatabase } from "../database.ts";
import { Failure, orFail } from "../failure.ts";
import { type Column, printRows } from "../output.ts";
import { day, price, ticker } from "./tickers.ts";

const HELP = `
Examples:
  deno task deals add EA --cash 210 --close 2026-12-31
  deno task deals list
  deno task deals remove EA

Adding a deal that is there gives it new terms; the old ones stay in its history.`;

type Settings = DatabaseSettings & { readonly json?: boolean };
type Terms = Settings & {
  readonly cash?: number;
  readonly close?: IsoDate;
  readonly name?: string;
};

const COLUMNS: readonly Column<Deal>[] = [
  { title: "TICKER", value: (deal) => deal.ticker },
  { title: "CASH", value: (deal) => deal.cash },
  { title: "CLOSE", value: (deal) => deal.close },
  { title: "ID", value: (deal) => Number(deal.id) },
  { title: "VERSION", value: (deal) => deal.version },
];

/** The command with its three. */
export function dealsCommand(): Command {
  const deals = command("deals", "The deals whose tickers are followed.").addHelpText(
    "after",
    HELP,
  );
  addDatabaseSettings(deals.command("add"))
    .description("add a deal, or give it new terms")
    .argument("<ticker>", "what is to be bought", ticker)
    .option("--cash <price>", "what is offered for a share, in cash", price)
    .option("--close <day>", "when it is expected to close", day)
    .option("--name <text>", "the name of the company")
    .option("--json", "print JSON")
    .action(async (symbol: Ticker, terms: Terms) => {
      await orFail(() =>
        withDatabase(terms, async (sql) => {
          const { cash = null, close = null, name = null } = terms;
          const saved = await saveDeal(sql, { ticker: symbol, cash, close, name });
          printRows([saved], COLUMNS, { json: terms.json ?? false, none: "" });
        })
      );
    });
  addDatabaseSettings(deals.command("remove"))
    .description("remove a deal; what is stored stays")
    .argument("<ticker>", "whose deal", ticker)
    .action(async (symbol: Ticker, settings: Settings) => {
      await orFail(() =>
        withDatabase(settings, async (sql) => {
          if (!(await removeDeal(sql, symbol))) throw new Failure(`there is no deal on ${symbol}`);
          console.log(`removed the deal on ${symbol}`);
        })
      );
    });
  addDatabaseSettings(deals.command("list"))
    .description("list the deals")
    .option("--json", "print JSON")
    .action(async (settings: Settings) => {
      await orFail(() =>
        withDatabase(settings, async (sql) => {
          const none = "no deals; add one with deno task deals add TICKER --cash PRICE --close DAY";
          printRows(await listDeals(sql), COLUMNS, { json: settings.json ?? false, none });
        })
      );
    });
  return deals;
}
