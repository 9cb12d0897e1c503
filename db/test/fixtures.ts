/** Made-up batches and a database that follows EA, for the tests of this room. */
import { strict as assert } from "node:assert";
import { parseTicker, type Ticker } from "../../options/contract.ts";
import { type ColumnBatch, columnsOf } from "../../options/columns.ts";
import type { Quote } from "../../options/quote.ts";
import { occ, quoteOf as quote } from "../../options/testing.ts";
import type { Sql } from "../connect.ts";
import { saveDeal } from "../deals.ts";
import type { IngestOutcome, IngestRequest } from "../ingest.ts";
import { hashKey, keyText } from "../keys.ts";

export { occ, quote };

/** A time that agents' clocks say in these tests. */
export const AGENT_TIME_MS = Date.UTC(2026, 10, 20, 15);

/** A ticker that is one. */
export function ticker(text: string): Ticker {
  const read = parseTicker(text);
  assert.ok(read, `${text} is no ticker`);
  return read;
}

/** The ticker that the tests follow. */
export const EA: Ticker = ticker("EA");

/** A snapshot of one contract of EA by the agent `deals`, except for what is given. */
export function batch(
  given: Partial<ColumnBatch> & { readonly quotes?: readonly Quote[] } = {},
): ColumnBatch {
  const { quotes = [quote("EA261218C00210000", { bid: 1.05, ask: 1.1 })], ...rest } = given;
  return {
    ticker: EA,
    agentId: "deals",
    agentTimeMs: AGENT_TIME_MS,
    sentAtMs: null,
    spot: 199.5,
    mode: "snapshot",
    readId: null,
    columns: columnsOf(quotes),
    missing: [],
    ...rest,
  };
}

/** A database that follows EA, and what one needs to send to it. */
export interface Followed {
  readonly sql: Sql;
  /** A request with the key of its agent, `deals` (or one of its set) or `other`. */
  readonly request: (given?: Partial<IngestRequest>) => IngestRequest;
  /** The ID of the key of `deals`. */
  readonly keyId: string;
}

/** Follows EA and makes the keys of two agents. */
export async function follow(sql: Sql): Promise<Followed> {
  await saveDeal(sql, { ticker: EA, cash: 210, close: "2026-12-31" });
  const deals = await plainKey(sql, "deals");
  const other = await plainKey(sql, "other");
  return {
    sql,
    keyId: deals.id,
    request: (given = {}) => {
      const sent = given.batch ?? batch();
      return {
        batch: sent,
        keyHash: hashKey(sent.agentId.startsWith("other") ? other.key : deals.key),
        idempotencyKey: null,
        backfill: false,
        windowMs: 60_000,
        traceId: null,
        ...given,
      };
    },
  };
}

/** A key as every version of the tables can hold it. */
async function plainKey(sql: Sql, agent: string): Promise<{ id: string; key: string }> {
  const key = keyText(crypto.getRandomValues(new Uint8Array(20)));
  await sql`INSERT INTO agents (name) VALUES (${agent})`;
  const [row] = await sql`
    INSERT INTO keys (agent, hash) VALUES (${agent}, ${hashKey(key)}) RETURNING id::text`;
  return { id: String(row?.["id"]), key };
}

/** An outcome of the kind that a test expects. */
export function expectKind<K extends IngestOutcome["kind"]>(
  outcome: IngestOutcome,
  kind: K,
): Extract<IngestOutcome, { kind: K }> {
  assert.equal(outcome.kind, kind, JSON.stringify(outcome));
  // The line above has made sure of it.
  return outcome as Extract<IngestOutcome, { kind: K }>;
}
