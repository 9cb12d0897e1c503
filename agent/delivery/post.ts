/** The calls to the server: one attempt each, every end of it an outcome. */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import { isLoopback } from "../../base/loopback.ts";
import { type IsoDate, parseIsoDate, parseTicker, type Ticker } from "../../options/contract.ts";

const compress = promisify(gzip);

/** A server that says nothing for so long is away. */
const ANSWER_DEADLINE_MS = 30_000;

/**
 * Whether the agent may send its key to this URL: by https, or to this machine.
 *
 * @example
 * ```ts
 * import { mayCarryKey } from "./post.ts";
 * console.assert(mayCarryKey(new URL("http://127.0.0.1:8000")));
 * console.assert(!mayCarryKey(new URL("http://prices.example.com")));
 * ```
 */
export function mayCarryKey(url: URL): boolean {
  return url.protocol === "https:" || isLoopback(url.hostname);
}

/** Who posts, and where. */
export interface Server {
  readonly url: URL;
  readonly key: string;
  readonly clock: Clock;
}

const confirmation = z.object({
  success: z.boolean().refine((success) => success),
  dealId: z.union([z.string(), z.number()]).nullable(),
  snapshotId: z.union([z.string(), z.number()]).nullable(),
  contractsReceived: z.number(),
  serverReceivedAt: z.string(),
});

/** What the server says of a batch that it stored. */
export type Confirmation = z.infer<typeof confirmation>;

/** How an attempt ended, by what is to be done with the batch (design, "Nothing is lost"). */
export type PostOutcome =
  | { readonly kind: "stored"; readonly confirmation: Confirmation }
  /** Another agent owns the window: information, not a failure. */
  | {
    readonly kind: "conflict";
    readonly message: string;
    readonly existingAgent: string | null;
    /** Until the window is over. */
    readonly retryAfterMs: number | null;
  }
  /** The body is wrong and will be so again. */
  | { readonly kind: "rejected"; readonly status: number; readonly message: string }
  /** The server does not take this ticker, or this key, now. */
  | { readonly kind: "parked"; readonly status: number; readonly message: string }
  | {
    readonly kind: "later";
    /** Whether the server as a whole is away, or it stumbled over this batch. */
    readonly scope: "server" | "batch";
    readonly status: number | null;
    readonly message: string;
    readonly retryAfterMs: number | null;
  };

/** One attempt. */
export interface PostRequest {
  /** The body as JSON, without `sentAt`. */
  readonly json: string;
  /** The `Idempotency-Key`; updates have none. */
  readonly key?: string;
  readonly backfill?: boolean;
  readonly signal?: AbortSignal;
}

/** Posts a batch. Never throws. */
export async function postBatch(server: Server, request: PostRequest): Promise<PostOutcome> {
  const sentAt = new Date(server.clock.nowMs()).toISOString();
  const body = await compress(`{"sentAt":"${sentAt}",${request.json.slice(1)}`);
  const answer = await call(server, "/api/price-agent/ingest-chain", {
    method: "POST",
    body: new Uint8Array(body),
    headers: {
      "content-type": "application/json",
      "content-encoding": "gzip",
      ...(request.key && { "idempotency-key": request.key }),
      ...(request.backfill && { "lastmark-backfill": "1" }),
    },
    ...(request.signal && { signal: request.signal }),
  });
  return answer.ok ? readAnswer(answer, server.clock.realNowMs()) : away(answer.message);
}

/** A ticker the server wants read. */
export interface WantedTicker {
  readonly ticker: Ticker;
  readonly dealId: string | number | null;
  /** The expected close of its deal, where the server says it. */
  readonly close: IsoDate | null;
}

const wantedTickers = z.object({
  clockOffsetMs: z.number().optional(),
  tickers: z.array(z.object({
    ticker: z.string(),
    dealId: z.union([z.string(), z.number()]).nullish(),
    expectedCloseDate: z.string().nullish(),
  })),
});

/** What the server wants of an agent, or why it did not say. */
export type Wanted =
  | {
    readonly ok: true;
    readonly tickers: readonly WantedTicker[];
    /** Domain time minus real time. */
    readonly clockOffsetMs: number;
  }
  | { readonly ok: false; readonly message: string };

/** Asks the server which tickers to read, and what time it is there. */
export async function fetchWanted(server: Server, signal?: AbortSignal): Promise<Wanted> {
  const answer = await call(server, "/api/price-agent/tickers", {
    method: "GET",
    headers: {},
    ...(signal && { signal }),
  });
  if (!answer.ok) return answer;
  if (answer.status !== 200) return { ok: false, message: messageOf(answer) };
  const read = wantedTickers.safeParse(answer.json);
  if (!read.success) return { ok: false, message: "The server's list of tickers is not readable." };
  const tickers = read.data.tickers.flatMap((row) => {
    const ticker = parseTicker(row.ticker);
    const close = parseIsoDate(row.expectedCloseDate ?? "") ?? null;
    return ticker ? [{ ticker, dealId: row.dealId ?? null, close }] : [];
  });
  return { ok: true, tickers, clockOffsetMs: read.data.clockOffsetMs ?? 0 };
}

interface Answer {
  readonly ok: true;
  readonly status: number;
  readonly statusText: string;
  readonly retryAfter: string | null;
  /** `undefined` where the body is no JSON. */
  readonly json: unknown;
}

async function call(
  server: Server,
  path: string,
  init: {
    readonly method: string;
    readonly body?: Uint8Array<ArrayBuffer>;
    readonly headers: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
  },
): Promise<Answer | { readonly ok: false; readonly message: string }> {
  const deadline = new AbortController();
  const timer = server.clock.after(ANSWER_DEADLINE_MS, () => {
    deadline.abort(new Error(`no answer within ${ANSWER_DEADLINE_MS / 1000} s`));
  });
  const { signal, ...rest } = init;
  try {
    const response = await fetch(new URL(path, server.url), {
      ...rest,
      headers: { ...init.headers, authorization: `Bearer ${server.key}` },
      // The key goes to the host it was meant for, and to no other.
      redirect: "manual",
      signal: signal ? AbortSignal.any([deadline.signal, signal]) : deadline.signal,
    });
    return {
      ok: true,
      status: response.status,
      statusText: response.statusText,
      retryAfter: response.headers.get("retry-after"),
      json: parseJson(await response.text()),
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, message: `Cannot reach ${server.url.origin}: ${message}` };
  } finally {
    timer.cancel();
  }
}

function readAnswer(answer: Answer, nowMs: number): PostOutcome {
  const { status } = answer;
  const waitMs = retryAfterMs(answer.retryAfter, nowMs);
  const message = messageOf(answer);
  if (status === 200) {
    const read = confirmation.safeParse(answer.json);
    // A proxy's own page can be a 200, too; only the server's confirmation counts.
    return read.success ? { kind: "stored", confirmation: read.data } : {
      kind: "later",
      scope: "server",
      status,
      message: "answered 200 without Lastmark's confirmation",
      retryAfterMs: null,
    };
  }
  if (status === 409) {
    const existingAgent = existingAgentOf(answer);
    return { kind: "conflict", message, existingAgent, retryAfterMs: waitMs };
  }
  if ([400, 413, 415, 422].includes(status)) return { kind: "rejected", status, message };
  if (status === 403 || status === 404) return { kind: "parked", status, message };
  const scope = status === 500 ? "batch" : "server";
  return { kind: "later", scope, status, message, retryAfterMs: waitMs };
}

function away(message: string): PostOutcome {
  return { kind: "later", scope: "server", status: null, message, retryAfterMs: null };
}

const problemBody = z.object({
  error: z.string().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
  existingAgent: z.string().nullish(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

/** The server's sentence, with the first bad field where it names one. */
function messageOf(answer: Answer): string {
  const read = problemBody.safeParse(answer.json);
  const problem = read.success ? read.data : {};
  const field = problem.errors?.[0];
  const sentence = problem.error ?? problem.title;
  return [
    `${answer.status} ${answer.statusText}`.trim(),
    sentence && `: ${sentence}`,
    problem.detail && ` (${problem.detail})`,
    field && ` (${field.path} ${field.message})`,
  ].filter(Boolean).join("");
}

function existingAgentOf(answer: Answer): string | null {
  const read = problemBody.safeParse(answer.json);
  return read.success ? read.data.existingAgent ?? null : null;
}

/** A server that asks for more is asked again after this: no mistake silences an agent for days. */
const MOST_RETRY_AFTER_MS = 3_600_000;

/** `Retry-After`, in seconds or as a date (RFC 9110, section 10.2.3). */
function retryAfterMs(header: string | null, nowMs: number): number | null {
  const text = header?.trim() ?? "";
  if (text === "") return null;
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(waitMs, 0), MOST_RETRY_AFTER_MS);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
