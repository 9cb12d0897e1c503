/** The chain as it was known at an earlier position of its history, and how it went on from there. */
import { isDeepStrictEqual } from "node:util";
import { batchesUpTo } from "../../db/batches.ts";
import { loadCheckpoint } from "../../db/checkpoints.ts";
import type { Sql } from "../../db/connect.ts";
import { EMPTY_CHAIN, type LastKnownChain, type StoredBatch } from "../../options/chain.ts";
import { parseChain } from "../../options/checkpoint.ts";
import type { OccSymbol, Ticker } from "../../options/contract.ts";
import { advance, track } from "./tracked.ts";

/** An agent that stored something was heard of for so long. */
const HEARD_OF_MS = 6 * 60_000;

/** Whether the agent was there at a moment: known where it had just stored something, else not kept. */
export function agentOnlineAt({ receivedAtMs }: LastKnownChain, atMs: number): true | null {
  return receivedAtMs !== null && atMs - receivedAtMs < HEARD_OF_MS ? true : null;
}

/** Batches folded at once: each time the chain is copied. */
const FOLD_AT_ONCE = 16;

/** The chain of the batches up to a position, from the newest checkpoint that holds for it. */
export async function chainUpTo(sql: Sql, ticker: Ticker, seq: number): Promise<LastKnownChain> {
  const kept = await loadCheckpoint(sql, ticker, seq);
  const from = (kept && parseChain(kept.state)) ?? EMPTY_CHAIN;
  const chain = await foldOn(sql, ticker, from, seq);
  // After a checkpoint that holds, as from the beginning, none comes before another.
  if (!chain) throw new Error(`The batches of ${ticker} up to ${seq} came out of order.`);
  return chain;
}

/** The chain at a later position than the one given. */
export async function chainOnTo(
  sql: Sql,
  ticker: Ticker,
  chain: LastKnownChain,
  seq: number,
): Promise<LastKnownChain> {
  // A late batch may be older than what was folded already.
  return await foldOn(sql, ticker, chain, seq) ?? await chainUpTo(sql, ticker, seq);
}

/** The contracts of a chain that are other than in an earlier one. */
export function changedFrom(before: LastKnownChain, after: LastKnownChain): OccSymbol[] {
  const { occ } = after.contracts.arrays;
  return occ.filter((name) =>
    !isDeepStrictEqual(before.contracts.get(name), after.contracts.get(name))
  );
}

async function foldOn(
  sql: Sql,
  ticker: Ticker,
  from: LastKnownChain,
  toSeq: number,
): Promise<LastKnownChain | undefined> {
  let tracked = track(from);
  let page: StoredBatch[] = [];
  const take = (): boolean => {
    const next = advance(tracked, page);
    page = [];
    if (next) tracked = next;
    return next !== undefined;
  };
  for await (const batch of batchesUpTo(sql, ticker, { seq: from.seq, toSeq })) {
    page.push(batch);
    if (page.length === FOLD_AT_ONCE && !take()) return undefined;
  }
  return take() ? tracked.chain : undefined;
}
