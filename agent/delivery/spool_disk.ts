/** The part of the spool that is on the disk. Every method throws where the disk does not do it. */
import type { DatabaseSync } from "node:sqlite";
import { parseTicker } from "../../options/contract.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Waiting } from "./order.ts";
import {
  damageOf,
  inTransaction,
  lastIdOf,
  openDatabase,
  raiseLastId,
  readRow,
  ROW,
  settleLog,
} from "./spool_database.ts";
import { boundBroken, exists, type SpoolFiles } from "./spool_files.ts";
import {
  appendLedger,
  gone,
  held,
  type Ledger,
  type LedgerEntry,
  readLedger,
  rewriteLedger,
} from "./spool_ledger.ts";
import { finishRebuild, rebuild } from "./spool_rebuild.ts";
import { type SpoolRow, sumOf } from "./spool_row.ts";

/** How much a spool keeps. */
export interface SpoolLimits {
  /** Bytes of compressed bodies that wait; beyond, the oldest are dropped, counted and said. */
  readonly mostBytes: number;
  /** Rejected snapshots that are kept for a person to look at. */
  readonly mostRejected: number;
}

/** What the server said of a snapshot that it will never take. */
export interface Rejection {
  readonly status: number;
  readonly message: string;
  readonly atMs: number;
}

/** A snapshot that was rejected. */
export interface Rejected {
  readonly key: string;
  readonly ticker: string;
  readonly message: string;
}

/** The ledger begins anew when it is this long; a line is some 40 bytes. */
const MOST_LEDGER_BYTES = 256 * 1024;

const EXCLUSIVE = true;

/** An open spool on disk. */
export interface DiskSpool {
  /** Writes a snapshot; with `id` under that number where it is free. Returns those dropped for it. */
  add(row: Omit<SpoolRow, "id">, id?: number): { added: Waiting; dropped: readonly Waiting[] };
  waiting(): readonly Waiting[];
  /** `undefined` where it is not there; throws where it is not what was written. */
  read(id: number): SpoolRow | undefined;
  remove(id: number): void;
  reject(row: SpoolRow, rejection: Rejection): void;
  rejected(): readonly Rejected[];
  bytes(): number;
  lastId(): number;
  /** The newest snapshot of each ticker that left, also before this program. */
  newestGone(): ReadonlyMap<string, number>;
  close(): void;
}

/** An open spool, and what it lost before. */
export interface Opened {
  readonly disk: DiskSpool;
  readonly lost: readonly LedgerEntry[];
}

/**
 * Opens the spool, which is made where there is none. A damaged one is built anew from its whole
 * rows. Throws where the disk does not let itself be read or written; nothing is changed then.
 */
export function openDiskSpool(options: {
  readonly files: SpoolFiles;
  readonly limits: SpoolLimits;
  readonly nowMs: number;
  readonly log: Log;
}): Opened {
  const { files, limits, nowMs, log } = options;
  Deno.mkdirSync(files.folder, { recursive: true, mode: 0o700 });
  using stack = new DisposableStack();
  const lock = stack.use(Deno.openSync(files.lock, { read: true, write: true, create: true }));
  // A file that was just made here may be locked by one who is building the spool anew.
  lock.lockSync();
  const ledger = readLedger(files.ledger);
  const sound = openSound(files, ledger, nowMs, lock);
  const { database } = sound;
  stack.defer(() => database.close());
  if (sound.damage !== undefined) {
    boundBroken(files, limits.mostBytes);
    log.error("spool.corrupt", `The spool was damaged (${sound.damage}) and is built anew`, {
      damaged: sound.aside ?? null,
    });
  }
  const missing = settleLedger(database, files, ledger);
  // Of a sound database and a ledger that is not whole, the database is right.
  const lost = sound.damage === undefined && !ledger.whole ? [] : missing;
  stack.move();
  return { disk: createDiskSpool(database, files, limits, lock), lost };
}

interface Sound {
  readonly database: DatabaseSync;
  readonly damage?: string;
  readonly aside?: string;
}

function openSound(files: SpoolFiles, ledger: Ledger, nowMs: number, lock: Deno.FsFile): Sound {
  if (exists(files.rebuilt) || exists(files.rebuilding)) {
    alone(lock, () => finishRebuild(files, nowMs));
  }
  let damage: string | undefined;
  try {
    const database = openDatabase(files.database);
    damage = damageUnlessClosed(database);
    if (damage === undefined) return { database };
  } catch (error) {
    damage = error instanceof Error ? error.message : String(error);
    // Neither is damage, and both pass.
    if (/locked|disk is full/.test(damage)) throw error;
  }
  const aside = alone(lock, () => rebuild(files, ledger, nowMs));
  const database = openDatabase(files.database);
  return { database, damage, ...(aside !== undefined && { aside }) };
}

/** What is wrong with a database, which is closed where something is. */
function damageUnlessClosed(database: DatabaseSync): string | undefined {
  let damage: string | undefined;
  try {
    damage = damageOf(database);
    return damage;
  } catch (error) {
    damage = error instanceof Error ? error.message : String(error);
    if (/locked/.test(damage)) throw error;
    return damage;
  } finally {
    if (damage !== undefined) database.close();
  }
}

/** Does what nobody else may look at meanwhile. */
function alone<T>(lock: Deno.FsFile, work: () => T): T {
  lock.unlockSync();
  if (!lock.tryLockSync(EXCLUSIVE)) {
    lock.lockSync();
    throw new Error("the spool is damaged, and another program has it open");
  }
  try {
    return work();
  } finally {
    lock.unlockSync();
    lock.lockSync();
  }
}

/** Has the ledger say what is there; returns what is not there any more. */
function settleLedger(database: DatabaseSync, files: SpoolFiles, known: Ledger): LedgerEntry[] {
  return inTransaction(database, () => {
    const entries = entriesOf(database);
    const there = new Set(entries.map(({ id }) => id));
    // Read again: what another program wrote since is no loss.
    const ledger = readLedger(files.ledger);
    const lost = [...ledger.entries.values()].filter(({ id }) => !there.has(id));
    raiseLastId(database, Math.max(known.lastId, ledger.lastId));
    rewriteLedger(files.ledger, { ...ledger, entries, lastId: lastIdOf(database) });
    return lost;
  });
}

function entriesOf(database: DatabaseSync): LedgerEntry[] {
  return database.prepare("SELECT id, ticker, stored_at_ms FROM snapshots ORDER BY id").all()
    .map((row) => ({
      id: Number(row["id"]),
      ticker: String(row["ticker"]),
      storedAtMs: Number(row["stored_at_ms"]),
    }));
}

function createDiskSpool(
  database: DatabaseSync,
  files: SpoolFiles,
  limits: SpoolLimits,
  lock: Deno.FsFile,
): DiskSpool {
  const insert = database.prepare("INSERT INTO snapshots VALUES (?, ?, ?, ?, ?, ?)");
  const taken = database.prepare("SELECT 1 FROM snapshots WHERE id = ?");
  const withKey = database.prepare("SELECT id, ticker FROM snapshots WHERE key = ?");
  const list = database.prepare("SELECT id, ticker FROM snapshots ORDER BY id");
  const select = database.prepare(`SELECT ${ROW} FROM snapshots WHERE id = ?`);
  const remove = database.prepare("DELETE FROM snapshots WHERE id = ?");
  const bytes = database.prepare("SELECT coalesce(sum(length(body)), 0) AS bytes FROM snapshots");
  const oldest = database.prepare("SELECT id, ticker FROM snapshots ORDER BY id LIMIT 1");
  const insertRejected = database.prepare(`
    INSERT INTO rejected (key, ticker, status, message, rejected_at_ms, body)
    VALUES (?, ?, ?, ?, ?, ?)
  `);
  const boundRejected = database.prepare(`
    DELETE FROM rejected
    WHERE id NOT IN (SELECT id FROM rejected ORDER BY id DESC LIMIT ?)
  `);
  const listRejected = database.prepare("SELECT key, ticker, message FROM rejected ORDER BY id");

  const sumBytes = (): number => Number(bytes.get()?.["bytes"] ?? 0);
  const takeOff = (id: number): void => {
    appendLedger(files.ledger, [gone(id)]);
    remove.run(id);
  };
  const dropOldest = (): Waiting[] => {
    const dropped: Waiting[] = [];
    while (sumBytes() > limits.mostBytes) {
      const [waiting] = toWaiting(oldest.get());
      if (!waiting) break;
      takeOff(waiting.id);
      dropped.push(waiting);
    }
    return dropped;
  };
  const settled = <T>(work: () => T): T => {
    const result = inTransaction(database, work);
    settleLog(database);
    return result;
  };
  const shortenLedger = (): void => {
    if (Deno.statSync(files.ledger).size <= MOST_LEDGER_BYTES) return;
    inTransaction(database, () => {
      rewriteLedger(files.ledger, {
        ...readLedger(files.ledger),
        entries: entriesOf(database),
        lastId: lastIdOf(database),
      });
    });
  };
  return {
    add(row, wanted) {
      const result = settled(() => {
        // An earlier try may have come through although it failed.
        const [there] = toWaiting(withKey.get(row.key));
        if (there) return { added: there, dropped: [] };
        const id = wanted !== undefined && !taken.get(wanted) ? wanted : lastIdOf(database) + 1;
        const sum = sumOf({ ...row, id });
        insert.run(id, row.key, row.ticker, row.storedAtMs, sum, row.body);
        return { added: { id, ticker: row.ticker }, dropped: dropOldest() };
      });
      if (!result.dropped.some(({ id }) => id === result.added.id)) {
        appendLedger(files.ledger, [held({ ...row, id: result.added.id })]);
      }
      return result;
    },
    waiting: () => list.all().flatMap((row) => toWaiting(row)),
    read(id) {
      const selected = select.get(id);
      const row = readRow(selected);
      if (selected && !row) throw new Error(`snapshot ${id} is not what was written`);
      return row;
    },
    remove(id) {
      settled(() => takeOff(id));
      shortenLedger();
    },
    reject(row, { status, message, atMs }) {
      settled(() => {
        insertRejected.run(row.key, row.ticker, status, message, atMs, row.body);
        boundRejected.run(limits.mostRejected);
        if (taken.get(row.id)) takeOff(row.id);
      });
    },
    rejected: () =>
      listRejected.all().map((row) => ({
        key: String(row["key"]),
        ticker: String(row["ticker"]),
        message: String(row["message"]),
      })),
    bytes: sumBytes,
    lastId: () => lastIdOf(database),
    newestGone: () => readLedger(files.ledger).newestGone,
    close() {
      database.close();
      lock.close();
    },
  };
}

function toWaiting(row: Record<string, unknown> | undefined): Waiting[] {
  const ticker = row && parseTicker(String(row["ticker"]));
  return ticker ? [{ id: Number(row["id"]), ticker }] : [];
}
