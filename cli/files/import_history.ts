/** Takes history from a source into the database, and counts what became of it. */
import type { Sql } from "../../db/connect.ts";
import { type HistoryOutcome, NotFollowedError, storeHistory } from "../../db/import.ts";
import type { Ticker } from "../../options/contract.ts";
import type { HistoryBatch, HistoryItem } from "../../options/formats/history.ts";
import { Failure } from "../failure.ts";

/** So many quotes are held in memory; those of a ticker are stored in one transaction. */
const CHUNK_QUOTES = 50_000;

/** What became of a ticker's batches. */
export interface TickerCount extends Readonly<Record<HistoryOutcome, number>> {
  readonly ticker: Ticker;
  /** Quotes of the batches that are stored now, in order or late. */
  readonly quotes: number;
  /** Of the batches that are stored now or were before. */
  readonly firstMs: number | null;
  readonly lastMs: number | null;
}

/** What an import came to. */
export interface ImportCounts {
  readonly tickers: readonly TickerCount[];
  readonly rowsRead: number;
  /** Rows of batches that are not taken, since one of them is wrong. */
  readonly rowsRefused: number;
}

/** How an import is done, and whom it tells. */
export interface ImportOptions {
  readonly dryRun: boolean;
  readonly follow: boolean;
  /** Is told each problem of a row. */
  readonly tell: (problem: string) => void;
  /** Is told how far it is, after each transaction. */
  readonly progress: (rowsRead: number) => void;
  /** Sees what became of each batch. */
  readonly became?: (batch: HistoryBatch, outcome: HistoryOutcome) => void;
}

/** Stores what comes, some batches of a ticker at a time. Throws a {@link Failure} for a ticker that is not followed. */
export async function importHistory(
  sql: Sql,
  items: AsyncIterable<HistoryItem>,
  options: ImportOptions,
): Promise<ImportCounts> {
  const counts = new Map<Ticker, Mutable<TickerCount>>();
  let rowsRead = 0;
  let rowsRefused = 0;
  const waiting = new Map<Ticker, HistoryBatch[]>();
  let quotes = 0;
  const store = async (): Promise<void> => {
    for (const [ticker, batches] of waiting) {
      // A dump is nearly, not quite, in the order in which its rows came.
      batches.sort((a, b) => a.receivedAtMs - b.receivedAtMs);
      const outcomes = await storeChunk(sql, ticker, batches, options);
      const count = counts.get(ticker) ?? noneOf(ticker);
      counts.set(ticker, count);
      for (const [i, batch] of batches.entries()) {
        const outcome = outcomes[i] ?? "known";
        note(count, batch, outcome);
        options.became?.(batch, outcome);
      }
    }
    waiting.clear();
    quotes = 0;
    options.progress(rowsRead);
  };
  for await (const item of items) {
    if (item.kind === "refused") {
      rowsRead += item.rows;
      rowsRefused += item.rows;
      for (const problem of item.problems) options.tell(problem);
      continue;
    }
    const { ticker, columns } = item.batch;
    const batches = waiting.get(ticker) ?? [];
    batches.push(item.batch);
    waiting.set(ticker, batches);
    quotes += columns.occ.length;
    rowsRead += columns.occ.length;
    if (quotes >= CHUNK_QUOTES) await store();
  }
  await store();
  const byName = [...counts.values()].sort((a, b) => a.ticker < b.ticker ? -1 : 1);
  return { tickers: byName, rowsRead, rowsRefused };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function noneOf(ticker: Ticker): Mutable<TickerCount> {
  return {
    ticker,
    stored: 0,
    late: 0,
    known: 0,
    future: 0,
    quotes: 0,
    firstMs: null,
    lastMs: null,
  };
}

function note(count: Mutable<TickerCount>, batch: HistoryBatch, outcome: HistoryOutcome): void {
  count[outcome]++;
  if (outcome === "future") return;
  if (outcome !== "known") count.quotes += batch.columns.occ.length;
  count.firstMs = Math.min(count.firstMs ?? batch.asOfMs, batch.asOfMs);
  count.lastMs = Math.max(count.lastMs ?? batch.asOfMs, batch.asOfMs);
}

async function storeChunk(
  sql: Sql,
  ticker: Ticker,
  batches: readonly HistoryBatch[],
  { dryRun, follow }: ImportOptions,
): Promise<HistoryOutcome[]> {
  try {
    return await storeHistory(sql, ticker, batches, { dryRun, follow });
  } catch (error) {
    if (!(error instanceof NotFollowedError)) throw error;
    throw new Failure(
      `${error.message}, so that its history is not taken: run deno task watch add ${ticker} ` +
        "first, or give --follow",
    );
  }
}
