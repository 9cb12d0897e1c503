/**
 * The spool: every snapshot that was read is written here, to the disk, before it is sent, and
 * leaves only when the server said what became of it (`docs/specs/spool.md`). Where the disk does
 * not take it, it waits in memory, and moves to the disk as soon as that works again.
 */
import { gunzipSync, gzipSync } from "node:zlib";
import type { Clock } from "../../base/clock.ts";
import type { Ticker } from "../../options/contract.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Waiting } from "./order.ts";
import {
  type DiskSpool,
  openDiskSpool,
  type Rejected,
  type Rejection,
  type SpoolLimits,
} from "./spool_disk.ts";
import { spoolFiles } from "./spool_files.ts";
import { createMemorySpool } from "./spool_memory.ts";
import type { SpoolRow } from "./spool_row.ts";

/** A snapshot as it waits, ready to be sent. */
export interface Spooled extends Waiting {
  /** The `Idempotency-Key`: one per snapshot, the same for every attempt. */
  readonly key: string;
  /** When it was written, in real time. */
  readonly storedAtMs: number;
  readonly json: string;
}

/** What a spool says of itself, for the agent's state and metrics. */
export interface SpoolState {
  /** Snapshots that wait. */
  readonly depth: number;
  /** Bytes of their compressed bodies. */
  readonly bytes: number;
  /** Snapshots lost since the start of the program: too many, or damaged on the disk. */
  readonly dropped: number;
  /** `memory` where the disk takes nothing; what waits is lost then when the program ends. */
  readonly mode: "disk" | "memory";
}

/** Megabytes of bodies that wait unless told otherwise. */
export const DEFAULT_SPOOL_MB = 256;

/** What a spool keeps unless told otherwise. */
export const SPOOL_LIMITS: SpoolLimits = {
  mostBytes: DEFAULT_SPOOL_MB * 1024 * 1024,
  mostRejected: 100,
};

/** Memory is dearer than disk: some hours of a large chain. */
const MOST_MEMORY_BYTES = 32 * 1024 * 1024;

/** A disk that did not take a snapshot is tried again after this, with the next snapshot or send. */
const TRY_DISK_AGAIN_MS = 10_000;

/** A database that fails at work is looked through, and built anew if need be, no more often. */
const LOOK_THROUGH_AGAIN_MS = 60_000;

/** A spool. Its methods do not throw: what the disk does not do, memory does. */
export interface Spool {
  /** Writes a snapshot; when this returns, it is on the disk, unless the state says otherwise. */
  add(snapshot: { key: string; ticker: Ticker; json: string; storedAtMs: number }): Waiting;
  /** All that waits, oldest first, without bodies. */
  waiting(): readonly Waiting[];
  /** One that waits; `undefined` where it left the spool meanwhile, or was lost. */
  read(id: number): Spooled | undefined;
  /** The server has it, or needs it no more. */
  remove(id: number): void;
  /** The server will never take it: it is kept aside. */
  reject(id: number, rejection: Rejection): void;
  rejected(): readonly Rejected[];
  /** The newest snapshot of each ticker that left, also before this program. */
  newestGone(): ReadonlyMap<string, number>;
  state(): SpoolState;
  close(): void;
}

/** Opens the spool in `folder`, which is made where there is none. */
export function openSpool(options: {
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: SpoolLimits;
}): Spool {
  const { clock, log } = options;
  const limits = options.limits ?? SPOOL_LIMITS;
  const files = spoolFiles(options.folder);
  const memory = createMemorySpool({
    mostBytes: Math.min(limits.mostBytes, MOST_MEMORY_BYTES),
    mostRejected: limits.mostRejected,
  });
  /** Of the disk, settled with the server while the disk could not be told. */
  const settled = new Map<number, Rejection | undefined>();
  /** Of the disk, not what was written; hidden until the database was looked through. */
  const unreadable = new Set<number>();
  let disk: DiskSpool | undefined;
  let mode: SpoolState["mode"] = "disk";
  let dropped = 0;
  let lastId = 0;
  let tryAgainMs = Number.NEGATIVE_INFINITY;
  let lookAgainMs = Number.NEGATIVE_INFINITY;

  const countDropped = (lost: readonly Waiting[]): void => {
    dropped += lost.length;
    for (const { ticker } of lost) {
      log.error("spool.dropped", "The spool is full: its oldest snapshot was dropped", {
        ticker,
        mostBytes: mode === "disk" ? limits.mostBytes : MOST_MEMORY_BYTES,
      });
    }
  };
  const open = (): void => {
    lookAgainMs = clock.monotonicMs() + LOOK_THROUGH_AGAIN_MS;
    const opened = openDiskSpool({ files, limits, nowMs: clock.realNowMs(), log });
    disk = opened.disk;
    unreadable.clear();
    lastId = Math.max(lastId, disk.lastId());
    // What was settled while the disk did not work had left already.
    const lost = opened.lost.filter(({ id }) => !settled.has(id));
    if (lost.length === 0) return;
    dropped += lost.length;
    log.error("spool.lost", `Damage to the spool lost snapshots that waited: ${lost.length}`, {
      count: lost.length,
      tickers: [...new Set(lost.map(({ ticker }) => ticker))].join(","),
      oldestAt: new Date(Math.min(...lost.map(({ storedAtMs }) => storedAtMs))).toISOString(),
    });
  };
  const close = (): void => {
    try {
      disk?.close();
    } catch (error) {
      log.warn("spool.close", `The spool did not close well: ${messageOf(error)}`);
    }
    disk = undefined;
  };
  const toMemory = (error: unknown): void => {
    tryAgainMs = clock.monotonicMs() + TRY_DISK_AGAIN_MS;
    if (mode === "memory") return;
    mode = "memory";
    log.error(
      "spool.memory",
      `The disk does not take snapshots; they wait in memory: ${messageOf(error)}`,
      { folder: options.folder },
    );
  };
  /** Does the work on the disk; `undefined` where it does not work, and memory has to do. */
  const onDisk = <T>(work: (disk: DiskSpool) => T): { readonly result: T } | undefined => {
    for (;;) {
      try {
        if (!disk) open();
        if (!disk) return undefined;
        return { result: work(disk) };
      } catch (error) {
        // Once: what fails again is no damage that can be repaired.
        if (disk && clock.monotonicMs() >= lookAgainMs) {
          close();
          continue;
        }
        toMemory(error);
        return undefined;
      }
    }
  };
  const reopen = (): void => {
    close();
    onDisk(() => {});
  };
  const moveToDisk = (to: DiskSpool): void => {
    for (const [id, rejection] of settled) {
      const row = rejection && to.read(id);
      if (row) to.reject(row, rejection);
      else to.remove(id);
      settled.delete(id);
    }
    for (const { row, rejection } of memory.rejected()) {
      to.reject(row, rejection);
      memory.forgetRejected(row);
    }
    for (const { id } of memory.waiting()) {
      const row = memory.read(id);
      if (!row) continue;
      countDropped(to.add(row, id).dropped);
      memory.remove(id);
    }
  };
  /** Whether the disk may be written to: it works, or does so again. */
  const diskWorks = (): boolean => {
    if (mode === "disk") return true;
    if (clock.monotonicMs() < tryAgainMs) return false;
    if (!onDisk(moveToDisk)) return false;
    // An empty move proves nothing: the next snapshot does.
    mode = "disk";
    log.info("spool.disk", "The disk takes snapshots again", { folder: options.folder });
    return true;
  };
  const rowOf = (id: number): SpoolRow | undefined => {
    const inMemory = memory.read(id);
    if (inMemory || settled.has(id) || !disk) return inMemory;
    const read = onDisk((disk) => disk.read(id));
    // Shown again and again, it would be asked for again and again.
    if (!read) unreadable.add(id);
    return read?.result;
  };
  const settle = (id: number, rejection: Rejection | undefined): void => {
    if (memory.read(id)) {
      if (rejection) memory.reject(id, rejection);
      else memory.remove(id);
      return;
    }
    const done = diskWorks() && onDisk((disk) => {
      const row = rejection && disk.read(id);
      if (row) disk.reject(row, rejection);
      else disk.remove(id);
    });
    if (!done) settled.set(id, rejection);
  };
  onDisk(() => {});
  return {
    add({ key, ticker, json, storedAtMs }) {
      const row = { key, ticker, storedAtMs, body: gzipSync(json) };
      const added = diskWorks() ? onDisk((disk) => disk.add(row))?.result : undefined;
      if (added) {
        lastId = Math.max(lastId, added.added.id);
        countDropped(added.dropped);
        return added.added;
      }
      // Beyond all numbers of a disk that could not be asked for its last.
      const id = lastId === 0 ? clock.realNowMs() : lastId + 1;
      lastId = id;
      countDropped(memory.add({ ...row, id }));
      return { id, ticker };
    },
    waiting() {
      diskWorks();
      if (unreadable.size > 0 && clock.monotonicMs() >= lookAgainMs) reopen();
      const onIt = disk ? onDisk((disk) => disk.waiting())?.result ?? [] : [];
      const ready = onIt.filter(({ id }) => !settled.has(id) && !unreadable.has(id));
      return [...ready, ...memory.waiting()];
    },
    read(id) {
      const row = rowOf(id);
      return row && {
        id,
        ticker: row.ticker,
        key: row.key,
        storedAtMs: row.storedAtMs,
        json: new TextDecoder().decode(gunzipSync(row.body)),
      };
    },
    remove: (id) => settle(id, undefined),
    reject: (id, rejection) => settle(id, rejection),
    rejected() {
      const onIt = disk ? onDisk((disk) => disk.rejected())?.result ?? [] : [];
      const inMemory = memory.rejected().map(({ row, rejection }) => ({
        key: row.key,
        ticker: row.ticker,
        message: rejection.message,
      }));
      return [...onIt, ...inMemory].slice(-limits.mostRejected);
    },
    newestGone: () => (disk && onDisk((disk) => disk.newestGone())?.result) ?? new Map(),
    state() {
      const onIt = disk &&
        onDisk((disk) => ({ depth: disk.waiting().length, bytes: disk.bytes() }));
      const { depth, bytes } = onIt?.result ?? { depth: 0, bytes: 0 };
      return {
        depth: depth - settled.size + memory.waiting().length,
        bytes: bytes + memory.bytes(),
        dropped,
        mode,
      };
    },
    close() {
      tryAgainMs = Number.NEGATIVE_INFINITY;
      diskWorks();
      const left = memory.waiting().length;
      if (left > 0) {
        log.error("spool.lost", `The disk did not take snapshots that waited: ${left}`, {
          count: left,
        });
      }
      close();
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
