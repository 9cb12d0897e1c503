import { strict as assert } from "node:assert";
import { parseOcc, parseTicker, type Ticker } from "../options/contract.ts";
import type { ChainBatch, Quote } from "../options/quote.ts";
import { batchesAfter } from "./batches.ts";
import type { Sql } from "./connect.ts";
import { saveDeal } from "./deals.ts";
import { ingestBatch, type IngestOutcome, type IngestRequest } from "./ingest.ts";
import { createKey, hashKey } from "./keys.ts";
import { withTestDatabase } from "./testing.ts";

const NOW_MS = Date.UTC(2026, 10, 20, 15);

function ticker(text: string): Ticker {
  const read = parseTicker(text);
  assert.ok(read);
  return read;
}

const EA = ticker("EA");

function quote(symbol: string, given: Partial<Omit<Quote, "occ">> = {}): Quote {
  const contract = parseOcc(symbol);
  assert.ok(contract);
  return {
    occ: contract.occ,
    bid: null,
    ask: null,
    last: null,
    volume: null,
    openInterest: null,
    impliedVol: null,
    delta: null,
    gamma: null,
    theta: null,
    vega: null,
    bidSize: null,
    askSize: null,
    kind: null,
    multiplier: null,
    quotedAtMs: null,
    ...given,
  };
}

function batch(given: Partial<ChainBatch> = {}): ChainBatch {
  return {
    ticker: EA,
    agentId: "deals",
    agentTimeMs: NOW_MS,
    sentAtMs: null,
    spot: 199.5,
    mode: "snapshot",
    readId: null,
    quotes: [quote("EA261218C00210000", { bid: 1.05, ask: 1.1 })],
    missing: [],
    ...given,
  };
}

/** A database that follows EA, and requests with valid keys of the agents `deals` and `other`. */
async function withFollowed(
  test: (
    sql: Sql,
    request: (given?: Partial<IngestRequest>) => IngestRequest,
    keyId: string,
  ) => Promise<void>,
): Promise<void> {
  await withTestDatabase(async (sql) => {
    await saveDeal(sql, { ticker: EA, cash: 210, close: "2026-12-31" });
    const keys = new Map<string, Uint8Array>();
    const { id, key } = await createKey(sql, { agent: "deals" });
    keys.set("deals", hashKey(key));
    keys.set("other", hashKey((await createKey(sql, { agent: "other" })).key));
    const request = (given: Partial<IngestRequest> = {}): IngestRequest => {
      const sent = given.batch ?? batch();
      return {
        batch: sent,
        keyHash: keys.get(sent.agentId.replace(/-\d+$/, "")) ?? new Uint8Array(32),
        idempotency: null,
        backfill: false,
        windowMs: 60_000,
        traceId: null,
        ...given,
      };
    };
    await test(sql, request, id);
  });
}

function stored(outcome: IngestOutcome): Extract<IngestOutcome, { kind: "stored" }> {
  assert.equal(outcome.kind, "stored");
  // The line above has made sure of it.
  return outcome as Extract<IngestOutcome, { kind: "stored" }>;
}

Deno.test("ingestBatch() stores a batch and says its snapshot, position and deal", async () => {
  await withFollowed(async (sql, request) => {
    const first = stored(await ingestBatch(sql, request()));
    assert.equal(first.seq, 1);
    assert.equal(first.dealId, "1");
    assert.equal(first.asOfMs, first.serverReceivedAtMs);
    assert.ok(Math.abs(first.serverReceivedAtMs - Date.now()) < 60_000);
    const second = stored(await ingestBatch(sql, request()));
    assert.equal(second.seq, 2);
    assert.notEqual(second.snapshotId, first.snapshotId);
    const read = await Array.fromAsync(batchesAfter(sql, EA, { seq: 1 }));
    assert.deepEqual(read, [{
      seq: 2,
      asOfMs: second.asOfMs,
      receivedAtMs: second.serverReceivedAtMs,
      agentTimeMs: NOW_MS,
      agentId: "deals",
      mode: "snapshot",
      late: false,
      readId: null,
      traceId: null,
      snapshotId: second.snapshotId,
      spot: 199.5,
      quotes: batch().quotes,
      missing: [],
    }]);
  });
});
