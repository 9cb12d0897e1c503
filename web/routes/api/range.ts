/** The range of time that a query asks for, and its rows a page at a time. */

/** A day in milliseconds. */
export const DAY_MS = 86_400_000;

const MINUTE_MS = 60_000;

/** Rows in one answer. */
export const MAX_ROWS = 2_000;

/** What a query says of a range, in milliseconds. */
export interface AskedRange {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly step?: number | undefined;
}

/** A range from one moment on and before another. */
export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number | undefined;
}

/**
 * The range, which ends with this minute unless it says otherwise, so that who asks again in the
 * same minute asks the same; and is so long unless it says otherwise.
 */
export function resolveRange(asked: AskedRange, nowMs: number, lengthMs: number): Range {
  const toMs = asked.to ?? Math.ceil((nowMs + 1) / MINUTE_MS) * MINUTE_MS;
  return { toMs, fromMs: asked.from ?? Math.max(0, toMs - lengthMs), stepMs: asked.step };
}

/** Rows of one answer, and where to go on. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly next: string | null;
}

/**
 * A page of rows of which one more than {@link MAX_ROWS} may be there. Rows of one moment stay
 * together, as the next page begins with a moment.
 */
export function pageOf<T extends { readonly asOf: string }>(rows: readonly T[]): Page<T> {
  const more = rows[MAX_ROWS];
  if (!more) return { rows, next: null };
  return {
    rows: rows.slice(0, MAX_ROWS).filter((row) => row.asOf !== more.asOf),
    next: more.asOf,
  };
}
