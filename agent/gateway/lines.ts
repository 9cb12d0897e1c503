/**
 * The market-data lines an agent may hold. IB counts lines by login, not by client: TWS's own
 * watchlists and the other agents of the gateway use the same 100 (error 101 when they are used up).
 */

/** With fewer no chain can be read: one of the underlying, one of a contract. */
const LEAST = 2;

/** A budget of lines. */
export interface Lines {
  /** The most that may be held now; smaller than the setting once the gateway said 101. */
  readonly limit: number;
  readonly used: number;
  /** Takes one line; false when none is free. */
  take(): boolean;
  release(): void;
  /** The gateway refused a line: no more than are held now, but for an underlying and a contract. */
  shrink(): void;
}

/**
 * A budget of `limit` lines.
 *
 * @example
 * ```ts
 * import { createLines } from "./lines.ts";
 * const lines = createLines(1);
 * console.assert(lines.take() && !lines.take());
 * ```
 */
export function createLines(limit: number): Lines {
  let most = limit;
  let used = 0;
  return {
    get limit() {
      return most;
    },
    get used() {
      return used;
    },
    take() {
      if (used >= most) return false;
      used++;
      return true;
    },
    release() {
      if (used === 0) throw new Error("A market-data line was released twice.");
      used--;
    },
    shrink() {
      most = Math.max(Math.min(LEAST, limit), Math.min(most, used));
    },
  };
}
