/** What a check of the doctor is, and how checks run: each within its deadline, after those it needs. */
import type { Clock } from "../../base/clock.ts";

/** How a check ended. */
export type Verdict = "ok" | "warning" | "failed" | "not_checked";

/** What a check found, for a person. */
export interface Finding {
  readonly verdict: Verdict;
  /** One sentence of what is so. */
  readonly says: string;
  /** What to do about it; absent where nothing is to be done. */
  readonly todo?: string;
}

/** A check and what it found. */
export interface Result extends Finding {
  readonly check: string;
  readonly tookMs: number;
}

/** One check. `T` is what all checks share. */
export interface Check<T> {
  readonly name: string;
  /** The checks without whose success this one tells nothing. */
  readonly needs: readonly string[];
  readonly deadlineMs: number;
  /** What to do when there is no answer within the deadline. */
  readonly whenSilent: string;
  /** Runs; the signal aborts at the deadline. */
  run(shared: T, signal: AbortSignal): Promise<Finding>;
}

/** Runs the checks one after the other. Never throws: what a check throws is what it found. */
export async function runChecks<T>(
  checks: readonly Check<T>[],
  shared: T,
  clock: Clock,
  onResult: (result: Result) => void = () => {},
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const check of checks) {
    const startMs = clock.monotonicMs();
    const missing = check.needs.find((need) => {
      const result = results.find((each) => each.check === need);
      return result?.verdict === "failed" || result?.verdict === "not_checked";
    });
    const finding = missing === undefined
      ? await runOne(check, shared, clock)
      : { verdict: "not_checked" as const, says: `not checked: ${missing} did not succeed` };
    const tookMs = Math.round(clock.monotonicMs() - startMs);
    const result = { check: check.name, ...finding, tookMs };
    results.push(result);
    onResult(result);
  }
  return results;
}

async function runOne<T>(check: Check<T>, shared: T, clock: Clock): Promise<Finding> {
  const deadline = new AbortController();
  const silent = Promise.withResolvers<Finding>();
  const timer = clock.after(check.deadlineMs, () => {
    deadline.abort(new Error("deadline"));
    const says = `no answer within ${check.deadlineMs / 1000} s`;
    silent.resolve({ verdict: "failed", says, todo: check.whenSilent });
  });
  try {
    return await Promise.race([check.run(shared, deadline.signal), silent.promise]);
  } catch (error) {
    return { verdict: "failed", says: sentenceOf(error), todo: check.whenSilent };
  } finally {
    timer.cancel();
  }
}

/** What went wrong; of `fetch failed` the cause, which says more. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? sentenceOf(error.cause) : error.message;
}

/** All is well. */
export function ok(says: string): Finding {
  return { verdict: "ok", says };
}

/** It works, and not as it should. */
export function warning(says: string, todo: string): Finding {
  return { verdict: "warning", says, todo };
}

/** It does not work. */
export function failed(says: string, todo: string): Finding {
  return { verdict: "failed", says, todo };
}
