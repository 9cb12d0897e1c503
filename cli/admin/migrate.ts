/** `migrate`: brings the database to this version's tables. */
import type { Command } from "commander";
import { command, setting, url } from "../../base/command.ts";
import { connectDatabase } from "../../db/connect.ts";
import { migrate } from "../../db/migrate.ts";
import { upkeep } from "../../db/upkeep.ts";
import { addDatabaseSettings, type DatabaseSettings, withDatabaseUrl } from "../database.ts";
import { orFail } from "../failure.ts";

const HELP = `
Examples:
  DATABASE_URL=postgres://lastmark@127.0.0.1/lastmark deno task migrate
  deno task migrate --data .lastmark

Only what the database lacks is run, all of it or nothing. Of several that start at once, each
waits for the one before it; servers of the version before go on meanwhile.`;

/** The command. */
export function migrateCommand(): Command {
  return addDatabaseSettings(command("migrate", "Bring the database to this version's tables."))
    .addOption(setting({
      flags: "--database-direct <url>",
      help: "the same database without a pooler between (default: --database)",
      env: "DATABASE_DIRECT_URL",
      parse: url("postgres:", "postgresql:"),
    }))
    .addHelpText("after", HELP)
    .action(async (settings: DatabaseSettings & { databaseDirect?: URL }) => {
      await orFail(async () => {
        const database = settings.databaseDirect ?? settings.database;
        await withDatabaseUrl(
          { ...settings, ...(database && { database }) },
          async (databaseUrl) => {
            const ran = await migrate(databaseUrl);
            const sql = connectDatabase({ url: databaseUrl, program: "migrate", max: 1 });
            await upkeep(sql).finally(() => sql.end());
            for (const name of ran) console.log(`ran ${name}`);
            console.log(
              ran.length === 0 ? "nothing to run: the tables are this version's" : "done",
            );
          },
        );
      });
    });
}
