/** Chains as the database takes them, without HTTP between. */
import { ingestBatch, type IngestRequest } from "../../db/ingest.ts";
import type { Sql } from "../../db/connect.ts";
import { hashKey } from "../../db/keys.ts";
import type { StoredSets } from "../../db/stored_sets.ts";
import { type ColumnBatch, columnsOf } from "../../options/columns.ts";
import type { Quote } from "../../options/quote.ts";
import type { Chain, ChainRow } from "./chains.ts";
import type { Sender } from "./pool.ts";

/** A chain as it is after its body was read. */
export function batchOf(chain: Chain, agentId: string, atMs: number): ColumnBatch {
  return {
    ticker: chain.ticker,
    agentId,
    agentTimeMs: atMs,
    sentAtMs: null,
    spot: chain.spot,
    mode: "snapshot",
    readId: null,
    missing: [],
    columns: columnsOf(chain.rows.map(quoteOf)),
  };
}

function quoteOf(row: ChainRow): Quote {
  const { contract, bid, ask, last, volume, openInterest, impliedVol, delta } = row;
  return {
    occ: contract.occ,
    bid,
    ask,
    last,
    volume,
    openInterest,
    impliedVol,
    delta,
    gamma: null,
    theta: null,
    vega: null,
    bidSize: row.bidSize,
    askSize: row.askSize,
    kind: null,
    multiplier: null,
    quotedAtMs: null,
  };
}

/** A request as the server makes it of a body with a new idempotency key. */
export function requestOf(batch: ColumnBatch, sender: Sender): IngestRequest {
  return {
    batch,
    keyHash: hashKey(sender.key),
    idempotencyKey: crypto.randomUUID(),
    backfill: false,
    windowMs: 60_000,
    traceId: null,
  };
}

/** Stores a batch, by a backfill where it is of the past; its position. */
export async function store(
  sql: Sql,
  request: IngestRequest,
  sets: StoredSets,
): Promise<number> {
  const outcome = await ingestBatch(sql, request, sets);
  if (outcome.kind !== "stored") throw new Error(`a batch was not stored: ${outcome.kind}`);
  return outcome.seq ?? 0;
}
