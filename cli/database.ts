/**
 * The database that a command works on: that of `DATABASE_URL`, or the embedded one of a data
 * folder, which is started for the command where `start` is not running.
 */
import type { Command } from "commander";
import { systemClock } from "../base/clock.ts";
import { setting, url } from "../base/command.ts";
import { connectDatabase, type Sql } from "../db/connect.ts";
import { dataFolder, inspectFolder, lockFolder } from "../db/embedded/data_folder.ts";
import { runningUrl, startEmbedded } from "../db/embedded/server.ts";
import { migrationNames, pendingMigrations } from "../db/migrate.ts";
import { Failure } from "./failure.ts";

/** Where the database is. */
export interface DatabaseSettings {
  readonly database?: URL;
  readonly data: string;
}

/** The data folder that `start` uses when it is told of none. */
export const DEFAULT_DATA = ".lastmark";

/** Adds the settings that say where the database is. */
export function addDatabaseSettings(command: Command): Command {
  return command
    .addOption(setting({
      flags: "--database <url>",
      help: "PostgreSQL 15 or newer; without it the embedded one of --data",
      env: "DATABASE_URL",
      parse: url("postgres:", "postgresql:"),
    }))
    .addOption(setting({
      flags: "--data <folder>",
      help: "the data folder of start",
      parse: (text) => text,
      fallback: DEFAULT_DATA,
    }));
}

/** Does work on the database whose tables must be there, and lets go of it. */
export async function withDatabase(
  settings: DatabaseSettings,
  work: (sql: Sql) => Promise<void>,
): Promise<void> {
  await withDatabaseUrl(settings, async (databaseUrl) => {
    const sql = connectDatabase({ url: databaseUrl, program: "cli", max: 2 });
    try {
      const pending = await pendingMigrations(sql);
      if (pending.length > 0) {
        const all = pending.length === (await migrationNames()).length;
        throw new Failure(
          `the database ${all ? "has no tables yet" : `lacks ${pending.join(", ")}`}: ` +
            "run deno task migrate first",
        );
      }
      await work(sql);
    } finally {
      await sql.end();
    }
  });
}

/** Does work that needs the database's URL only. */
export async function withDatabaseUrl(
  settings: DatabaseSettings,
  work: (databaseUrl: string) => Promise<void>,
): Promise<void> {
  if (settings.database) return await work(settings.database.href);
  const folder = dataFolder(settings.data);
  if (await inspectFolder(folder) !== "whole") {
    throw new Failure(
      `there is no database: DATABASE_URL is not set and ${folder.path} holds no data. ` +
        "Run deno task start once, or set DATABASE_URL, or name the data folder with --data",
    );
  }
  const lock = await lockFolder(folder);
  if (lock === null) {
    const running = await runningUrl(folder);
    if (running !== undefined) return await work(running);
    throw new Failure(
      `the database in ${folder.path} is starting or ending; try again in a moment`,
    );
  }
  try {
    const server = await startEmbedded({ clock: systemClock(), folder, say: () => {} });
    try {
      await work(server.url);
    } finally {
      await server.stop();
    }
  } finally {
    lock.release();
  }
}
