/**
 * Builds a damaged spool anew from its whole rows. May be killed at any point: the new database
 * gets its place only when it is complete, and until then the damaged one stays in its own.
 */
import { carveRows } from "./spool_carve.ts";
import { inTransaction, openDatabase, raiseLastId, settleLog } from "./spool_database.ts";
import { exists, removeDatabase, setAside, type SpoolFiles } from "./spool_files.ts";
import { type Ledger, syncFolderOf } from "./spool_ledger.ts";
import { type SpoolRow, sumOf } from "./spool_row.ts";

/**
 * Builds the database anew and sets the damaged one aside; returns that one's new name. The caller
 * must be the only one who has it open.
 */
export function rebuild(files: SpoolFiles, ledger: Ledger, nowMs: number): string | undefined {
  removeDatabase(files.rebuilding);
  const database = openDatabase(files.rebuilding);
  try {
    const insert = database.prepare("INSERT OR IGNORE INTO snapshots VALUES (?, ?, ?, ?, ?, ?)");
    inTransaction(database, () => {
      for (const row of wholeRows(files, ledger)) {
        insert.run(row.id, row.key, row.ticker, row.storedAtMs, sumOf(row), row.body);
      }
      raiseLastId(database, ledger.lastId);
    });
    settleLog(database);
  } finally {
    database.close();
  }
  Deno.renameSync(files.rebuilding, files.rebuilt);
  syncFolderOf(files.rebuilt);
  return putInPlace(files, nowMs);
}

/** Goes on where a program was killed while it rebuilt. */
export function finishRebuild(files: SpoolFiles, nowMs: number): void {
  removeDatabase(files.rebuilding);
  if (exists(files.rebuilt)) putInPlace(files, nowMs);
}

function putInPlace(files: SpoolFiles, nowMs: number): string | undefined {
  const aside = setAside(files, nowMs);
  Deno.renameSync(files.rebuilt, files.database);
  syncFolderOf(files.database);
  return aside;
}

/** The rows to take over: those that the ledger names, or all where it cannot be relied on. */
function* wholeRows(files: SpoolFiles, ledger: Ledger): Generator<SpoolRow> {
  if (!exists(files.database)) return;
  for (const row of carveRows(files.database)) {
    // Pages that are not in use any more may still hold what was sent long ago.
    if (ledger.lastId === 0 || !ledger.whole || ledger.entries.has(row.id)) yield row;
  }
}
