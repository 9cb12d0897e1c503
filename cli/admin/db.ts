/** `db maintain | status`: the maintenance of the database, and what is in it. */
import type { Command } from "commander";
import { command, setting, wholeNumber } from "../../base/command.ts";
import { maintain, type PartitionState, partitionStates } from "../../db/maintain.ts";
import { addDatabaseSettings, type DatabaseSettings, withDatabase } from "../database.ts";
import { Failure, orFail } from "../failure.ts";
import { type Column, printRows, timeText } from "../output.ts";

const HELP = `
Examples:
  deno task db maintain
  RETENTION_DAYS=365 deno task db maintain
  deno task db status --json

A server does the maintenance once a day by itself; of several programs one does it.`;

const COLUMNS: readonly Column<PartitionState>[] = [
  { title: "PARTITION", value: (partition) => partition.name },
  { title: "FROM", value: (partition) => timeText(partition.fromMs) },
  { title: "TO", value: (partition) => timeText(partition.toMs) },
  { title: "BATCHES", value: (partition) => partition.batches },
  { title: "REWRITTEN", value: (partition) => partition.rewritten },
  { title: "BYTES", value: (partition) => partition.bytes },
];

/** The command with its two. */
export function dbCommand(): Command {
  const db = command("db", "The database: its maintenance, and what is in it.")
    .addHelpText("after", HELP);
  addDatabaseSettings(db.command("maintain"))
    .description("make partitions, drop history past its time, rewrite older days")
    .addOption(setting({
      flags: "--retention-days <number>",
      help: "how long history is kept; all of it without",
      env: "RETENTION_DAYS",
      parse: wholeNumber(1, 36_500),
    }))
    .action(async (settings: DatabaseSettings & { readonly retentionDays?: number }) => {
      await orFail(() =>
        withDatabase(settings, async (sql) => {
          const done = await maintain(sql, { retentionDays: settings.retentionDays ?? null });
          if (!done) throw new Failure("another program maintains the database now");
          for (const name of done.made) console.log(`made ${name}`);
          for (const name of done.partitions) console.log(`dropped ${name}`);
          for (const name of done.kept) {
            console.log(`kept ${name}: it is read, or a ticker has no checkpoint after it yet`);
          }
          console.log(`rewrote ${done.rewritten} batches`);
        })
      );
    });
  addDatabaseSettings(db.command("status"))
    .description("list the partitions of the history")
    .option("--json", "print JSON")
    .action(async (settings: DatabaseSettings & { readonly json?: boolean }) => {
      await orFail(() =>
        withDatabase(settings, async (sql) => {
          const none = "there is no partition";
          printRows(await partitionStates(sql), COLUMNS, { json: settings.json ?? false, none });
        })
      );
    });
  return db;
}
