/**
 * Writing history that came by another way than the ingest call: files of `export`, recorded
 * chains, the first version's table. It keeps what ingest promises: `seq` and the time of receipt
 * rise together, nothing that is known is undone, the same batch is stored once.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { conditionsOf } from "../options/conditions.ts";
import type { Ticker } from "../options/contract.ts";
import type { HistoryBatch } from "../options/formats/history.ts";
import { batchesAsOf } from "./batches.ts";
import { encodeBlock } from "./block.ts";
import { conditionColumns, NO_CONDITIONS } from "./conditions.ts";
import type { Sql } from "./connect.ts";
import { StoredSets } from "./stored_sets.ts";
import { followedTicker } from "./tickers.ts";
import { addWatch } from "./watches.ts";

/**
 * What became of a batch:
 * - `stored`: it came after all that its ticker has, and is kept with its times as they are;
 * - `late`: the ticker has newer data, so that it is history at its own `asOf`, received now;
 * - `known`: the same batch is there already;
 * - `future`: it was received after the installation's clock, and is not stored.
 */
export type HistoryOutcome = "stored" | "late" | "known" | "future";

/** The ticker is neither a deal nor watched. */
export class NotFollowedError extends Error {
  override readonly name = "NotFollowedError";
  constructor(readonly ticker: Ticker) {
    super(`${ticker} is neither a deal nor watched`);
  }
}

/** Ends a transaction of which nothing is to stay. */
class RolledBack extends Error {}

/**
 * Stores batches of one ticker in the order of their receipt, all or none, and says what became of
 * each. Writers of the ticker wait meanwhile. With `dryRun` nothing is stored and the answer is the
 * same; with `follow` a ticker that is not followed is watched from now on. Throws
 * {@link NotFollowedError}.
 */
export async function storeHistory(
  sql: Sql,
  ticker: Ticker,
  batches: readonly HistoryBatch[],
  { dryRun = false, follow = false }: { readonly dryRun?: boolean; readonly follow?: boolean } = {},
): Promise<HistoryOutcome[]> {
  let outcomes: HistoryOutcome[] = [];
  try {
    await sql.begin(async (transaction) => {
      // A transaction is a connection with all that is used of it here.
      const within = transaction as unknown as Sql;
      if (follow && !(await followedTicker(within, ticker))) await addWatch(within, ticker);
      outcomes = await store(within, ticker, batches);
      if (dryRun) throw new RolledBack();
    });
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
    return outcomes;
  }
  // Not while the ticker is held: the ingest call makes an agent first and then waits for the ticker.
  const agents = new Set(batches.map(({ agentId }) => agentId));
  await sql`
    INSERT INTO agents (name)
    SELECT unnest(string_to_array(${[...agents].sort().join(",")}::text, ','))
    ON CONFLICT DO NOTHING`;
  return outcomes;
}

const position = z.object({
  id: z.number(),
  seq: z.number(),
  nowMs: z.number(),
  lastWriteMs: z.number().nullable(),
});

async function store(
  sql: Sql,
  ticker: Ticker,
  batches: readonly HistoryBatch[],
): Promise<HistoryOutcome[]> {
  const at = await lockTicker(sql, ticker);
  const known = await knownIdentities(sql, ticker, batches);
  const inserts: Promise<unknown>[] = [];
  let { seq } = at;
  let lastWriteMs = at.lastWriteMs ?? Number.NEGATIVE_INFINITY;
  const outcomes = batches.map((batch): HistoryOutcome => {
    if (batch.receivedAtMs > at.nowMs) return "future";
    const identity = identityOf(batch);
    if (known.has(identity)) return "known";
    known.add(identity);
    const inOrder = batch.receivedAtMs >= lastWriteMs;
    const placed = inOrder
      ? { ...batch, seq: Math.max(seq + 1, batch.seq) }
      : { ...batch, seq: seq + 1, late: true, receivedAtMs: Math.max(at.nowMs, lastWriteMs) };
    seq = placed.seq;
    lastWriteMs = placed.receivedAtMs;
    inserts.push(insert(sql, at.id, placed));
    return inOrder ? "stored" : "late";
  });
  if (inserts.length === 0) return outcomes;
  await Promise.all(inserts);
  await sql`
    UPDATE tickers
    SET seq = ${seq}, last_write_at = ${iso(lastWriteMs)}::timestamptz
    WHERE id = ${at.id}`;
  return outcomes;
}

/** Where a ticker's history stands, which is nobody else's to change until the transaction ends. */
async function lockTicker(sql: Sql, ticker: Ticker): Promise<z.infer<typeof position>> {
  const [row] = await sql`
    WITH locked AS MATERIALIZED (
      SELECT t.id, t.seq, t.last_write_at
      FROM tickers AS t
      WHERE t.symbol = ${ticker}
        AND (
          EXISTS (SELECT FROM deals WHERE deals.ticker_id = t.id AND deals.removed_at IS NULL)
          OR EXISTS (SELECT FROM watches WHERE watches.ticker_id = t.id)
        )
      FOR NO KEY UPDATE
    )
    SELECT
      id,
      seq::double precision,
      (extract(epoch FROM domain_now()) * 1000)::double precision AS "nowMs",
      (extract(epoch FROM last_write_at) * 1000)::double precision AS "lastWriteMs"
    FROM locked`;
  if (row === undefined) throw new NotFollowedError(ticker);
  return position.parse(row);
}

async function insert(sql: Sql, tickerId: number, batch: HistoryBatch): Promise<void> {
  const set = SETS.of(batch.columns.occ);
  // As the ingest call works them out.
  const c = batch.mode === "update" ? NO_CONDITIONS : conditionColumns(
    conditionsOf(batch.columns, { ...batch, atMs: batch.agentTimeMs }, set.layout),
  );
  await sql`
    WITH listed AS (
      INSERT INTO contract_sets (hash, occ)
      VALUES (${set.hash}, string_to_array(${set.occ.join(",")}::text, ','))
      ON CONFLICT DO NOTHING
    )
    INSERT INTO batches (
      id, ticker_id, seq, as_of, received_at, agent_time, late, mode, read_id, agent_id, trace_id,
      spot, contract_set, block, missing, atm_iv, skew, put_volume, call_volume, put_open_interest,
      call_open_interest, expiries, expiry_atm_iv, expiry_skew
    )
    SELECT
      nextval('batch_ids'), ${tickerId}::integer, ${batch.seq}::bigint,
      ${iso(batch.asOfMs)}::timestamptz, ${iso(batch.receivedAtMs)}::timestamptz,
      ${iso(batch.agentTimeMs)}::timestamptz, ${batch.late}::boolean, ${batch.mode},
      ${batch.readId}, ${batch.agentId}, ${batch.traceId},
      ${batch.spot}::double precision::numeric, ${set.hash}, ${encodeBlock(batch.columns)},
      ${JSON.stringify(batch.missing)}::text::jsonb, ${c.atmIv}, ${c.skew}, ${c.putVolume}::bigint,
      ${c.callVolume}::bigint, ${c.putOpenInterest}::bigint, ${c.callOpenInterest}::bigint,
      ${c.expiries}::text::date[], ${c.expiryAtmIv}::text::integer[],
      ${c.expirySkew}::text::integer[]`;
}

/** Only the hashes and the layouts are wanted of it. */
const SETS = new StoredSets();

declare const brand: unique symbol;

/** What tells batches of a ticker apart: who brought what, as of when. A SHA-256 in Base64. */
export type Identity = string & { readonly [brand]: "Identity" };

/** The identities of the stored batches that are of the same moments. */
async function knownIdentities(
  sql: Sql,
  ticker: Ticker,
  batches: readonly HistoryBatch[],
): Promise<Set<Identity>> {
  const moments = [...new Set(batches.map((batch) => batch.asOfMs))];
  const known = new Set<Identity>();
  for await (const batch of batchesAsOf(sql, ticker, moments)) known.add(identityOf(batch));
  return known;
}

/**
 * The identity of a batch. Where it stands (`seq`, the time of receipt, `late`) is no part of it,
 * so that it is the same batch in every database.
 */
export function identityOf(
  batch: Omit<HistoryBatch, "ticker" | "seq" | "receivedAtMs" | "late" | "traceId">,
): Identity {
  const { asOfMs, agentTimeMs, agentId, mode, readId, spot, columns, missing } = batch;
  const names = missing.map(({ contract, reason }) => [contract, reason]);
  const hash = createHash("sha256")
    .update(JSON.stringify([asOfMs, agentTimeMs, agentId, mode, readId, spot, names]))
    .update(columns.occ.join(","))
    // The same quotes are the same bytes.
    .update(encodeBlock(columns));
  // A text of this form is what the brand stands for.
  return hash.digest("base64") as Identity;
}

/** What was offered for a ticker from a moment on. */
export interface PastOffer {
  readonly fromMs: number;
  /** Per share. */
  readonly cash: number;
}

/**
 * Keeps what was offered for a ticker in the past, as a deal that is over: it begins with the first
 * offer and ends at `endMs`, or where the next deal begins. Offers of a time of which a deal is
 * known already are passed over; says whether they are kept.
 */
export async function keepPastOffers(
  sql: Sql,
  ticker: Ticker,
  offers: readonly PastOffer[],
  endMs: number,
): Promise<boolean> {
  const [first] = offers;
  if (!first) return false;
  const rows = await sql`
    WITH
    past AS (
      INSERT INTO deals (ticker_id, created_at, removed_at)
      SELECT t.id, ${iso(first.fromMs)}::timestamptz, least(
        ${iso(endMs)}::timestamptz,
        (
          SELECT min(d.created_at)
          FROM deals AS d
          WHERE d.ticker_id = t.id AND d.created_at > ${iso(first.fromMs)}::timestamptz
        )
      )
      FROM tickers AS t
      WHERE t.symbol = ${ticker}
        AND NOT EXISTS (
          SELECT
          FROM deals AS d
          WHERE d.ticker_id = t.id
            AND d.created_at <= ${iso(first.fromMs)}::timestamptz
            AND (d.removed_at IS NULL OR d.removed_at > ${iso(first.fromMs)}::timestamptz)
        )
      RETURNING id
    )
    INSERT INTO deal_versions (deal_id, version, cash, valid_from)
    SELECT past.id, o.version, o.cash, o.valid_from
    FROM past
    CROSS JOIN jsonb_to_recordset(${
    JSON.stringify(
      offers.map(({ fromMs, cash }, i) => ({ version: i + 1, cash, valid_from: iso(fromMs) })),
    )
  }::text::jsonb) AS o (version integer, cash numeric, valid_from timestamptz)
    RETURNING deal_id`;
  return rows.length > 0;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
