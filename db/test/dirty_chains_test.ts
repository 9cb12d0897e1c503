/** Recorded chains, as dirty as real ones are, through the database. */
import { strict as assert } from "node:assert";
import { quotesOf } from "../../options/columns.ts";
import { conditionsOf } from "../../options/conditions.ts";
import { readChainFolder } from "../../options/formats/folder.ts";
import { layoutOf } from "../../options/layout.ts";
import { columnsQuality, countFlags } from "../../options/quality.ts";
import { testOnRealChains } from "../../options/testing.ts";
import { batchesAfter } from "../batches.ts";
import { marketConditions } from "../conditions.ts";
import { saveDeal } from "../deals.ts";
import { ingestBatch } from "../ingest.ts";
import { withTestDatabase } from "../testing.ts";
import { batch, expectKind, follow, quote } from "./fixtures.ts";

testOnRealChains(
  "Q-1 every contract of every recorded chain is stored as it came and read back so",
  async (folder) => {
    const chains = await readChainFolder(`${folder}/us-chains-2026`);
    await withTestDatabase(async (sql) => {
      const { request } = await follow(sql);
      for (const { ticker, spot, updatedMs: agentTimeMs, contracts, file } of chains) {
        await saveDeal(sql, { ticker, cash: null, close: null });
        const quotes = contracts.map(({ contract, ...values }) => quote(contract.occ, values));
        const sent = batch({ ticker, spot, agentTimeMs, quotes });
        const { seq, snapshotId, asOfMs } = expectKind(
          await ingestBatch(sql, request({ batch: sent, backfill: true })),
          "stored",
        );
        assert.ok(seq !== null);
        const [read] = await Array.fromAsync(batchesAfter(sql, ticker, { seq: seq - 1 }));
        assert.ok(read);
        const { columns } = read;
        assert.deepEqual(quotesOf(columns), quotesOf(sent.columns), file);
        assert.equal(columns.occ.length, contracts.length);
        const [counted] = await sql`
          SELECT count(*)::integer AS quotes
          FROM option_quotes
          WHERE ticker = ${ticker} AND snapshot_id = ${snapshotId}`;
        assert.equal(counted?.["quotes"], contracts.length);

        const context = { ticker, spot: read.spot, atMs: agentTimeMs };
        const flagsIn = columnsQuality(sent.columns, layoutOf(sent.columns.occ), context);
        const flagsOut = columnsQuality(columns, layoutOf(columns.occ), context);
        assert.deepEqual(countFlags(flagsOut), countFlags(flagsIn), file);
        const expected = conditionsOf(columns, context);
        const range = { fromMs: asOfMs, toMs: asOfMs + 1 };
        const [stored] = await marketConditions(sql, ticker, range);
        assert.equal(stored?.expiries.length, expected.expiries.length, file);
        assert.equal(stored?.putOpenInterest, expected.putOpenInterest);
        if (expected.atmIv === null) assert.equal(stored?.atmIv, null);
        else assert.ok(Math.abs((stored?.atmIv ?? NaN) - expected.atmIv) < 1e-5, file);
      }
    });
  },
);
