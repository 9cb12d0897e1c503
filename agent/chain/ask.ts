/** Questions that a gateway answers with a list and an end: contract details, option parameters. */
import type { IBApi } from "@stoqey/ib";
import type { Clock } from "../../base/clock.ts";
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

/**
 * Asks, and asks once more where the gateway is silent or refuses: a request that arrives before
 * the security-definition farm is up is never answered, and error 200 comes for good contracts,
 * too, while it is down (ib_insync issue 330). Rejects when the connection is lost.
 */
export async function ask(
  connection: Connection,
  clock: Clock,
  question: Question,
): Promise<Answer> {
  const first = await askOnce(connection, clock, question);
  return first.kind === "answered" ? first : await askOnce(connection, clock, question);
}

/** Asks once. Rejects when the connection is lost. */
export async function askOnce(
  connection: Connection,
  clock: Clock,
  question: Question,
): Promise<Answer> {
  const events: GatewayEvent[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  // The answer may come while nobody waits for it yet.
  promise.catch(() => {});
  const onLost = (): void => reject(connection.closed.reason);
  connection.closed.addEventListener("abort", onLost, { once: true });
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
  }
}

function errorOf(event: { readonly code: number; readonly message: string }): {
  code: number;
  message: string;
} {
  return { code: event.code, message: event.message };
}
