import { strict as assert } from "node:assert";
import { join } from "node:path";
import { EXIT_USAGE } from "../../base/command.ts";
import { batchesAfter } from "../../db/batches.ts";
import type { Sql } from "../../db/connect.ts";
import { ingestBatch } from "../../db/ingest.ts";
import { createKey, hashKey } from "../../db/keys.ts";
import { withTestDatabase } from "../../db/testing.ts";
import { addWatch } from "../../db/watches.ts";
import { EMPTY_CHAIN, type LastKnownChain } from "../../options/chain.ts";
import { type ColumnBatch, columnsOf } from "../../options/columns.ts";
import { parseTicker, type Ticker } from "../../options/contract.ts";
import { foldBatches } from "../../options/fold.ts";
import type { Quote } from "../../options/quote.ts";
import { quoteOf, testOnRealChains } from "../../options/testing.ts";
import { withFolder } from "../files/test/folder.ts";
import { run } from "./lastmark.ts";

const EA: Ticker = parseTicker("EA") ?? assert.fail();
const CALL = "EA261218C00210000";
const PUT = "EA261218P00210000";

/** Whole days around the batches that tests ingest now. */
const DAY_MS = 86_400_000;

/** What agents send in a day, as ingest takes it: reads, changes, a backfill, reasons. */
async function live(sql: Sql): Promise<void> {
  await addWatch(sql, EA);
  const { key } = await createKey(sql, { agent: "deals" });
  const send = async (
    quotes: readonly Quote[],
    given: Partial<ColumnBatch> = {},
    backfill = false,
  ): Promise<void> => {
    const batch: ColumnBatch = {
      ticker: EA,
      agentId: "deals",
      agentTimeMs: Date.now() - (backfill ? DAY_MS : 0),
      sentAtMs: Date.now(),
      spot: 206.41,
      mode: "snapshot",
      readId: 'read "1", first',
      columns: columnsOf(quotes),
      missing: [],
      ...given,
    };
    const request = { keyHash: hashKey(key), idempotencyKey: null, windowMs: 60_000, traceId: "t" };
    assert.equal((await ingestBatch(sql, { ...request, batch, backfill })).kind, "stored");
  };
  const call = quoteOf(CALL, { bid: 1.05, ask: 1.1, impliedVol: 1e-5, kind: "delayed" });
  const put = quoteOf(PUT, { bid: 0, last: 3.0001, delta: -0.000001, multiplier: 100 });
  await send([call, put]);
  await send([{ ...call, bid: 1.06, quotedAtMs: Date.now() }], { mode: "update" });
  const aged = [quoteOf(CALL, { bid: 0.9, volume: 12 })];
  const backfill = true;
  await send(aged, { spot: null, readId: null }, backfill);
  await send([put], { missing: [{ contract: CALL, reason: "no tick,\nso far" }] });
}

async function chainOf(sql: Sql): Promise<LastKnownChain> {
  return foldBatches(EMPTY_CHAIN, await Array.fromAsync(batchesAfter(sql, EA, { seq: 0 }))).chain;
}

for (const ending of ["csv", "parquet"]) {
  Deno.test(`history out as ${ending} and in again is equal, and so is the last-known chain`, async () => {
    await withFolder((folder) =>
      withTestDatabase((sql, url) =>
        withTestDatabase(async (other, otherUrl) => {
          await live(sql);
          const [first, second] = [join(folder, `1.${ending}`), join(folder, `2.${ending}`)];
          const at = ["--database", otherUrl];
          const out = await run("export", "--ticker", "ea", "--out", first, "--database", url);
          assert.deepEqual([out.code, out.stderr], [0, "wrote 5 rows of 4 batches"]);
          const tried = await run("import", "--dry-run", "--follow", first, ...at);
          assert.match(tried.stdout, /^EA +4 +0 +0 +0 +5 .*\nread 5 rows, would store 5;/m);
          assert.equal((await other`SELECT FROM batches`).length, 0);
          const came = await run("import", "--follow", first, "--json", ...at);
          assert.equal(JSON.parse(came.stdout).tickers[0].stored, 4);
          await run("export", "--all", "--out", second, ...at);
          assert.deepEqual(await Deno.readFile(second), await Deno.readFile(first));
          assert.deepEqual(await chainOf(other), await chainOf(sql));
        })
      )
    );
  });
}

Deno.test("export takes what is as of a period, and standard output; import takes it gzipped", async () => {
  await withFolder((folder) =>
    withTestDatabase((sql, url) =>
      withTestDatabase(async (_, otherUrl) => {
        await live(sql);
        const today = new Date(Date.now() - DAY_MS / 2).toISOString();
        const out = await run("export", "--all", "--to", today, "--database", url);
        const [names, row, ...more] = out.stdout.split("\r\n");
        assert.match(names ?? "", /^ticker,seq,mode,as_of,received_at,.*,quoted_at,missing$/);
        assert.match(
          row ?? "",
          /^EA,3,snapshot,.*,true,deals,,t,,EA261218C00210000,EA,2026-12-18,C,210\.000,0\.9000,,/,
        );
        assert.deepEqual(more, []);
        const later = await run("export", "--all", "--from", today, "--database", url);
        assert.equal(later.stderr, "wrote 4 rows of 3 batches");
        const file = join(folder, "x.csv.gz");
        const packed = new Blob([later.stdout]).stream().pipeThrough(new CompressionStream("gzip"));
        await Deno.writeFile(file, packed);
        const came = await run("import", "--follow", file, "--database", otherUrl);
        assert.match(came.stdout, /^EA +3 +0 +0 +0 +4 /m);
        const none = await run("export", "--all", "--from", "2100-01-01", "--database", url);
        assert.deepEqual([none.stdout, none.stderr], [names, "there is nothing in that time"]);
      })
    )
  );
});

Deno.test("a wrong row of a file is named by its line, and the rest is taken", async () => {
  await withFolder((folder) =>
    withTestDatabase(async (_, url) => {
      const at = ["--database", url];
      const file = join(folder, "x.csv");
      const row = (minute: number, bid: string): string =>
        `EA,2026-07-08T14:${minute}:00Z,${CALL},${bid}`;
      const text = (bid: string): string =>
        ["ticker,as_of,occ,bid", row(30, "1.05"), row(31, bid), row(32, "1.07")].join("\n");
      await Deno.writeTextFile(file, text("1,06"));
      await Deno.writeTextFile(join(folder, "y.json"), "{}");
      const partly = await run("import", "--follow", folder, ...at);
      assert.equal(partly.code, 1);
      assert.match(partly.stderr, /y\.json: is of no known format/);
      assert.match(partly.stderr, /x\.csv, line 3: has 5 cells, expected 4 as in line 1$/m);
      assert.match(partly.stdout, /read 3 rows, stored 1; 2 are of batches with a wrong row$/);
      await Deno.writeTextFile(file, text("1.06"));
      const mended = await run("import", file, ...at);
      assert.equal(mended.code, 0, mended.stderr);
      assert.match(mended.stdout, /^EA +0 +2 +1 +0 +2 /m);
    })
  );
});

Deno.test("export and import say what cannot be", async () => {
  await withTestDatabase(async (_, url) => {
    const at = ["--database", url];
    const usage = await run("export", ...at);
    assert.equal(usage.code, EXIT_USAGE);
    assert.match(usage.stderr, /^error: one of --ticker and --all must be given\. \(see/);
    const turned = await run(
      "export",
      "--all",
      "--from",
      "2026-07-08",
      "--to",
      "2026-07-08",
      ...at,
    );
    assert.match(turned.stderr, /--from must be before --to/);
    assert.match((await run("export", "--all", "--to", "soon", ...at)).stderr, /a day such as/);
    const unknown = await run("export", "--ticker", "XYZ", ...at);
    assert.deepEqual([unknown.code, unknown.stderr], [
      1,
      "there is no history of XYZ: it was never followed",
    ]);
    assert.equal((await run("import", ...at)).code, EXIT_USAGE);
    const away = await run("import", "no-such-file.csv", ...at);
    assert.deepEqual([away.code, away.stderr], [1, "no-such-file.csv: is not there."]);
    const empty = await run("import", "--from-database", url, ...at);
    assert.match(empty.stderr, /^test_\w+ has no table OptionChainSnapshot$/);
  });
});

testOnRealChains("recorded chains in, a week out and in again is equal", async (recorded) => {
  await withFolder((folder) =>
    withTestDatabase((_, url) =>
      withTestDatabase(async (_, otherUrl) => {
        const at = ["--database", url];
        const imported = await run("import", "--follow", ...at, recorded);
        assert.match(imported.stdout, /^AAPL +27 +0 +0 +0 +83864 +2014-06-04T04:00:00Z/m);
        assert.match(imported.stdout, /^SPY +253 +0 +0 +0 +8200 /m);
        assert.match(imported.stdout, /; 0 are of batches with a wrong row$/);
        const again = await run("import", ...at, join(recorded, "us-chains-2026"));
        assert.match(again.stdout, /^AAPL +0 +0 +8 +0 +0 /m);
        const week = ["--all", "--from", "2026-07-08", "--to", "2026-07-15"];
        for (const ending of ["csv", "parquet"]) {
          const [first, second] = [join(folder, `1.${ending}`), join(folder, `2.${ending}`)];
          const out = await run("export", ...week, "--out", first, ...at);
          assert.equal(out.stderr, "wrote 14383 rows of 11 batches");
          await run("import", "--follow", first, "--database", otherUrl);
          await run("export", ...week, "--out", second, "--database", otherUrl);
          assert.deepEqual(await Deno.readFile(second), await Deno.readFile(first));
        }
      })
    )
  );
});
