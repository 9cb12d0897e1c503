/**
 * Brings a database to this version's tables: the SQL files of `db/migrations/` in the order of
 * their names, forward only, all or none, by node-pg-migrate under its advisory lock.
 */
import { runner } from "node-pg-migrate";
import pg from "pg";
import { MIGRATIONS_FOLDER, MIGRATIONS_TABLE } from "./pending.ts";

export { migrationNames, pendingMigrations } from "./pending.ts";

/**
 * Runs the migrations that the database lacks and returns their names. Of several that start at
 * once each waits for the one before it. `upTo` stops after so many files in all; tests use it to
 * fill an older database.
 */
export async function migrate(url: string, upTo = Number.POSITIVE_INFINITY): Promise<string[]> {
  // The runner's own client is not closed when the runner returns; this one is.
  const client = new pg.Client({ connectionString: url, application_name: "lastmark migrate" });
  await client.connect();
  try {
    const ran = await runner({
      dbClient: client,
      dir: MIGRATIONS_FOLDER,
      direction: "up",
      migrationsTable: MIGRATIONS_TABLE,
      checkOrder: true,
      singleTransaction: true,
      advisoryLockMode: "wait",
      count: upTo,
      logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    });
    return ran.map((migration) => migration.name);
  } finally {
    await client.end();
  }
}
