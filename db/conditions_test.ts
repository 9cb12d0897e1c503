import { strict as assert } from "node:assert";
import { columnsOf } from "../options/columns.ts";
import { conditionsOf } from "../options/conditions.ts";
import type { Quote } from "../options/quote.ts";
import { backfillConditions, conditionColumns, marketConditions } from "./conditions.ts";
import type { Sql } from "./connect.ts";
import { ingestBatch } from "./ingest.ts";
import { AGENT_TIME_MS, batch, EA, expectKind, follow, quote } from "./test/fixtures.ts";
import { withTestDatabase } from "./testing.ts";

const DAY_MS = 86_400_000;
const SPOT = 200;
const ALWAYS = { fromMs: 0, toMs: Date.UTC(2100, 0) };

/** A chain of two expiries around 30 days from AGENT_TIME_MS, with a smile. */
function smile(shift = 0): Quote[] {
  return ["261218", "261224"].flatMap((day) =>
    Array.from({ length: 21 }, (_, n) => 150 + 5 * n).flatMap((strike) =>
      (["C", "P"] as const).map((right) => {
        const intrinsic = Math.max(0, right === "C" ? SPOT - strike : strike - SPOT);
        const price = intrinsic + 6 * Math.exp(-Math.abs(strike - SPOT) / 20);
        return quote(`EA${day}${right}${String(strike * 1000).padStart(8, "0")}`, {
          bid: price - 0.02,
          ask: price + 0.02,
          impliedVol: 0.3 + shift + 0.002 * Math.abs(strike - SPOT) - 0.001 * (strike - SPOT),
          delta: right === "C" ? 0.5 : -0.5,
          volume: right === "C" ? 2 : 3,
          openInterest: right === "C" ? 100 : 50,
        });
      })
    )
  );
}

async function store(sql: Sql, quotes: readonly Quote[], atMs: number, mode = "snapshot" as const) {
  const { request } = await follow(sql);
  return async (
    given: { quotes?: readonly Quote[]; atMs?: number; mode?: "snapshot" | "update" } = {},
  ) => {
    const sent = batch({
      quotes: given.quotes ?? quotes,
      spot: SPOT,
      agentTimeMs: given.atMs ?? atMs,
      mode: given.mode ?? mode,
    });
    return expectKind(await ingestBatch(sql, request({ batch: sent, backfill: true })), "stored");
  };
}

/** As an older version stored them, or an import. */
async function forgetConditions(sql: Sql): Promise<void> {
  await sql`
    UPDATE batches
    SET atm_iv = NULL, skew = NULL, put_volume = NULL, call_volume = NULL,
      put_open_interest = NULL, call_open_interest = NULL, expiries = NULL,
      expiry_atm_iv = NULL, expiry_skew = NULL`;
}

Deno.test("ingestBatch() stores the conditions that backfillConditions() works out", async () => {
  await withTestDatabase(async (sql) => {
    const ingest = await store(sql, smile(), AGENT_TIME_MS);
    await ingest();
    const stored = await marketConditions(sql, EA, ALWAYS);
    assert.ok(stored[0]?.atmIv);
    await forgetConditions(sql);
    assert.equal(await backfillConditions(sql), 1);
    assert.deepEqual(await marketConditions(sql, EA, ALWAYS), stored);
  });
});

Deno.test("backfillConditions() gives each snapshot the conditions of its quotes, once", async () => {
  await withTestDatabase(async (sql) => {
    const ingest = await store(sql, smile(), AGENT_TIME_MS);
    await ingest();
    await ingest({ quotes: smile(0.05), atMs: AGENT_TIME_MS + DAY_MS });
    await ingest({ mode: "update", atMs: AGENT_TIME_MS + 2 * DAY_MS });
    await forgetConditions(sql);
    assert.equal((await marketConditions(sql, EA, ALWAYS))[0]?.atmIv, null);
    assert.equal(await backfillConditions(sql), 2);
    assert.equal(await backfillConditions(sql), 0);
    const rows = await marketConditions(sql, EA, ALWAYS);
    assert.equal(rows.length, 2);
    for (const [index, row] of rows.entries()) {
      const atMs = AGENT_TIME_MS + index * DAY_MS;
      const expected = conditionsOf(columnsOf(smile(index * 0.05)), {
        ticker: EA,
        spot: SPOT,
        atMs,
      });
      assert.equal(row.asOfMs, atMs);
      assert.ok(expected.atmIv !== null && expected.skew !== null);
      close(row.atmIv, expected.atmIv);
      close(row.skew, expected.skew);
      assert.equal(row.putVolume, expected.putVolume);
      assert.equal(row.putCallVolumeRatio, 1.5);
      assert.equal(row.putCallOpenInterestRatio, 0.5);
      assert.equal(row.expiries.length, 2);
      for (const [place, expiry] of row.expiries.entries()) {
        const same = expected.expiries[place];
        assert.equal(expiry.expiry, same?.expiry);
        assert.equal(expiry.days, (place === 0 ? 28 : 34) - index);
        close(expiry.atmIv, same?.atmIv ?? NaN);
        close(expiry.skew, same?.skew ?? NaN);
      }
    }
  });
});

/** Equal at stored precision. */
function close(value: number | null, expected: number): void {
  assert.ok(value !== null && Math.abs(value - expected) <= 0.5e-6, `${value} is not ${expected}`);
}

Deno.test("a snapshot without a clean volatility has a row and none, and is not looked at again", async () => {
  await withTestDatabase(async (sql) => {
    const ingest = await store(sql, [quote("EA261218C00210000", { last: 1 })], AGENT_TIME_MS);
    await ingest();
    await forgetConditions(sql);
    assert.equal(await backfillConditions(sql), 1);
    assert.equal(await backfillConditions(sql), 0);
    const [row] = await marketConditions(sql, EA, ALWAYS);
    assert.equal(row?.atmIv, null);
    assert.equal(row?.spot, SPOT);
    assert.deepEqual(row?.expiries, []);
  });
});

Deno.test("marketConditions() takes the range's start and leaves its end", async () => {
  await withTestDatabase(async (sql) => {
    const ingest = await store(sql, smile(), AGENT_TIME_MS);
    await ingest();
    const at = async (fromMs: number, toMs: number): Promise<number> =>
      (await marketConditions(sql, EA, { fromMs, toMs })).length;
    assert.equal(await at(AGENT_TIME_MS, AGENT_TIME_MS + 1), 1);
    assert.equal(await at(AGENT_TIME_MS - 1, AGENT_TIME_MS), 0);
    assert.equal(await at(AGENT_TIME_MS + 1, AGENT_TIME_MS + 2), 0);
  });
});

Deno.test("marketConditions() says what the views say", async () => {
  await withTestDatabase(async (sql) => {
    const ingest = await store(sql, smile(), AGENT_TIME_MS);
    await ingest();
    await backfillConditions(sql);
    const [read] = await marketConditions(sql, EA, ALWAYS);
    assert.ok(read);
    const { expiries, asOfMs: _, receivedAtMs: __, ...whole } = read;
    const [row] = await sql`
      SELECT snapshot_id::text AS "snapshotId", seq::integer, late, spot::float8,
        atm_iv::float8 AS "atmIv", skew::float8, put_volume::integer AS "putVolume",
        call_volume::integer AS "callVolume", put_call_volume_ratio::float8 AS "putCallVolumeRatio",
        put_open_interest::integer AS "putOpenInterest",
        call_open_interest::integer AS "callOpenInterest",
        put_call_open_interest_ratio::float8 AS "putCallOpenInterestRatio"
      FROM market_conditions
      WHERE ticker = 'EA'`;
    assert.deepEqual(whole, { ...row });
    const rows = await sql`
      SELECT expiry::text, days, atm_iv::float8 AS "atmIv", skew::float8
      FROM market_conditions_by_expiry
      WHERE ticker = 'EA'
      ORDER BY expiry`;
    assert.deepEqual(expiries, rows.map((one) => ({ ...one })));
    assert.equal(expiries.length, 2);
  });
});

/** Five-minute snapshots of a month, 21 days of six and a half hours, of each of 21 tickers. */
const MONTH = 1_638;

Deno.test("a month of at-the-money volatility is read from the index alone", async () => {
  await withTestDatabase(async (sql) => {
    await follow(sql);
    await sql`INSERT INTO tickers (symbol) SELECT 'T' || n FROM generate_series(1, 20) AS n`;
    await sql`INSERT INTO contract_sets (hash, occ) SELECT sha256(''), '{EA261218C00210000}'`;
    await sql.begin(async (tx) => {
      // VACUUM knows only rows to be seen by all whose commit is on the disk.
      await tx`SET LOCAL synchronous_commit = on`;
      await tx`
        INSERT INTO batches (
          id, ticker_id, seq, as_of, received_at, agent_time, late, mode, agent_id, spot,
          contract_set, block, atm_iv, trace_id
        )
        SELECT
          n, t.id, n, d.at, d.at, d.at, false, 'snapshot', 'deals', 200, sha256(''), '\\x00', 250000 + n,
          -- A stand-in for the rest of a real row.
          repeat('x', 700)
        FROM generate_series(1, ${MONTH}) AS n
        CROSS JOIN tickers AS t
        CROSS JOIN LATERAL (SELECT '2026-11-01Z'::timestamptz + n * interval '5 min') AS d (at)
        ORDER BY n`;
    });
    await sql`VACUUM ANALYZE batches`;
    await sql`ANALYZE tickers`;
    const lines = await sql`
      EXPLAIN (ANALYZE, BUFFERS)
      SELECT as_of, atm_iv
      FROM market_conditions
      WHERE ticker = 'EA' AND as_of >= '2026-11-01' AND as_of < '2026-12-01'
      ORDER BY as_of`;
    const plan = lines.map((line) => String(line["QUERY PLAN"])).join("\n");
    assert.match(plan, /Index Only Scan using batches_\S+/);
    assert.match(plan, /Heap Fetches: 0/);
    assert.match(plan, new RegExp(`rows=${MONTH}`));
    const pages = Number(/shared hit=(\d+)/.exec(plan)?.[1]);
    assert.ok(pages < 100, `${pages} pages were read:\n${plan}`);
  });
});

Deno.test("conditionColumns() writes an expiry without a skew as NULL", () => {
  const conditions = conditionsOf(columnsOf(smile()), {
    ticker: EA,
    spot: SPOT,
    atMs: AGENT_TIME_MS,
  });
  const [first, ...rest] = conditions.expiries;
  assert.ok(first);
  const columns = conditionColumns({
    ...conditions,
    expiries: [{ ...first, skew: null, atmIv: 0.25 }, ...rest],
  });
  assert.match(columns.expirySkew ?? "", /^\{NULL,-?\d+\}$/);
  assert.match(columns.expiryAtmIv ?? "", /^\{250000,\d+\}$/);
  assert.equal(columns.expiries, "{2026-12-18,2026-12-24}");
});
