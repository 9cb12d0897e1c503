/** What changed from one read of a contract to the next, as a list of sentences. */
import type { QuoteRow } from "../../../options/wire/history.ts";

/** The fields that a list of changes tells of. */
export const TOLD_FIELDS = [
  ["bid", "bid"],
  ["ask", "ask"],
  ["last", "last"],
  ["volume", "volume"],
  ["open_interest", "open interest"],
  ["implied_vol", "IV"],
  ["delta", "delta"],
] as const satisfies readonly (readonly [keyof QuoteRow, string])[];

/** The name of a field that is told of. */
export type ToldField = typeof TOLD_FIELDS[number][0];

/** One field that became another; null is none. */
export interface FieldChange {
  readonly field: ToldField;
  readonly words: string;
  readonly from: number | null;
  readonly to: number | null;
}

/** A read that brought something else than the one before. */
export interface QuoteChange {
  readonly row: QuoteRow;
  readonly changes: readonly FieldChange[];
}

/**
 * The reads of `rows`, which are in their order, that differ from the one before, the newest first;
 * the first row differs from nothing and is not told.
 */
export function changesOf(rows: readonly QuoteRow[]): QuoteChange[] {
  const found: QuoteChange[] = [];
  for (const [at, row] of rows.entries()) {
    const before = rows[at - 1];
    if (!before) continue;
    const changes = TOLD_FIELDS.flatMap(([field, words]) =>
      before[field] === row[field] ? [] : [{ field, words, from: before[field], to: row[field] }]
    );
    if (changes.length > 0) found.push({ row, changes });
  }
  return found.reverse();
}
