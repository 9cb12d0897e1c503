/** The part of the spool that is in memory, for as long as the disk takes nothing. */
import type { Waiting } from "./order.ts";
import type { Rejection, SpoolLimits } from "./spool_disk.ts";
import type { SpoolRow } from "./spool_row.ts";

/** A snapshot that was rejected, with its body. */
export interface RejectedRow {
  readonly row: SpoolRow;
  readonly rejection: Rejection;
}

/** Snapshots in memory. */
export interface MemorySpool {
  /** Returns those that were dropped to make room, oldest first. */
  add(row: SpoolRow): readonly Waiting[];
  waiting(): readonly Waiting[];
  read(id: number): SpoolRow | undefined;
  remove(id: number): void;
  reject(id: number, rejection: Rejection): void;
  rejected(): readonly RejectedRow[];
  forgetRejected(row: SpoolRow): void;
  bytes(): number;
}

/** Makes an empty one. */
export function createMemorySpool(limits: SpoolLimits): MemorySpool {
  const rows = new Map<number, SpoolRow>();
  let rejected: RejectedRow[] = [];
  let bytes = 0;
  const remove = (id: number): void => {
    bytes -= rows.get(id)?.body.length ?? 0;
    rows.delete(id);
  };
  return {
    add(row) {
      rows.set(row.id, row);
      bytes += row.body.length;
      const dropped: Waiting[] = [];
      // A map keeps the order in which its keys came.
      for (const { id, ticker } of rows.values()) {
        if (bytes <= limits.mostBytes) break;
        remove(id);
        dropped.push({ id, ticker });
      }
      return dropped;
    },
    waiting: () => [...rows.values()].map(({ id, ticker }) => ({ id, ticker })),
    read: (id) => rows.get(id),
    remove,
    reject(id, rejection) {
      const row = rows.get(id);
      if (!row) return;
      rejected = [...rejected, { row, rejection }].slice(-limits.mostRejected);
      remove(id);
    },
    rejected: () => rejected,
    forgetRejected(row) {
      rejected = rejected.filter((each) => each.row !== row);
    },
    bytes: () => bytes,
  };
}
