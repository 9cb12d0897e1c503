/** Brings a ticker's chain up to what the database has, with as little reading as can be. */
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from "../../db/checkpoints.ts";
import { batchesAfter } from "../../db/batches.ts";
import type { Sql } from "../../db/connect.ts";
import { EMPTY_CHAIN, type LastKnownChain, type StoredBatch } from "../../options/chain.ts";
import { parseChain, serializeChain } from "../../options/checkpoint.ts";
import type { Ticker } from "../../options/contract.ts";
import { advance, replace, track, type TrackedChain } from "./tracked.ts";

/** Batches folded at once: each time the chain is copied. */
const FOLD_AT_ONCE = 16;

/** A chain that was brought up to date, and how many quotes were folded for it. */
export interface Folded {
  readonly tracked: TrackedChain;
  readonly quotes: number;
}

/** The chain as the database has it, from the newest checkpoint that holds. */
export async function loadChain(sql: Sql, ticker: Ticker): Promise<Folded> {
  for (;;) {
    const folded = await takeTail(sql, ticker, track(await checkpointed(sql, ticker)));
    // A late batch that came between the two reads makes the checkpoint one that no longer holds.
    if (folded) return folded;
  }
}

/** The chain brought up to what the database has; a late batch has it folded anew. */
export async function catchUp(sql: Sql, ticker: Ticker, known: TrackedChain): Promise<Folded> {
  const folded = await takeTail(sql, ticker, known);
  if (folded) return folded;
  const anew = await loadChain(sql, ticker);
  return { ...anew, tracked: replace(known, anew.tracked.chain) };
}

/** Keeps the chain for the next server that starts. */
export async function keepCheckpoint(
  sql: Sql,
  ticker: Ticker,
  chain: LastKnownChain,
): Promise<void> {
  const checkpoint: Checkpoint = {
    seq: chain.seq,
    asOfMs: chain.asOfMs,
    asOfSeq: chain.asOfSeq,
    state: serializeChain(chain),
  };
  await saveCheckpoint(sql, ticker, checkpoint);
}

async function checkpointed(sql: Sql, ticker: Ticker): Promise<LastKnownChain> {
  const kept = await loadCheckpoint(sql, ticker);
  // One that cannot be read is of another version: the fold begins with the first batch then.
  return (kept && parseChain(kept.state)) ?? EMPTY_CHAIN;
}

async function takeTail(
  sql: Sql,
  ticker: Ticker,
  known: TrackedChain,
): Promise<Folded | undefined> {
  let folded: Folded | undefined = { tracked: known, quotes: 0 };
  let page: StoredBatch[] = [];
  for await (const batch of batchesAfter(sql, ticker, { seq: known.chain.seq })) {
    page.push(batch);
    if (page.length < FOLD_AT_ONCE) continue;
    folded = takeMore(folded, page);
    if (!folded) return undefined;
    page = [];
  }
  return takeMore(folded, page);
}

function takeMore(folded: Folded, batches: readonly StoredBatch[]): Folded | undefined {
  const tracked = advance(folded.tracked, batches);
  return tracked && { tracked, quotes: folded.quotes + quotesIn(batches) };
}

/** How many quotes batches have together. */
export function quotesIn(batches: readonly StoredBatch[]): number {
  return batches.reduce((sum, { columns }) => sum + columns.occ.length, 0);
}
