/** Reading history out, batch by batch, in the order in which it came. */
import type { Ticker } from "../options/contract.ts";
import type { HistoryBatch } from "../options/formats/history.ts";
import { batchesBetween, type Period } from "./batches.ts";
import type { Sql } from "./connect.ts";

/** A ticker's batches of a period by their `asOf`, in the order of `seq`. */
export async function* historyOf(
  sql: Sql,
  ticker: Ticker,
  period: Period,
): AsyncGenerator<HistoryBatch, void, void> {
  for await (const batch of batchesBetween(sql, ticker, period)) {
    const { snapshotId: _, ...said } = batch;
    yield { ...said, ticker };
  }
}
