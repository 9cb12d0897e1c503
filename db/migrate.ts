/**
 * Brings a database to this version's tables: the SQL files of `db/migrations/` in the order of
 * their names, forward only, all or none, by node-pg-migrate under its advisory lock.
 */
import { runner } from "node-pg-migrate";
import { fileURLToPath } from "node:url";
import pg from "pg";
import type { Sql } from "./connect.ts";

const FOLDER = fileURLToPath(new URL("./migrations", import.meta.url));
const TABLE = "lastmark_migrations";

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
      dir: FOLDER,
      direction: "up",
      migrationsTable: TABLE,
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

/** The names of this version's migrations, in order. */
export async function migrationNames(): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(FOLDER)) {
    if (entry.name.endsWith(".sql")) names.push(entry.name.slice(0, -".sql".length));
  }
  return names.sort();
}

/**
 * The migrations that the database lacks; a program that needs them says so and ends. A database
 * of a newer version lacks none: programs of two versions run side by side during a roll-out.
 */
export async function pendingMigrations(sql: Sql): Promise<string[]> {
  const [table] = await sql<
    { there: boolean }[]
  >`SELECT to_regclass(${TABLE}) IS NOT NULL AS there`;
  const names = await migrationNames();
  if (!table?.there) return names;
  const done = await sql<{ name: string }[]>`SELECT name FROM ${sql(TABLE)}`;
  const known = new Set(done.map((row) => row.name));
  return names.filter((name) => !known.has(name));
}
