/** What the migrations promise, on whatever server `withEmpty` gives a database of. */
import { strict as assert } from "node:assert";
import { quotesOf } from "../../options/columns.ts";
import { batchesAfter } from "../batches.ts";
import { connectDatabase, sqlState } from "../connect.ts";
import { ingestBatch } from "../ingest.ts";
import { migrate, migrationNames, pendingMigrations } from "../migrate.ts";
import { batch, EA, expectKind, follow, quote } from "./fixtures.ts";
import type { WithDatabase } from "./ingest_suite.ts";

/** SQLSTATE "not_null_violation" and its class: the tables refuse what is not whole. */
const INTEGRITY = /^23/;

/** Defines the tests; `where` is put before each name. */
/** A batch as the first migration's tables hold it, every kind of value in it. */
const FIRST_VERSIONS_ROWS = `
  INSERT INTO tickers (symbol, seq, last_write_at) VALUES ('EA', 1, now());
  INSERT INTO contract_sets (hash, occ)
  VALUES (decode(repeat('07', 32), 'hex'), '{EA261218C00210000,EA261218P00210000}');
  INSERT INTO batches (
    id, ticker_id, seq, as_of, received_at, agent_time, late, mode, agent_id, contract_set, bid, ask,
    last, volume, implied_vol, delta, kind, multiplier, quoted_at
  )
  VALUES (
    nextval('batch_ids'), 1, 1, now(), now(), now(), false, 'snapshot', 'deals',
    decode(repeat('07', 32), 'hex'), '{10500,NULL}', '{11000,500}', '{2147483647,0}', '{0,70000}',
    '{251234,NULL}', '{500000,-2147483647}', '{3,NULL}', '{100,0.1}', '{1768000000123,NULL}'
  );`;

const FIRST_VERSIONS_QUOTES = [
  quote("EA261218C00210000", {
    bid: 1.05,
    ask: 1.1,
    last: 214_748.3647,
    volume: 0,
    impliedVol: 0.251234,
    delta: 0.5,
    kind: "delayed",
    multiplier: 100,
    quotedAtMs: 1_768_000_000_123,
  }),
  quote("EA261218P00210000", {
    ask: 0.05,
    last: 0,
    volume: 70_000,
    delta: -2_147.483647,
    multiplier: 0.1,
  }),
];

export function migrateSuite(where: string, withEmpty: WithDatabase): void {
  Deno.test(`${where}migrate() brings an empty database to this version, once`, async () => {
    await withEmpty(async (sql, url) => {
      assert.deepEqual(await pendingMigrations(sql), await migrationNames());
      assert.deepEqual(await migrate(url), await migrationNames());
      assert.deepEqual(await pendingMigrations(sql), []);
      assert.deepEqual(await migrate(url), []);
    });
  });

  Deno.test(`${where}each migration keeps what a database of the one before holds`, async () => {
    await withEmpty(async (sql, url) => {
      assert.deepEqual(await migrate(url, 1), ["0001_first"]);
      await sql.unsafe(FIRST_VERSIONS_ROWS);
      for (const name of (await migrationNames()).slice(1)) {
        assert.deepEqual(await migrate(url, 1), [name]);
      }
      const [read] = await Array.fromAsync(batchesAfter(sql, EA, { seq: 0 }));
      assert.deepEqual(read && quotesOf(read.columns), FIRST_VERSIONS_QUOTES);
      assert.equal(read?.snapshotId, "1");
      const { request } = await follow(sql);
      const next = expectKind(await ingestBatch(sql, request()), "stored");
      assert.equal(next.seq, 2);
    });
  });

  Deno.test(`${where}of several migrators at once each waits, and the work is done once`, async () => {
    await withEmpty(async (sql, url) => {
      const ran = await Promise.all([migrate(url), migrate(url), migrate(url), migrate(url)]);
      assert.deepEqual(ran.flat().sort(), await migrationNames());
      assert.equal(ran.filter((names) => names.length > 0).length, 1);
      assert.deepEqual(await pendingMigrations(sql), []);
    });
  });

  Deno.test(`${where}a migration that fails leaves nothing of itself`, async () => {
    await withEmpty(async (sql, url) => {
      // The second migration makes a view of this name.
      await sql`CREATE TABLE option_quotes (nothing integer)`;
      await assert.rejects(migrate(url), /option_quotes/);
      assert.deepEqual(await pendingMigrations(sql), await migrationNames());
      const [tickers] = await sql`SELECT to_regclass('tickers') IS NULL AS absent`;
      assert.ok(tickers?.["absent"]);
    });
  });

  Deno.test(`${where}the views show each quote of each snapshot in plain units`, async () => {
    await withEmpty(async (sql, url) => {
      await migrate(url);
      const { request } = await follow(sql);
      const quotes = [
        quote("SPXW261218C07500000", {
          bid: 1.05,
          ask: 1.1,
          last: 1.07,
          volume: 0,
          openInterest: 31,
          impliedVol: 0.251234,
          delta: -0.5,
          bidSize: 4,
          kind: "delayed_frozen",
          multiplier: 100,
          quotedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
        }),
        quote("SPXW261219P00000500", { bid: 0, ask: 0.05 }),
      ];
      await ingestBatch(sql, request({ batch: batch({ quotes }) }));
      await ingestBatch(sql, request({ batch: batch({ quotes, mode: "update" }) }));
      const rows = await sql`
        SELECT ticker, seq::integer, occ, root, expiry::text, "right", strike::text, bid::float8,
          ask::float8, mid::float8, last::float8, volume, open_interest, implied_vol::float8,
          delta::float8, gamma::float8, bid_size, ask_size, market_data_type, multiplier,
          quoted_at
        FROM option_quotes
        ORDER BY occ`;
      // The decimals that are stored, and no more of them.
      const [texts] = await sql`
        SELECT strike::text, bid::text, mid::text, implied_vol::text
        FROM option_quotes
        WHERE bid > 0 AND ask > 0`;
      assert.deepEqual({ ...texts }, {
        strike: "7500.000",
        bid: "1.0500",
        mid: "1.07500",
        implied_vol: "0.251234",
      });
      const none = {
        last: null,
        volume: null,
        open_interest: null,
        implied_vol: null,
        delta: null,
        gamma: null,
        bid_size: null,
        ask_size: null,
        market_data_type: null,
        multiplier: null,
        quoted_at: null,
      };
      assert.deepEqual(rows.map((row) => ({ ...row, strike: Number(row["strike"]) })), [
        {
          ...none,
          ticker: "EA",
          seq: 1,
          occ: "SPXW261218C07500000",
          root: "SPXW",
          expiry: "2026-12-18",
          right: "C",
          strike: 7500,
          bid: 1.05,
          ask: 1.1,
          mid: 1.075,
          last: 1.07,
          volume: 0,
          open_interest: 31,
          implied_vol: 0.251234,
          delta: -0.5,
          bid_size: 4,
          market_data_type: "delayed_frozen",
          multiplier: 100,
          quoted_at: new Date(Date.UTC(2026, 0, 2, 3, 4, 5)),
        },
        {
          ...none,
          ticker: "EA",
          seq: 1,
          occ: "SPXW261219P00000500",
          root: "SPXW",
          expiry: "2026-12-19",
          right: "P",
          strike: 0.5,
          bid: 0,
          ask: 0.05,
          mid: null,
        },
      ]);
      const [snapshot] = await sql`
        SELECT ticker, spot::float8, deal_price::float8, deal_close::text, contract_count::integer,
          expiration_count::integer, strike_count::integer, missing_count,
          days_to_close = deal_close - (as_of AT TIME ZONE 'America/New_York')::date AS days_right
        FROM option_snapshots`;
      assert.deepEqual({ ...snapshot }, {
        ticker: "EA",
        spot: 199.5,
        deal_price: 210,
        deal_close: "2026-12-31",
        contract_count: 2,
        expiration_count: 2,
        strike_count: 2,
        missing_count: 0,
        days_right: true,
      });
    });
  });

  Deno.test(`${where}the tables themselves refuse what may not be`, async () => {
    await withEmpty(async (sql, url) => {
      await migrate(url);
      await follow(sql);
      const refused = async (statement: Promise<unknown>): Promise<void> => {
        await assert.rejects(statement, (error) => INTEGRITY.test(sqlState(error) ?? ""));
      };
      await refused(sql`INSERT INTO installation (id) VALUES (2)`.execute());
      await refused(sql`INSERT INTO tickers (symbol) VALUES ('ea')`.execute());
      await refused(sql`INSERT INTO tickers (symbol) VALUES ('EA')`.execute());
      await refused(sql`INSERT INTO deals (ticker_id, created_at) VALUES (1, now())`.execute());
      await refused(sql`INSERT INTO keys (agent, hash) VALUES ('deals', '\\x00')`.execute());
      await refused(sql`INSERT INTO users (email, role) VALUES ('a@b', 'owner')`.execute());
    });
  });

  Deno.test(`${where}a program of before reads a database of after`, async () => {
    await withEmpty(async (sql, url) => {
      await migrate(url);
      await sql`
        INSERT INTO lastmark_migrations (name, run_on) VALUES ('9999_of_a_newer_version', now())`;
      const other = connectDatabase({ url, program: "test", max: 1 });
      assert.deepEqual(await pendingMigrations(other), []);
      await other.end();
    });
  });
}
