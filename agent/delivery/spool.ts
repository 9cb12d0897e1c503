/**
 * The spool: every snapshot that was read is written here, to the disk, before it is sent, and
 * leaves only when the server said what became of it (`docs/specs/spool.md`).
 */
import { DatabaseSync } from "node:sqlite";
import { gunzipSync, gzipSync } from "node:zlib";
import { parseTicker, type Ticker } from "../../options/contract.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Waiting } from "./order.ts";

/** A snapshot as it waits, ready to be sent. */
export interface Spooled extends Waiting {
  /** The `Idempotency-Key`: one per snapshot, the same for every attempt. */
  readonly key: string;
  /** When it was written, in real time. */
  readonly storedAtMs: number;
  readonly json: string;
}

/** What the server said of a snapshot that it will never take. */
export interface Rejection {
  readonly status: number;
  readonly message: string;
  readonly atMs: number;
}

/** How much a spool keeps. */
export interface SpoolLimits {
  /** Bytes of bodies that wait; beyond, the oldest are dropped, counted and said. */
  readonly mostBytes: number;
  /** Rejected snapshots that are kept for a person to look at. */
  readonly mostRejected: number;
}

const LIMITS: SpoolLimits = { mostBytes: 256 * 1024 * 1024, mostRejected: 100 };

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS snapshots (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    key          TEXT NOT NULL UNIQUE,
    ticker       TEXT NOT NULL,
    stored_at_ms INTEGER NOT NULL,
    body         BLOB NOT NULL
  ) STRICT;
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

const FILE = "spool.sqlite";

/** A spool on disk. Its methods throw on a full or broken disk: nothing is sent then. */
export interface Spool {
  /** Writes a snapshot; when this returns, it is on the disk. */
  add(snapshot: { key: string; ticker: Ticker; json: string; storedAtMs: number }): Waiting;
  /** All that waits, oldest first, without bodies. */
  waiting(): readonly Waiting[];
  /** One that waits; `undefined` where it left the spool meanwhile. */
  read(id: number): Spooled | undefined;
  /** The server has it, or needs it no more. */
  remove(id: number): void;
  /** The server will never take it: it is kept aside. */
  reject(id: number, rejection: Rejection): void;
  rejected(): readonly {
    readonly key: string;
    readonly ticker: string;
    readonly message: string;
  }[];
  close(): void;
}

/**
 * Opens the spool in `folder`, which is made where there is none. A file that is no sound
 * database is set aside with a line in the log, and a new one begun.
 */
export function openSpool(options: {
  readonly folder: string;
  readonly log: Log;
  readonly limits?: SpoolLimits;
}): Spool {
  const { folder, log } = options;
  Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = `${folder}/${FILE}`;
  let database: DatabaseSync;
  try {
    database = openDatabase(path);
  } catch (error) {
    const aside = setAside(path);
    const message = error instanceof Error ? error.message : String(error);
    log.error(
      "spool.corrupt",
      `The spool ${path} is not readable (${message}); it is now ${aside}`,
    );
    database = openDatabase(path);
  }
  return createSpool(database, log, options.limits ?? LIMITS);
}

function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    // FULL: a snapshot survives a power cut, not only the end of the program. `fetch` may write
    // to the spool of a running agent, so a short lock is waited for.
    database.exec(`
      PRAGMA busy_timeout = 5000;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA auto_vacuum = INCREMENTAL;
    `);
    const check = database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
    if (check !== "ok") throw new Error(String(check));
    database.exec(SCHEMA);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Renames the database and its log files; returns the new name. */
function setAside(path: string): string {
  const aside = `${path}.broken-${new Date().toISOString().replaceAll(/[:.]/g, "")}`;
  for (const suffix of ["", "-wal", "-shm"]) {
    try {
      Deno.renameSync(path + suffix, aside + suffix);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return aside;
}

function createSpool(database: DatabaseSync, log: Log, limits: SpoolLimits): Spool {
  const insert = database.prepare(
    "INSERT INTO snapshots (key, ticker, stored_at_ms, body) VALUES (?, ?, ?, ?)",
  );
  const list = database.prepare("SELECT id, ticker FROM snapshots ORDER BY id");
  const select = database.prepare(
    "SELECT id, key, ticker, stored_at_ms, body FROM snapshots WHERE id = ?",
  );
  const remove = database.prepare("DELETE FROM snapshots WHERE id = ?");
  const bytes = database.prepare("SELECT coalesce(sum(length(body)), 0) AS bytes FROM snapshots");
  const oldest = database.prepare("SELECT id, ticker FROM snapshots ORDER BY id LIMIT 1");
  const setAsideRejected = database.prepare(`
    INSERT INTO rejected (key, ticker, status, message, rejected_at_ms, body)
    SELECT key, ticker, ?, ?, ?, body FROM snapshots WHERE id = ?
  `);
  const boundRejected = database.prepare(`
    DELETE FROM rejected
    WHERE id NOT IN (SELECT id FROM rejected ORDER BY id DESC LIMIT ?)
  `);
  const listRejected = database.prepare("SELECT key, ticker, message FROM rejected ORDER BY id");

  const bound = (): void => {
    while (Number(bytes.get()?.["bytes"] ?? 0) > limits.mostBytes) {
      const row = oldest.get();
      if (!row) return;
      remove.run(Number(row["id"]));
      log.error("spool.dropped", "The spool is full: its oldest snapshot was dropped", {
        ticker: String(row["ticker"]),
        mostBytes: limits.mostBytes,
      });
    }
  };
  const inTransaction = (work: () => void): void => {
    database.exec("BEGIN IMMEDIATE");
    try {
      work();
      database.exec("COMMIT");
    } catch (error) {
      database.exec("ROLLBACK");
      throw error;
    }
  };
  return {
    add({ key, ticker, json, storedAtMs }) {
      const result = insert.run(key, ticker, storedAtMs, gzipSync(json));
      bound();
      return { id: Number(result.lastInsertRowid), ticker };
    },
    waiting: () => list.all().flatMap((row) => toWaiting(row)),
    read(id) {
      const row = select.get(id);
      const [waiting] = row ? toWaiting(row) : [];
      const body = row?.["body"];
      if (!row || !waiting || !(body instanceof Uint8Array)) return undefined;
      return {
        ...waiting,
        key: String(row["key"]),
        storedAtMs: Number(row["stored_at_ms"]),
        json: new TextDecoder().decode(gunzipSync(body)),
      };
    },
    remove: (id) => void remove.run(id),
    reject(id, rejection) {
      inTransaction(() => {
        setAsideRejected.run(rejection.status, rejection.message, rejection.atMs, id);
        boundRejected.run(limits.mostRejected);
        remove.run(id);
      });
    },
    rejected: () =>
      listRejected.all().map((row) => ({
        key: String(row["key"]),
        ticker: String(row["ticker"]),
        message: String(row["message"]),
      })),
    close: () => database.close(),
  };
}

function toWaiting(row: Record<string, unknown>): Waiting[] {
  const ticker = parseTicker(String(row["ticker"]));
  return ticker ? [{ id: Number(row["id"]), ticker }] : [];
}
