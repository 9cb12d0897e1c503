import { strict as assert } from "node:assert";
import fc from "fast-check";
import { EMPTY_CHAIN, type LastKnownChain } from "../options/chain.ts";
import { columnsOf } from "../options/columns.ts";
import { foldBatches } from "../options/fold.ts";
import type { HistoryBatch } from "../options/formats/history.ts";
import { batchesAfter } from "./batches.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoints.ts";
import type { Sql } from "./connect.ts";
import { historyOf } from "./history.ts";
import { identityOf, keepPastOffers, storeHistory } from "./import.ts";
import { ingestBatch } from "./ingest.ts";
import { rewriteDays } from "./rewrite.ts";
import { batch, EA, expectKind, follow, quote, ticker } from "./test/fixtures.ts";
import { withTestDatabase } from "./testing.ts";

const DAY_MS = Date.UTC(2026, 6, 8);
const CALL = "EA261218C00210000";
const PUT = "EA261218P00210000";

/** A snapshot of one call as it was received then. */
function history(receivedAtMs: number, given: Partial<HistoryBatch> = {}): HistoryBatch {
  const { sentAtMs: _, ...head } = batch();
  return {
    ...head,
    seq: 0,
    asOfMs: receivedAtMs,
    receivedAtMs,
    agentTimeMs: receivedAtMs - 10,
    late: false,
    traceId: null,
    columns: columnsOf([quote(CALL, { bid: 1 + (receivedAtMs % 1000) / 100 })]),
    ...given,
  };
}

const all = (sql: Sql): Promise<HistoryBatch[]> => Array.fromAsync(historyOf(sql, EA, {}));

async function chainOf(sql: Sql): Promise<LastKnownChain> {
  return foldBatches(EMPTY_CHAIN, await Array.fromAsync(batchesAfter(sql, EA, { seq: 0 }))).chain;
}

function test(name: string, body: (on: Awaited<ReturnType<typeof follow>>) => Promise<void>): void {
  Deno.test(name, () => withTestDatabase(async (sql) => body(await follow(sql))));
}

test("storeHistory() keeps what comes in order with its times and positions", async ({ sql }) => {
  const batches = [
    history(DAY_MS, { seq: 41, readId: "r", traceId: "t", spot: 1234.5678 }),
    history(DAY_MS + 2, { seq: 42, asOfMs: DAY_MS - 5, late: true, mode: "update" }),
    history(DAY_MS + 3, {
      seq: 44,
      missing: [{ contract: PUT, reason: 'never quoted, "so far"' }],
    }),
  ];
  assert.deepEqual(await storeHistory(sql, EA, batches), ["stored", "stored", "stored"]);
  assert.deepEqual(await all(sql), batches);
});

test("storeHistory() stores the same batch once, in one call and in the next", async ({ sql }) => {
  const one = history(DAY_MS);
  const other = { ...one, columns: columnsOf([quote(CALL, { bid: 9 })]) };
  assert.deepEqual(await storeHistory(sql, EA, [one, one, other]), ["stored", "known", "stored"]);
  const elsewhere = { ...one, seq: 7, receivedAtMs: DAY_MS + 9, late: true };
  assert.deepEqual(await storeHistory(sql, EA, [elsewhere, other]), ["known", "known"]);
  assert.equal((await all(sql)).length, 2);
});

test("storeHistory() knows the batches of rewritten days", async ({ sql }) => {
  const batches = Array.from({ length: 8 }, (_, i) => history(DAY_MS + i));
  await storeHistory(sql, EA, batches);
  const before = await all(sql);
  assert.equal(await rewriteDays(sql, Date.now()), batches.length);
  assert.deepEqual((await all(sql)).map(identityOf), before.map(identityOf));
  assert.deepEqual(new Set(await storeHistory(sql, EA, batches)), new Set(["known"]));
});

test("storeHistory() makes late history of what is older than the newest", async (on) => {
  const { sql, request } = on;
  const live = expectKind(await ingestBatch(sql, request()), "stored");
  const before = await chainOf(sql);
  const columns = columnsOf([quote(CALL, { bid: 5, last: 6 }), quote(PUT, { bid: 7 })]);
  assert.deepEqual(await storeHistory(sql, EA, [history(DAY_MS, { columns })]), ["late"]);
  const late = (await all(sql)).at(-1);
  assert.deepEqual([late?.seq, late?.late, late?.asOfMs], [2, true, DAY_MS]);
  assert.ok((late?.receivedAtMs ?? 0) >= live.serverReceivedAtMs);
  const after = await chainOf(sql);
  const call = after.contracts.get(quote(CALL).occ);
  assert.deepEqual(call?.fields.bid, before.contracts.get(quote(CALL).occ)?.fields.bid);
  assert.deepEqual([call?.fields.last?.value, call?.fields.last?.seenAtMs], [6, DAY_MS]);
  assert.equal(after.contracts.get(quote(PUT).occ)?.fields.bid?.value, 7);
  const next = expectKind(await ingestBatch(sql, request()), "stored");
  assert.equal(next.seq, 3);
});

test("storeHistory() works out the market's conditions as the ingest call does", async (on) => {
  const { sql, request } = on;
  const near = { impliedVol: 0.25, volume: 3, openInterest: 4 };
  const quotes = [
    quote(CALL, { bid: 7, ask: 7.2, delta: 0.58, ...near }),
    quote(PUT, { bid: 4.5, ask: 4.7, delta: -0.42, ...near }),
    quote("EA261218C00215000", { bid: 4.6, ask: 4.8, delta: 0.44, ...near }),
    quote("EA261218P00215000", { bid: 7.1, ask: 7.3, delta: -0.56, ...near }),
  ];
  const sent = { ...batch({ spot: 212.5 }), columns: columnsOf(quotes) };
  await storeHistory(sql, EA, [
    history(DAY_MS, sent),
    history(DAY_MS + 1, { ...sent, mode: "update" }),
  ]);
  expectKind(await ingestBatch(sql, request({ batch: sent })), "stored");
  const rows = await sql`
    SELECT atm_iv, skew, put_volume, call_volume, put_open_interest, call_open_interest,
      expiries::text, expiry_atm_iv::text, expiry_skew::text
    FROM batches
    ORDER BY seq`;
  const [imported, update, ingested] = rows;
  assert.deepEqual(imported, ingested);
  assert.equal(imported?.["put_volume"], "6");
  assert.match(String(imported["expiry_atm_iv"]), /^\{2\d{5}\}$/);
  assert.equal(update?.["expiries"], null);
});

test("storeHistory() leaves whose window it is, and begins none", async ({ sql, request }) => {
  await storeHistory(sql, EA, [history(DAY_MS)]);
  expectKind(await ingestBatch(sql, request()), "stored");
  await storeHistory(sql, EA, [history(DAY_MS + 1)]);
  const other = request({ batch: batch({ agentId: "other" }) });
  expectKind(await ingestBatch(sql, other), "conflict");
});

test("storeHistory() spends no checkpoint that late history predates", async ({ sql, request }) => {
  const stored = expectKind(await ingestBatch(sql, request()), "stored");
  const at = { seq: 1, asOfMs: stored.asOfMs, asOfSeq: 1, state: Uint8Array.of(1) };
  await saveCheckpoint(sql, EA, at);
  assert.ok(await loadCheckpoint(sql, EA));
  await storeHistory(sql, EA, [history(DAY_MS)]);
  assert.equal(await loadCheckpoint(sql, EA), undefined);
});

test("storeHistory() stores nothing of the future, of a dry run or of whom nobody follows", async (on) => {
  const { sql } = on;
  const soon = Date.now() + 3_600_000;
  assert.deepEqual(await storeHistory(sql, EA, [history(soon)]), ["future"]);
  assert.deepEqual(await storeHistory(sql, EA, [history(DAY_MS)], { dryRun: true }), ["stored"]);
  assert.deepEqual(await all(sql), []);
  const XYZ = ticker("XYZ");
  const unfollowed = { ...history(DAY_MS), ticker: XYZ };
  await assert.rejects(storeHistory(sql, XYZ, [unfollowed]), { name: "NotFollowedError" });
  const follow = { follow: true };
  assert.deepEqual(await storeHistory(sql, XYZ, [unfollowed], follow), ["stored"]);
  assert.equal((await sql`SELECT FROM watches`).length, 1);
});

test("storeHistory() and writers number batches without a gap", async ({ sql, request }) => {
  const old = Array.from({ length: 20 }, (_, i) => history(DAY_MS + i));
  await Promise.all([
    ...old.map((one) => storeHistory(sql, EA, [one])),
    ...old.map(() => ingestBatch(sql, request())),
  ]);
  const batches = await all(sql);
  assert.deepEqual(batches.map(({ seq }) => seq), Array.from({ length: 40 }, (_, i) => i + 1));
  const times = batches.map(({ receivedAtMs }) => receivedAtMs);
  assert.deepEqual(times, times.toSorted((a, b) => a - b));
});

Deno.test("history out and in again gives the same chain, however it is cut and repeated", async () => {
  const step = fc.record({
    afterMs: fc.integer({ min: 0, max: 3 }),
    agoMs: fc.integer({ min: 0, max: 4 }),
    mode: fc.constantFrom("snapshot", "update"),
    bid: fc.option(fc.constantFrom(0, 1, 2)),
    occ: fc.constantFrom(CALL, PUT),
  });
  await withTestDatabase((sql) =>
    withTestDatabase(async (other) => {
      for (const one of [sql, other]) await follow(one);
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 1, maxLength: 12 }),
          fc.integer({ min: 1, max: 12 }),
          async (steps, cut) => {
            for (const one of [sql, other]) {
              await one`TRUNCATE batches`;
              await one`UPDATE tickers SET seq = 0, last_write_at = NULL`;
            }
            let now = DAY_MS;
            const made = steps.map(({ afterMs, agoMs, mode, bid, occ }) => {
              now += afterMs;
              const columns = columnsOf([quote(occ, { bid })]);
              return history(now, { asOfMs: now - agoMs, late: agoMs > 0, mode, columns });
            });
            await storeHistory(sql, EA, made);
            const out = await all(sql);
            await storeHistory(other, EA, out.slice(0, cut));
            await storeHistory(other, EA, out);
            assert.deepEqual(await all(other), out);
            assert.deepEqual(out.map(identityOf), [...new Set(made.map(identityOf))]);
            assert.deepEqual(await chainOf(other), await chainOf(sql));
          },
        ),
        { numRuns: 25 },
      );
    })
  );
});

test("keepPastOffers() keeps what was offered until the next deal, once", async ({ sql }) => {
  const XYZ = ticker("XYZ");
  await storeHistory(sql, XYZ, [{ ...history(DAY_MS), ticker: XYZ }], { follow: true });
  const offers = [{ fromMs: DAY_MS, cash: 20 }, { fromMs: DAY_MS + 5, cash: 21.5 }];
  assert.ok(await keepPastOffers(sql, XYZ, offers, DAY_MS + 9));
  assert.ok(!(await keepPastOffers(sql, XYZ, offers, DAY_MS + 9)));
  await storeHistory(sql, XYZ, [4, 5, 9].map((ms) => ({ ...history(DAY_MS + ms), ticker: XYZ })));
  const rows = await sql`SELECT deal_price::text AS price FROM option_snapshots ORDER BY seq`;
  assert.deepEqual(rows.map(({ price }) => price), ["20.0000", "20.0000", "21.5000", null]);
});
