/**
 * The ingest call's one SQL statement. It checks the key, gives a known idempotency key its first
 * answer, decides whose window the ticker is, stores the batch and advances the ticker's `seq`:
 * all or nothing, so that of any number of writers on any number of servers exactly one wins.
 *
 * Writers of a ticker queue on its row (`FOR NO KEY UPDATE`). Under READ COMMITTED the waiting
 * statement then sees that row as the winner left it, and reads the clock only then; so `seq`
 * and `received_at` rise together. All else the statement reads is as of its start, wherefore a
 * race for one idempotency key is settled by the key's unique index and a second look.
 */
import { z } from "zod";
import type { ChainBatch } from "../options/quote.ts";
import { type BatchColumns, toColumns } from "./batch_columns.ts";
import type { Sql } from "./connect.ts";
import { keyOwners } from "./keys.ts";

/** What a request brings besides its batch. */
export interface IngestRequest {
  readonly batch: ChainBatch;
  /** SHA-256 of the key it came with. */
  readonly keyHash: Uint8Array;
  /** The `Idempotency-Key` and the SHA-256 of the body it came with. */
  readonly idempotency: { readonly key: string; readonly bodyHash: Uint8Array } | null;
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

/** Tries until the winner of a race for one idempotency key has committed or given up. */
const MAX_TRIES = 5;

/**
 * Stores one batch, or says why not. Throws what PostgreSQL throws (see `isDatabaseAway`), and a
 * RangeError where a value does not fit its column, which `options/wire/ingest.ts` has excluded.
 */
export async function ingestBatch(sql: Sql, request: IngestRequest): Promise<IngestOutcome> {
  const columns = toColumns(request.batch.quotes);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const outcome = outcomeOf(await runStatement(sql, request, columns), request);
    if (outcome !== "raced") return outcome;
  }
  throw new Error(`idempotency key of ${request.batch.agentId} is still contended`);
}

const row = z.object({
  key_valid: z.boolean(),
  earlier_body_hash: z.instanceof(Uint8Array).nullable(),
  earlier_id: z.string().nullable(),
  earlier_seq: z.number().nullable(),
  earlier_deal_id: z.string().nullable(),
  earlier_received_ms: z.number().nullable(),
  earlier_as_of_ms: z.number().nullable(),
  accepted: z.boolean().nullable(),
  done: z.boolean(),
  id: z.string().nullable(),
  seq: z.number().nullable(),
  deal_id: z.string().nullable(),
  now_ms: z.number().nullable(),
  as_of_ms: z.number().nullable(),
  owner_agent: z.string().nullable(),
  last_write_ms: z.number().nullable(),
  free_ms: z.number().nullable(),
});
type Row = z.infer<typeof row>;

function outcomeOf(found: Row, request: IngestRequest): IngestOutcome | "raced" {
  if (!found.key_valid) return { kind: "key_refused" };
  if (found.earlier_body_hash && found.earlier_received_ms !== null) {
    const same = request.idempotency &&
      equalBytes(found.earlier_body_hash, request.idempotency.bodyHash);
    if (!same) return { kind: "key_reused" };
    return {
      kind: "repeated",
      snapshotId: found.earlier_id,
      seq: found.earlier_seq,
      dealId: found.earlier_deal_id,
      serverReceivedAtMs: found.earlier_received_ms,
      asOfMs: found.earlier_as_of_ms ?? found.earlier_received_ms,
    };
  }
  if (found.accepted === null || found.now_ms === null) return { kind: "unknown_ticker" };
  if (!found.accepted) {
    return {
      kind: "conflict",
      existingAgent: found.owner_agent ?? "",
      existingTimeMs: found.last_write_ms ?? found.now_ms,
      serverTimeMs: found.now_ms,
      retryAfterS: Math.max(1, Math.ceil(((found.free_ms ?? 0) - found.now_ms) / 1000)),
    };
  }
  if (!found.done) return "raced";
  return {
    kind: "stored",
    snapshotId: found.id,
    seq: found.seq,
    dealId: found.deal_id,
    serverReceivedAtMs: found.now_ms,
    asOfMs: found.as_of_ms ?? found.now_ms,
  };
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

async function runStatement(sql: Sql, request: IngestRequest, columns: BatchColumns): Promise<Row> {
  const { batch, idempotency } = request;
  const { fields } = columns;
  const empty = batch.quotes.length === 0;
  const at = (ms: number): string => new Date(ms).toISOString();
  const rows = await sql`
    WITH
    input AS (
      SELECT
        ${batch.ticker}::text AS ticker,
        ${batch.agentId}::text AS agent_id,
        ${idempotency?.key ?? null}::text AS key,
        ${at(batch.agentTimeMs)}::timestamptz AS agent_time,
        ${batch.sentAtMs === null ? null : at(batch.sentAtMs)}::timestamptz AS sent_at,
        ${request.backfill}::boolean AS backfill,
        ${empty}::boolean AS empty,
        ${request.windowMs}::integer * interval '1 millisecond' AS window_length
    ),
    valid_key AS (
      SELECT k.id
      FROM keys AS k
      WHERE k.hash = ${request.keyHash}
        AND k.agent = ANY (string_to_array(${keyOwners(batch.agentId).join(",")}::text, ','))
        AND k.revoked_at IS NULL
        AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
    ),
    earlier AS (
      SELECT i.*
      FROM idempotency AS i
      JOIN input ON i.agent_id = input.agent_id AND i.key = input.key
      WHERE EXISTS (SELECT FROM valid_key)
    ),
    locked AS MATERIALIZED (
      SELECT t.id, t.seq, t.owner_agent, t.owned_at, t.last_write_at
      FROM tickers AS t
      WHERE t.symbol = (SELECT ticker FROM input)
        AND EXISTS (SELECT FROM valid_key)
        AND NOT EXISTS (SELECT FROM earlier)
        AND (
          EXISTS (SELECT FROM deals WHERE deals.ticker_id = t.id AND deals.removed_at IS NULL)
          OR EXISTS (SELECT FROM watches WHERE watches.ticker_id = t.id)
        )
      FOR NO KEY UPDATE
    ),
    clocked AS MATERIALIZED (
      SELECT locked.*, greatest(domain_now(), locked.last_write_at) AS now_at
      FROM locked
    ),
    decided AS MATERIALIZED (
      SELECT
        c.id AS ticker_id,
        c.seq,
        c.owner_agent,
        c.last_write_at,
        c.now_at,
        c.owned_at + input.window_length AS free_at,
        input.backfill OR input.empty
          OR c.owner_agent IS NULL
          OR c.owner_agent = input.agent_id
          OR c.owned_at + input.window_length <= c.now_at AS accepted,
        CASE
          WHEN input.backfill
            THEN least(c.now_at, input.agent_time + coalesce(c.now_at - input.sent_at, '0'))
          ELSE c.now_at
        END AS as_of,
        (
          SELECT deals.id
          FROM deals
          WHERE deals.ticker_id = c.id AND deals.removed_at IS NULL
        ) AS deal_id
      FROM clocked AS c, input
    ),
    numbered AS MATERIALIZED (
      SELECT
        decided.*,
        CASE WHEN accepted AND NOT input.empty THEN decided.seq + 1 END AS new_seq,
        CASE WHEN accepted AND NOT input.empty THEN nextval('batch_ids') END AS batch_id
      FROM decided, input
    ),
    remembered AS (
      INSERT INTO idempotency
        (agent_id, key, body_hash, batch_id, seq, deal_id, received_at, as_of)
      SELECT
        input.agent_id, input.key, ${idempotency?.bodyHash ?? null}, n.batch_id, n.new_seq,
        n.deal_id, n.now_at, n.as_of
      FROM numbered AS n, input
      WHERE n.accepted AND input.key IS NOT NULL
      ON CONFLICT DO NOTHING
      RETURNING agent_id
    ),
    taken AS MATERIALIZED (
      SELECT n.*
      FROM numbered AS n, input
      WHERE n.accepted AND (input.key IS NULL OR EXISTS (SELECT FROM remembered))
    ),
    advanced AS (
      UPDATE tickers AS t
      SET
        seq = n.new_seq,
        last_write_at = n.now_at,
        owner_agent = CASE WHEN input.backfill THEN t.owner_agent ELSE input.agent_id END,
        owned_at = CASE WHEN input.backfill THEN t.owned_at ELSE n.now_at END
      FROM taken AS n, input
      WHERE t.id = n.ticker_id AND NOT input.empty
    ),
    listed AS (
      INSERT INTO contract_sets (hash, occ)
      SELECT ${columns.setHash}, ${columns.occ}::text[]
      FROM taken, input
      WHERE NOT input.empty
      ON CONFLICT DO NOTHING
    ),
    stored AS (
      INSERT INTO batches (
        id, ticker_id, seq, as_of, received_at, agent_time, late, mode, read_id, agent_id,
        trace_id, spot, contract_set, bid, ask, last, volume, open_interest, implied_vol, delta,
        gamma, theta, vega, bid_size, ask_size, kind, multiplier, quoted_at, missing
      )
      SELECT
        n.batch_id, n.ticker_id, n.new_seq, n.as_of, n.now_at, input.agent_time, input.backfill,
        ${batch.mode}, ${batch.readId}, input.agent_id, ${request.traceId},
        ${batch.spot}::double precision::numeric, ${columns.setHash}, ${fields.bid}::integer[],
        ${fields.ask}::integer[], ${fields.last}::integer[], ${fields.volume}::integer[],
        ${fields.openInterest}::integer[], ${fields.impliedVol}::integer[],
        ${fields.delta}::integer[], ${fields.gamma}::integer[], ${fields.theta}::integer[],
        ${fields.vega}::integer[], ${fields.bidSize}::integer[], ${fields.askSize}::integer[],
        ${columns.kind}::smallint[], ${columns.multiplier}::double precision[],
        ${columns.quotedAt}::bigint[], ${JSON.stringify(batch.missing)}::text::jsonb
      FROM taken AS n, input
      WHERE NOT input.empty
    ),
    registered AS (
      INSERT INTO agents (name, last_seen_at)
      SELECT input.agent_id, domain_now()
      FROM input
      WHERE EXISTS (SELECT FROM valid_key)
        AND NOT EXISTS (SELECT FROM agents WHERE name = input.agent_id)
      ON CONFLICT DO NOTHING
    ),
    -- Not on each post, and never waiting: posts of one agent must not queue on its row.
    seen AS (
      UPDATE agents
      SET last_seen_at = domain_now()
      WHERE name IN (
        SELECT a.name
        FROM agents AS a, input
        WHERE a.name = input.agent_id
          AND EXISTS (SELECT FROM valid_key)
          AND (a.last_seen_at IS NULL OR a.last_seen_at < domain_now() - interval '5 seconds')
        FOR NO KEY UPDATE OF a SKIP LOCKED
      )
    )
    SELECT
      EXISTS (SELECT FROM valid_key) AS key_valid,
      e.body_hash AS earlier_body_hash,
      e.batch_id::text AS earlier_id,
      e.seq::double precision AS earlier_seq,
      e.deal_id::text AS earlier_deal_id,
      (extract(epoch FROM e.received_at) * 1000)::double precision AS earlier_received_ms,
      (extract(epoch FROM e.as_of) * 1000)::double precision AS earlier_as_of_ms,
      n.accepted,
      EXISTS (SELECT FROM taken) AS done,
      n.batch_id::text AS id,
      n.new_seq::double precision AS seq,
      n.deal_id::text AS deal_id,
      (extract(epoch FROM n.now_at) * 1000)::double precision AS now_ms,
      (extract(epoch FROM n.as_of) * 1000)::double precision AS as_of_ms,
      n.owner_agent,
      (extract(epoch FROM n.last_write_at) * 1000)::double precision AS last_write_ms,
      (extract(epoch FROM n.free_at) * 1000)::double precision AS free_ms
    FROM (SELECT) AS one
    LEFT JOIN earlier AS e ON true
    LEFT JOIN numbered AS n ON true`;
  return row.parse(rows[0]);
}
