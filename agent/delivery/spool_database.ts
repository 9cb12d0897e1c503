/** The database of a spool: how it is opened, and what is wrong with one that is damaged. */
import { DatabaseSync } from "node:sqlite";
import { rowFrom, SNAPSHOTS_TABLE, type SpoolRow } from "./spool_row.ts";

const SCHEMA = `
  ${SNAPSHOTS_TABLE}
  CREATE TABLE IF NOT EXISTS rejected (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    key            TEXT NOT NULL,
    ticker         TEXT NOT NULL,
    status         INTEGER NOT NULL,
    message        TEXT NOT NULL,
    rejected_at_ms INTEGER NOT NULL,
    body           BLOB NOT NULL
  ) STRICT;
`;

/** The columns of a row, for {@link readRow}. */
export const ROW = "id, key, ticker, stored_at_ms, sum, body";

/** Opens a database, or makes one. Throws where that cannot be. */
export function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    // FULL: a snapshot survives a power cut, not only the end of the program. `fetch` may write
    // to the spool of a running agent, so a short lock is waited for.
    database.exec(`
      PRAGMA busy_timeout = 5000;
      PRAGMA page_size = 4096;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
    `);
    database.exec(SCHEMA);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A row that was selected; `undefined` where it is not what was written. */
export function readRow(selected: Record<string, unknown> | undefined): SpoolRow | undefined {
  const { id, key, ticker, stored_at_ms: storedAtMs, sum, body } = selected ?? {};
  return rowFrom(id, [key, ticker, storedAtMs, sum, body]);
}

/** What is wrong with the database in a few words; `undefined` where all is whole. Reads all of it. */
export function damageOf(database: DatabaseSync): string | undefined {
  const check = database.prepare("PRAGMA integrity_check(1)").get()?.["integrity_check"];
  if (check !== "ok") return String(check);
  const select = database.prepare(`SELECT ${ROW} FROM snapshots WHERE id = ?`);
  // One by one: iterate() of Deno 2.9 ends without a word where a page cannot be read.
  for (const { id } of database.prepare("SELECT id FROM snapshots").all()) {
    if (!readRow(select.get(Number(id)))) return `snapshot ${id} is not what was written`;
  }
  // Throws where the last number is none that a program can count on from.
  lastIdOf(database);
  return undefined;
}

/** The highest number that a snapshot ever had here. */
export function lastIdOf(database: DatabaseSync): number {
  const last = database.prepare(
    "SELECT coalesce(max(seq), 0) AS last FROM sqlite_sequence WHERE name = 'snapshots'",
  ).get()?.["last"];
  if (typeof last !== "number" || !Number.isSafeInteger(last) || last < 0) {
    throw new Error("the number of the last snapshot is none");
  }
  return last;
}

/** Has the next snapshot get a higher number than this. */
export function raiseLastId(database: DatabaseSync, lastId: number): void {
  if (lastIdOf(database) >= lastId) return;
  database.prepare("DELETE FROM sqlite_sequence WHERE name = 'snapshots'").run();
  database.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('snapshots', ?)").run(lastId);
}

/** Does the work in one transaction, which no other writer can come between. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/**
 * Moves what is committed from the log into the database. After each change, so that the log never
 * holds more than one: a log that is damaged then takes nothing with it.
 */
export function settleLog(database: DatabaseSync): void {
  database.prepare("PRAGMA wal_checkpoint(PASSIVE)").get();
}
