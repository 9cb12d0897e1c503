/** Reading history out, batch by batch, in the order in which it came. */
import { columnsOf } from "../options/columns.ts";
import type { Ticker } from "../options/contract.ts";
import type { HistoryBatch } from "../options/formats/history.ts";
import { batchesAfter } from "./batches.ts";
import type { Sql } from "./connect.ts";

/** Moments from the first on, before the second; without one there is no bound. */
export interface Period {
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** A ticker's batches of a period by their `asOf`, in the order of `seq`. */
export async function* historyOf(
  sql: Sql,
  ticker: Ticker,
  { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY }: Period,
): AsyncGenerator<HistoryBatch, void, void> {
  const all = await Array.fromAsync(batchesAfter(sql, ticker, { seq: 0 }));
  for (const batch of all.sort((a, b) => a.seq - b.seq)) {
    if (batch.asOfMs < fromMs || batch.asOfMs >= toMs) continue;
    const { quotes, snapshotId: _, ...head } = batch;
    yield { ...head, ticker, columns: columnsOf(quotes) };
  }
}
