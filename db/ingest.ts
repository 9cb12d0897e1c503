/**
 * The ingest call's one SQL statement, the function `ingest_batch` of `migrations/0011_ingest.sql`.
 * It checks the key, gives a known idempotency key its first answer, decides whose window the
 * ticker is, stores the batch and advances the ticker's `seq`: all or nothing, so that of any
 * number of writers on any number of servers exactly one wins.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { ColumnBatch } from "../options/columns.ts";
import { conditionsOf } from "../options/conditions.ts";
import { encodeBlock } from "./block.ts";
import { type ConditionColumns, conditionColumns, NO_CONDITIONS } from "./conditions.ts";
import { type Sql, sqlState } from "./connect.ts";
import { type ContractSet, StoredSets } from "./stored_sets.ts";
import { keyOwners } from "./keys.ts";

/** What a request brings besides its batch. */
export interface IngestRequest {
  readonly batch: ColumnBatch;
  /** SHA-256 of the key it came with. */
  readonly keyHash: Uint8Array;
  /** The `Idempotency-Key` it came with. */
  readonly idempotencyKey: string | null;
  /** It waited in the agent's spool: history, without a window and without a conflict. */
  readonly backfill: boolean;
  /** How long a ticker belongs to the agent that wrote it last. */
  readonly windowMs: number;
  readonly traceId: string | null;
}

/** What a 200 says. An empty batch counts as activity only: it has no snapshot and no `seq`. */
export interface IngestAnswer {
  readonly snapshotId: string | null;
  readonly seq: number | null;
  readonly dealId: string | null;
  readonly serverReceivedAtMs: number;
  readonly asOfMs: number;
}

/** What became of a request. */
export type IngestOutcome =
  | ({ readonly kind: "stored" } & IngestAnswer)
  | ({ readonly kind: "repeated" } & IngestAnswer)
  | { readonly kind: "key_refused" }
  | { readonly kind: "key_reused" }
  | { readonly kind: "unknown_ticker" }
  | {
    readonly kind: "conflict";
    readonly existingAgent: string;
    readonly existingTimeMs: number;
    readonly serverTimeMs: number;
    readonly retryAfterS: number;
  };

/** SQLSTATE "foreign_key_violation": the batch's contract set is not there. */
const FOREIGN_KEY_VIOLATION = "23503";

/** Tries until the winner of a race for one idempotency key has committed or given up. */
const MAX_TRIES = 5;

/**
 * Stores one batch, or says why not; `sets` is what this process knows of the contract sets in the
 * database. Throws what PostgreSQL throws (see `isDatabaseAway`).
 */
export async function ingestBatch(
  sql: Sql,
  request: IngestRequest,
  sets: StoredSets = new StoredSets(),
): Promise<IngestOutcome> {
  const { batch, idempotencyKey } = request;
  const set = sets.of(batch.columns.occ);
  const block = set.occ.length === 0 ? null : encodeBlock(batch.columns);
  const conditions = batch.mode === "update" ? NO_CONDITIONS : conditionColumns(
    conditionsOf(batch.columns, { ...batch, atMs: batch.agentTimeMs }, set.layout),
  );
  const bodyHash = idempotencyKey === null ? null : hashOf(batch, set, block);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const isNew = !sets.isStored(set);
    const found = await runStatement(sql, request, { set, isNew, block, conditions, bodyHash })
      .catch((error: unknown) => {
        if (isNew || sqlState(error) !== FOREIGN_KEY_VIOLATION) throw error;
        // The set was removed since, with all that referred to it.
        sets.forget(set);
        return null;
      });
    if (found === null || found.outcome === "raced") continue;
    if (found.outcome === "stored" && block !== null) sets.noteStored(set);
    return outcomeOf(found);
  }
  throw new Error(`a batch of ${batch.agentId} is still contended after ${MAX_TRIES} tries`);
}

/**
 * What tells one batch from another under the same idempotency key: all that is stored of it.
 * `sentAt` is left out: it says when this try was made, and a try that is repeated is still the
 * same batch.
 */
function hashOf(batch: ColumnBatch, set: ContractSet, block: Uint8Array | null): Uint8Array {
  const { columns: _, sentAtMs: __, ...head } = batch;
  const hash = createHash("sha256").update(JSON.stringify(head)).update(set.hash);
  return (block === null ? hash : hash.update(block)).digest();
}

const time = z.number().nullable();

const row = z.object({
  outcome: z.enum([
    "stored",
    "repeated",
    "key_refused",
    "key_reused",
    "unknown_ticker",
    "conflict",
    "raced",
  ]),
  batch_id: z.string().nullable(),
  seq: z.number().nullable(),
  deal_id: z.string().nullable(),
  received_ms: time,
  as_of_ms: time,
  owner_agent: z.string().nullable(),
  last_write_ms: time,
  free_ms: time,
});
type Row = z.infer<typeof row>;

function outcomeOf(found: Row): IngestOutcome {
  const receivedMs = found.received_ms ?? 0;
  switch (found.outcome) {
    case "stored":
    case "repeated":
      return {
        kind: found.outcome,
        snapshotId: found.batch_id,
        seq: found.seq,
        dealId: found.deal_id,
        serverReceivedAtMs: receivedMs,
        asOfMs: found.as_of_ms ?? receivedMs,
      };
    case "conflict":
      return {
        kind: "conflict",
        existingAgent: found.owner_agent ?? "",
        existingTimeMs: found.last_write_ms ?? receivedMs,
        serverTimeMs: receivedMs,
        retryAfterS: Math.max(1, Math.ceil(((found.free_ms ?? 0) - receivedMs) / 1000)),
      };
    case "key_refused":
    case "key_reused":
    case "unknown_ticker":
      return { kind: found.outcome };
    case "raced":
      throw new Error("a race for an idempotency key is to be tried again");
  }
}

interface Stored {
  readonly set: ContractSet;
  /** Whether the set's names have to be sent. */
  readonly isNew: boolean;
  readonly block: Uint8Array | null;
  readonly conditions: ConditionColumns;
  readonly bodyHash: Uint8Array | null;
}

async function runStatement(sql: Sql, request: IngestRequest, stored: Stored): Promise<Row> {
  const { batch, idempotencyKey } = request;
  const { set, isNew, block, conditions: c, bodyHash } = stored;
  const at = (ms: number): string => new Date(ms).toISOString();
  const rows = await sql`
    SELECT
      outcome,
      batch_id::text,
      seq::double precision,
      deal_id::text,
      (extract(epoch FROM received_at) * 1000)::double precision AS received_ms,
      (extract(epoch FROM as_of) * 1000)::double precision AS as_of_ms,
      owner_agent,
      (extract(epoch FROM last_write_at) * 1000)::double precision AS last_write_ms,
      (extract(epoch FROM free_at) * 1000)::double precision AS free_ms
    FROM ingest_batch(
      ${batch.ticker},
      ${batch.agentId},
      string_to_array(${keyOwners(batch.agentId).join(",")}, ','),
      ${request.keyHash},
      ${idempotencyKey},
      ${bodyHash},
      ${request.backfill},
      ${request.windowMs}::integer * interval '1 millisecond',
      ${at(batch.agentTimeMs)},
      ${batch.sentAtMs === null ? null : at(batch.sentAtMs)},
      ${batch.mode},
      ${batch.readId},
      ${request.traceId},
      ${batch.spot}::double precision::numeric,
      ${batch.missing.length === 0 ? "[]" : JSON.stringify(batch.missing)}::text::jsonb,
      ${set.hash},
      ${isNew ? set.occ.join(",") : null},
      decode(${block === null ? null : block.toBase64()}, 'base64'),
      ${c.atmIv},
      ${c.skew},
      ${c.putVolume},
      ${c.callVolume},
      ${c.putOpenInterest},
      ${c.callOpenInterest},
      ${c.expiries}::text::date[],
      ${c.expiryAtmIv}::text::integer[],
      ${c.expirySkew}::text::integer[]
    )`;
  return row.parse(rows[0]);
}
