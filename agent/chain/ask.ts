/** Questions that a gateway answers with a list and an end: contract details, option parameters. */
import type { IBApi } from "@stoqey/ib";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Connection } from "../gateway/connection.ts";
import type { GatewayEvent } from "../gateway/events.ts";

/** How a question ended. */
export type Answer =
  | { readonly kind: "answered"; readonly events: readonly GatewayEvent[] }
  | { readonly kind: "refused"; readonly code: number; readonly message: string }
  | { readonly kind: "silent"; readonly afterMs: number };

/** What is asked, and how long an answer may take. */
export interface Question {
  readonly send: (api: IBApi, requestId: number) => void;
  readonly deadlineMs: number;
}

/** A refusal is not believed at once: it is asked again so long after it. */
const REFUSED_AGAIN_MS = 1_000;

/** An answer that takes longer is asked for once more meanwhile: the first may never come. */
const HEDGE_AFTER_MS = 15_000;

/**
 * Asks, and asks once more where the gateway refuses: error 200 comes for good contracts, too, while
 * the security-definition farm is down (ib_insync #330). A request that arrives before the farm is
 * up is never answered, and one of a large chain takes a minute: so it is asked again while the
 * first is still waited for, and whatever comes first counts. Rejects when the connection is lost.
 */
export async function ask(
  connection: Connection,
  clock: Clock,
  question: Question,
): Promise<Answer> {
  const first = await askHedged(connection, clock, question);
  if (first.kind !== "refused") return first;
  await sleep(clock, REFUSED_AGAIN_MS, connection.closed);
  return await askHedged(connection, clock, question);
}

async function askHedged(
  connection: Connection,
  clock: Clock,
  question: Question,
): Promise<Answer> {
  const { deadlineMs } = question;
  const over = new AbortController();
  const asked: Promise<Answer>[] = [];
  try {
    for (let leftMs = deadlineMs; leftMs > 0; leftMs -= HEDGE_AFTER_MS) {
      asked.push(askOnce(connection, clock, { ...question, deadlineMs: leftMs }, over.signal));
      const last = leftMs <= HEDGE_AFTER_MS;
      const wait = new AbortController();
      const pause = sleep(clock, last ? leftMs : HEDGE_AFTER_MS, wait.signal).catch(() => {});
      const first = await Promise.race([...asked, pause]);
      wait.abort();
      if (first) return first;
    }
    return { kind: "silent", afterMs: deadlineMs };
  } finally {
    over.abort();
  }
}

/**
 * Asks once. Rejects when the connection is lost. After `givenUp` aborts nobody listens: it counts
 * as silent.
 */
export async function askOnce(
  connection: Connection,
  clock: Clock,
  question: Question,
  givenUp?: AbortSignal,
): Promise<Answer> {
  const events: GatewayEvent[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  // The answer may come while nobody waits for it yet.
  promise.catch(() => {});
  const onLost = (): void => reject(connection.closed.reason);
  connection.closed.addEventListener("abort", onLost, { once: true });
  const onGivenUp = (): void => resolve({ kind: "silent", afterMs: question.deadlineMs });
  givenUp?.addEventListener("abort", onGivenUp, { once: true });
  try {
    const request = await connection.open(question.send, (event) => {
      if (event.type === "end") resolve({ kind: "answered", events });
      else if (event.type === "error") resolve({ kind: "refused", ...errorOf(event) });
      else events.push(event);
    });
    const timer = clock.after(question.deadlineMs, () => {
      resolve({ kind: "silent", afterMs: question.deadlineMs });
    });
    try {
      return await promise;
    } finally {
      timer.cancel();
      request.forget();
    }
  } finally {
    connection.closed.removeEventListener("abort", onLost);
    givenUp?.removeEventListener("abort", onGivenUp);
  }
}

function errorOf(event: { readonly code: number; readonly message: string }): {
  code: number;
  message: string;
} {
  return { code: event.code, message: event.message };
}
