/**
 * Which migrations a database lacks. Apart from the tool that runs them, so that a program that
 * only asks does not load it.
 */
import { fileURLToPath } from "node:url";
import type { Sql } from "./connect.ts";

/** Where the migrations are. */
export const MIGRATIONS_FOLDER: string = fileURLToPath(new URL("./migrations", import.meta.url));

/** The table that says which have run. */
export const MIGRATIONS_TABLE = "lastmark_migrations";

/** The names of this version's migrations, in order. */
export async function migrationNames(): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(MIGRATIONS_FOLDER)) {
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
  >`SELECT to_regclass(${MIGRATIONS_TABLE}) IS NOT NULL AS there`;
  const names = await migrationNames();
  if (!table?.there) return names;
  const done = await sql<{ name: string }[]>`SELECT name FROM ${sql(MIGRATIONS_TABLE)}`;
  const known = new Set(done.map((row) => row.name));
  return names.filter((name) => !known.has(name));
}
