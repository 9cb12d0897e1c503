/**
 * The `lastmark` command line: `start` and the administration, one command each. Every `deno task`
 * of that name calls it.
 */
import { command, readEnvLocal } from "../base/command.ts";
import { dbCommand } from "./admin/db.ts";
import { dealsCommand } from "./admin/deals.ts";
import { exportCommand } from "./admin/export.ts";
import { importCommand } from "./admin/import.ts";
import { keysCommand } from "./admin/keys.ts";
import { migrateCommand } from "./admin/migrate.ts";
import { usersCommand } from "./admin/users.ts";
import { watchCommand } from "./admin/watch.ts";
import { devCommand, startCommand } from "./start/command.ts";

if (import.meta.main) {
  readEnvLocal();
  const lastmark = command("lastmark", "Last-known option prices, never hidden.");
  for (
    const part of [
      startCommand(),
      devCommand(),
      migrateCommand(),
      keysCommand(),
      dealsCommand(),
      watchCommand(),
      usersCommand(),
      exportCommand(),
      importCommand(),
      dbCommand(),
    ]
  ) lastmark.addCommand(part);
  await lastmark.parseAsync(Deno.args, { from: "user" });
}
