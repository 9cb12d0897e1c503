import { strict as assert } from "node:assert";
import { join } from "node:path";
import type { Sql } from "../../db/connect.ts";
import { withEmptyDatabase, withTestDatabase } from "../../db/testing.ts";
import { withFolder } from "../files/test/folder.ts";
import { run } from "./lastmark.ts";

/** A contract as the first version's agent sent it, in either spelling of its time. */
const CONTRACT = {
  symbol: "EA",
  strike: 210,
  expiry: "20261218",
  right: "C",
  bid: 1.05,
  ask: 1.1,
  mid: 1.075,
  last: 1.07,
  volume: 12,
  open_interest: 310,
  implied_vol: 0.1512,
  delta: 0.61,
  bid_size: 10,
  ask_size: 12,
};

const PUT = { ...CONTRACT, right: "PUT", expiry: "2026-12-18", bid: -1, last: null, volume: "3" };

/** What the application stored as `chainData`: the array itself, an object, or groups. */
const CHAINS: readonly unknown[] = [
  [CONTRACT, PUT],
  { spotPrice: 206.5, expirations: ["20261218"], contracts: [CONTRACT, PUT] },
  {
    "20261218": {
      calls: [{
        symbol: "EA",
        strike: 210,
        bid: "1.05",
        volume: 12,
        openInterest: 311,
        bidSize: 1,
      }],
      puts: [PUT],
    },
  },
  [CONTRACT, { ...CONTRACT, strike: 215, bid: 1e308 }],
  { contracts: [] },
];

async function makeFirstVersion(sql: Sql): Promise<void> {
  await sql.unsafe(`
    CREATE TABLE "Deal" (id text PRIMARY KEY, ticker text NOT NULL, name text);
    CREATE TABLE "OptionChainSnapshot" (
      id text PRIMARY KEY,
      "dealId" text NOT NULL REFERENCES "Deal",
      "snapshotDate" timestamp(3) NOT NULL,
      "agentId" text,
      "agentTimestamp" timestamp(3),
      "spotPrice" numeric(65, 30) NOT NULL,
      "dealPrice" numeric(65, 30) NOT NULL,
      "chainData" jsonb NOT NULL
    );
    INSERT INTO "Deal" VALUES ('d1', 'EA', 'It''s;\n(Electronic Arts)');`);
  for (const [i, chain] of CHAINS.entries()) {
    await sql`
      INSERT INTO "OptionChainSnapshot" VALUES (
        ${`s${i}`}, 'd1', ${`2026-07-0${i + 1} 15:30:00.123`}::text::timestamp,
        ${i === 2 ? null : "desk 1"}, ${`2026-07-0${i + 1} 15:29:58`}::text::timestamp,
        206.41, ${i < 2 ? 210 : 212.5}::numeric, ${JSON.stringify(chain)}::text::jsonb
      )`;
  }
}

/** What the new database has of it, as an analyst reads it. */
async function stored(sql: Sql): Promise<unknown> {
  return [
    ...await sql`
      SELECT s.as_of::text, s.agent_time::text, s.agent_id, s.late, s.spot::text,
        s.deal_price::text, q.occ, q.bid::text, q.volume, q.open_interest, q.bid_size
      FROM option_snapshots AS s
      JOIN option_quotes AS q USING (snapshot_id)
      ORDER BY s.seq, q.occ`,
  ].map((row) => Object.values(row).join(" "));
}

const CALL = "EA261218C00210000 1.0500 12";
const EXPECTED = [
  `2026-07-01 15:30:00.123+00 2026-07-01 15:29:58+00 desk-1 false 206.4100 210.0000 ${CALL} 310 10`,
  "2026-07-01 15:30:00.123+00 2026-07-01 15:29:58+00 desk-1 false 206.4100 210.0000 EA261218P00210000  3 310 10",
  `2026-07-02 15:30:00.123+00 2026-07-02 15:29:58+00 desk-1 false 206.4100 210.0000 ${CALL} 310 10`,
  "2026-07-02 15:30:00.123+00 2026-07-02 15:29:58+00 desk-1 false 206.4100 210.0000 EA261218P00210000  3 310 10",
  `2026-07-03 15:30:00.123+00 2026-07-03 15:29:58+00 import false 206.4100 212.5000 ${CALL} 311 1`,
  "2026-07-03 15:30:00.123+00 2026-07-03 15:29:58+00 import false 206.4100 212.5000 EA261218P00210000  3 310 10",
  `2026-07-04 15:30:00.123+00 2026-07-04 15:29:58+00 desk-1 false 206.4100 212.5000 ${CALL} 310 10`,
];

async function assertImported(sql: Sql, url: string, ...from: readonly string[]): Promise<void> {
  await withFolder(async (folder) => {
    const report = join(folder, "report.json");
    const args = [...from, "--report", report, "--database", url];
    const unfollowed = await run("import", ...args);
    assert.equal(unfollowed.code, 1);
    assert.match(unfollowed.stderr, /^EA is neither a deal nor watched, .* or give --follow$/m);
    const { code, stdout, stderr } = await run("import", "--follow", ...args);
    assert.equal(code, 1, "two things were not taken");
    assert.match(stderr, /s3, EA261218C00215000: bid is 1e\+308/);
    assert.match(stderr, /s4: chainData has no contract/);
    assert.match(stderr, /kept the deal prices of EA as a deal that is over/);
    assert.match(stdout, /^EA +4 \/ 4 +7 \/ 7 +4\.2000 \/ 4\.2000 .* yes$/m);
    assert.deepEqual(await stored(sql), EXPECTED);
    const { comparisons, notTaken } = JSON.parse(await Deno.readTextFile(report));
    assert.equal(notTaken.length, 2);
    assert.deepEqual(comparisons[0].source, comparisons[0].database);
    const again = await run("import", ...args);
    assert.match(again.stdout, /^EA +0 +0 +4 /m);
    assert.deepEqual(await stored(sql), EXPECTED);
    assert.equal((await sql`SELECT FROM deals`).length, 1);
  });
}

Deno.test("the first version's table is imported from its database, and both are compared", async () => {
  await withEmptyDatabase((old, oldUrl) =>
    withTestDatabase(async (sql, url) => {
      await makeFirstVersion(old);
      await assertImported(sql, url, "--from-database", oldUrl);
    })
  );
});

/** What pg_dump 15 wrote of the same tables: by COPY, by INSERT with three rows each, and in its own format. */
const DUMPS = ["copy.sql", "rows.sql", "custom.dump"];

for (const dump of DUMPS) {
  const needsRestore = dump.endsWith(".dump");
  Deno.test({
    name: `the first version's table is imported from a dump: ${dump}`,
    ignore: needsRestore && !(await hasPgRestore()),
    fn: () =>
      withTestDatabase(async (sql, url) => {
        await assertImported(sql, url, join(import.meta.dirname ?? "", "dumps", dump));
      }),
  });
}

async function hasPgRestore(): Promise<boolean> {
  try {
    return (await new Deno.Command("pg_restore", { args: ["--version"] }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
