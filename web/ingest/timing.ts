/** When a batch says it was read, held against the server's clock. */
import type { FieldProblem } from "../../base/problem.ts";
import type { ChainBatch } from "../../options/quote.ts";

/** An agent's clock may be this far ahead of the server's. */
export const MAX_AHEAD_MS = 60_000;

/** What is older than this must be sent as a backfill. */
export const MAX_AGE_MS = 5 * 60_000;

/** Before this there is no chain to send: a clock that says so was never set. */
export const EARLIEST_MS: number = Date.UTC(2000, 0, 1);

/**
 * A clock that is wrong is corrected by `sentAt`; one that is a day or more ahead is no clock, and
 * would move a backfill to where nothing was ever read.
 */
export const MAX_SENT_AHEAD_MS = 24 * 60 * 60_000;

/**
 * What is wrong with a batch's times; empty where nothing is. `nowMs` is the server's domain time.
 *
 * @example
 * ```ts
 * import { timeProblems } from "./timing.ts";
 * const nowMs = Date.UTC(2026, 6, 15);
 * const old = { agentTimeMs: nowMs - 300_001, sentAtMs: null };
 * console.assert(timeProblems(old, { nowMs, backfill: false }).length === 1);
 * console.assert(timeProblems(old, { nowMs, backfill: true }).length === 0);
 * ```
 */
export function timeProblems(
  batch: Pick<ChainBatch, "agentTimeMs" | "sentAtMs">,
  at: { readonly nowMs: number; readonly backfill: boolean },
): FieldProblem[] {
  return [...readProblems(batch.agentTimeMs, at), ...sentProblems(batch.sentAtMs, at.nowMs)];
}

function readProblems(
  agentTimeMs: number,
  at: { readonly nowMs: number; readonly backfill: boolean },
): FieldProblem[] {
  const ageMs = at.nowMs - agentTimeMs;
  const now = `the server's time is ${new Date(at.nowMs).toISOString()}`;
  const refused = (message: string): FieldProblem[] => [{ path: "agentTimestamp", message }];
  if (-ageMs > MAX_AHEAD_MS) return refused(`is more than 60 s in the future: ${now}`);
  if (agentTimeMs < EARLIEST_MS) return refused("is before the year 2000");
  if (ageMs <= MAX_AGE_MS || at.backfill) return [];
  return refused(
    `is older than 5 minutes (${now}); what is older is sent with the header Lastmark-Backfill: 1`,
  );
}

function sentProblems(sentAtMs: number | null, nowMs: number): FieldProblem[] {
  const refused = (message: string): FieldProblem[] => [{ path: "sentAt", message }];
  if (sentAtMs === null) return [];
  if (sentAtMs < EARLIEST_MS) return refused("is before the year 2000");
  if (sentAtMs - nowMs <= MAX_SENT_AHEAD_MS) return [];
  return refused(
    `is more than a day in the future: the server's time is ${new Date(nowMs).toISOString()}`,
  );
}
