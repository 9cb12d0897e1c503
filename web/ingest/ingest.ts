/**
 * The ingest call behind its HTTP form: reads a request in the order of the checks that the design
 * lists, has the database decide, and says what became of it.
 */
import { type FieldProblem, type Problem, problem } from "../../base/problem.ts";
import { type IngestAnswer, ingestBatch, type IngestOutcome } from "../../db/ingest.ts";
import type { ValidKey } from "../../db/keys.ts";
import type { ColumnBatch } from "../../options/columns.ts";
import { MAX_CONTRACTS } from "../../options/wire/ingest_schema.ts";
import { contractCount, readIngest } from "../../options/wire/ingest.ts";
import type { ReadIngest } from "../../options/wire/ingest_reader.ts";
import { outsideKey, refusedSince } from "../auth/agent_key.ts";
import type { Services } from "../services.ts";
import { type BodySource, parseJson, readBody } from "./body.ts";
import { timeProblems } from "./timing.ts";

/** How long the one statement may take; an agent that hears nothing for longer sends again. */
const STATEMENT_DEADLINE_MS = 15_000;

/** What the call answers with 200. */
export interface Ingested {
  readonly success: true;
  readonly dealId: string | null;
  readonly snapshotId: string | null;
  readonly contractsReceived: number;
  readonly serverReceivedAt: string;
  readonly ignored?: readonly string[];
}

/** A 200, or the problem to answer with. */
export type Ingest = { readonly ok: true; readonly answer: Ingested } | Refused;

interface Refused {
  readonly ok: false;
  readonly problem: Problem;
}

/** Takes one ingest request. Throws where the database is away (`saysDatabaseAway`). */
export async function ingest(
  request: BodySource,
  key: ValidKey,
  services: Services,
): Promise<Ingest> {
  const body = await readBody(request, services.clock);
  if (!body.ok) return body;
  const read = readBatch(body.bytes, key, services);
  if (!read.ok) return read;
  const backfill = request.headers.get("lastmark-backfill") === "1";
  const wrong = [
    ...timeProblems(read.batch, { nowMs: services.clock.nowMs(), backfill }),
    ...idempotencyProblems(request.headers),
  ];
  if (wrong.length > 0) return invalid(wrong);

  const { batch } = read;
  const idempotencyKey = request.headers.get("idempotency-key");
  const traceId = traceIdOf(request.headers.get("traceparent"));
  const { database, storedSets, watch, conflictWindowMs: windowMs } = services;
  const sent = { batch, keyHash: key.hash, idempotencyKey, backfill, windowMs, traceId };
  const outcome = await watch.run(
    () => ingestBatch(database.work, sent, storedSets),
    STATEMENT_DEADLINE_MS,
  );
  if (outcome.kind === "key_refused") {
    return { ok: false, problem: await refusedSince(key, batch.agentId, services) };
  }
  return settle(outcome, { batch, ignored: read.ignored, late: backfill, traceId }, services);
}

/** A batch that was read, or the problem to answer with. */
type Batch = ({ readonly ok: true } & ReadIngest) | Refused;

/** Reads a body the quick way, or else the exact one, which says what is wrong with it. */
function readBatch(bytes: Uint8Array, key: ValidKey, services: Services): Batch {
  const quick = services.reader.read(bytes);
  if (quick) {
    const { batch: { agentId, ticker, columns } } = quick;
    const early = outsideKey(key, { agentId, ticker }, services) ?? tooMany(columns.occ.length);
    return early ? { ok: false, problem: early } : { ok: true, ...quick };
  }
  const json = parseJson(bytes);
  if (!json.ok) return json;
  const early = outsideOrTooMany(json.value, key, services);
  if (early) return { ok: false, problem: early };
  const read = readIngest(json.value);
  return read.ok ? read : invalid(read.errors);
}

/** A batch with what the request says of it. */
interface Taken {
  readonly batch: ColumnBatch;
  readonly ignored: readonly string[];
  readonly late: boolean;
  readonly traceId: string | null;
}

function settle(
  outcome: Exclude<IngestOutcome, { kind: "key_refused" }>,
  { batch, ignored, late, traceId }: Taken,
  services: Services,
): Ingest {
  switch (outcome.kind) {
    case "stored":
      if (outcome.seq !== null && outcome.snapshotId !== null) {
        const { seq, snapshotId, asOfMs, serverReceivedAtMs: receivedAtMs } = outcome;
        const decided = { seq, snapshotId, asOfMs, receivedAtMs, late, traceId };
        services.committed(batch.ticker, { ...batch, ...decided });
      }
      logStored(outcome, batch, services);
      return { ok: true, answer: answerOf(outcome, batch, ignored) };
    case "repeated":
      return { ok: true, answer: answerOf(outcome, batch, ignored) };
    case "key_reused": {
      const detail = "This Idempotency-Key came with another body before.";
      return refuse(422, "idempotency-key-reused", "Idempotency key already used", { detail });
    }
    case "unknown_ticker":
      return refuse(404, "unknown-ticker", `Ticker ${batch.ticker} is not followed`, {
        detail:
          `${batch.ticker} is neither a deal nor watched: deno task watch add ${batch.ticker}.`,
        ticker: batch.ticker,
      });
    case "conflict": {
      logConflict(outcome, batch, services);
      return refuse(409, "conflict", "Newer data already exists", {
        skipped: true,
        existingAgent: outcome.existingAgent,
        existingTime: iso(outcome.existingTimeMs),
        retryAfter: outcome.retryAfterS,
      });
    }
  }
}

function answerOf(
  stored: IngestAnswer,
  batch: ColumnBatch,
  ignored: readonly string[],
): Ingested {
  return {
    success: true,
    dealId: stored.dealId,
    snapshotId: stored.snapshotId,
    contractsReceived: batch.columns.occ.length,
    serverReceivedAt: iso(stored.serverReceivedAtMs),
    ...(ignored.length > 0 ? { ignored } : {}),
  };
}

function logStored(stored: IngestAnswer, batch: ColumnBatch, { log }: Services): void {
  log.info("ingest.stored", "Price data ingested successfully", {
    agentId: batch.agentId,
    ticker: batch.ticker,
    snapshotId: stored.snapshotId,
    contractCount: batch.columns.occ.length,
    serverTime: iso(stored.serverReceivedAtMs),
    agentTime: iso(batch.agentTimeMs),
    mode: batch.mode,
    seq: stored.seq,
  });
}

function logConflict(
  conflict: Extract<IngestOutcome, { kind: "conflict" }>,
  batch: ColumnBatch,
  { log }: Services,
): void {
  log.info("ingest.conflict", "Price conflict", {
    ticker: batch.ticker,
    existingAgent: conflict.existingAgent,
    existingTime: iso(conflict.existingTimeMs),
    newAgent: batch.agentId,
    newTime: iso(conflict.serverTimeMs),
    action: "keeping_existing",
  });
}

/** The refusals that come before a look at each field: what the key does not open, too many contracts. */
function outsideOrTooMany(body: unknown, key: ValidKey, services: Services): Problem | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  if ("agentId" in body && typeof body.agentId === "string") {
    const ticker = "ticker" in body && typeof body.ticker === "string" ? body.ticker : "";
    const outside = outsideKey(key, { agentId: body.agentId, ticker }, services);
    if (outside) return outside;
  }
  return tooMany(contractCount(body));
}

function tooMany(contracts: number): Problem | undefined {
  if (contracts <= MAX_CONTRACTS) return undefined;
  return problem(413, "payload-too-large", "Payload too large", {
    detail: `The body has ${contracts} contracts; at most ${MAX_CONTRACTS} are taken at once.`,
  });
}

function idempotencyProblems(headers: Headers): FieldProblem[] {
  const key = headers.get("idempotency-key");
  if (key === null || /^[\x21-\x7e]{1,255}$/.test(key)) return [];
  const message = "must be 1 to 255 visible ASCII characters without a space";
  return [{ path: "header Idempotency-Key", message }];
}

/** The trace of a `traceparent` header (W3C Trace Context, section 3.2); `null` where there is none. */
function traceIdOf(header: string | null): string | null {
  const id = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(header ?? "")?.[1];
  return id === undefined || /^0+$/.test(id) ? null : id;
}

function invalid(errors: readonly FieldProblem[]): Refused {
  return refuse(400, "invalid-body", "Invalid request body", { errors });
}

function refuse(
  status: number,
  slug: string,
  error: string,
  extensions: Readonly<Record<string, unknown>>,
): Refused {
  return { ok: false, problem: problem(status, slug, error, extensions) };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
