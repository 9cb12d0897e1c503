import { strict as assert } from "node:assert";
import { batchesAfter } from "../../db/batches.ts";
import type { Sql } from "../../db/connect.ts";
import { EMPTY_CHAIN, type LastKnownChain } from "../../options/chain.ts";
import { foldBatches } from "../../options/fold.ts";
import { chainAnswer } from "../../options/wire/chain.ts";
import { bodyOf, contractOf, EA, mustPost, withServer } from "../test/harness.ts";
import { keepCheckpoint } from "./fold.ts";
import { chainOnTo, chainUpTo, changedFrom } from "./past.ts";

/** Hours that each batch waited; those that did are late. */
const WAITED: readonly number[] = [0, 0, 3, 0, 2, 5, 0];

/** Runs a test on a history in which each batch has a contract of its own, and one of all. */
async function withHistory(
  test: (sql: Sql) => Promise<void>,
  afterTheFourth: (sql: Sql) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  await withServer(async ({ server, sql, key }) => {
    for (const [n, hours] of WAITED.entries()) {
      const contracts = [contractOf({ bid: 1 + n / 100 }), contractOf({ strike: 300 + n })];
      const agentTimestamp = new Date(Date.now() - hours * 3_600_000).toISOString();
      const body = bodyOf({ contracts, agentTimestamp, spotPrice: 200 + n });
      await mustPost(server, key, body, hours === 0 ? {} : { "lastmark-backfill": "1" });
      if (n === 3) await afterTheFourth(sql);
    }
    await test(sql);
  });
}

/** What an answer says of a chain, at some moment after all of it. */
const said = (chain: LastKnownChain) =>
  chainAnswer(chain, {
    nowMs: Date.UTC(2030, 0),
    ticker: EA,
    dealId: null,
    agentOnline: null,
    agentReason: null,
  });

/** The plain fold of what was stored up to each position. */
async function folds(sql: Sql): Promise<LastKnownChain[]> {
  const all = await Array.fromAsync(batchesAfter(sql, EA, { seq: 0 }));
  return [0, ...WAITED.keys().map((n) => n + 1)].map((to) =>
    foldBatches(EMPTY_CHAIN, all.filter(({ seq }) => seq <= to)).chain
  );
}

Deno.test("chainUpTo() and chainOnTo() give the fold of the batches up to a position, whatever checkpoints there are", async () => {
  await withHistory(async (sql) => {
    const expected = await folds(sql);
    const check = async (): Promise<void> => {
      for (const [seq, chain] of expected.entries()) {
        assert.deepEqual(said(await chainUpTo(sql, EA, seq)), said(chain), `up to ${seq}`);
        for (const from of expected.slice(0, seq)) {
          const on = await chainOnTo(sql, EA, from, seq);
          assert.deepEqual(said(on), said(chain), `from ${from.seq} on to ${seq}`);
        }
      }
    };
    await check();
    for (const seq of [2, 4, 7]) {
      await keepCheckpoint(sql, EA, expected[seq] ?? EMPTY_CHAIN);
      await check();
    }
  });
});

Deno.test("chainUpTo() begins with a checkpoint where one holds", async () => {
  await withHistory(async (sql) => {
    assert.equal((await chainUpTo(sql, EA, 4)).agentId, "of the checkpoint");
    assert.equal((await chainUpTo(sql, EA, 3)).agentId, "deals");
    // The fifth is older than the newest of the fourth.
    assert.equal((await chainUpTo(sql, EA, 5)).agentId, "deals");
  }, async (sql) => {
    const fourth = await chainUpTo(sql, EA, 4);
    await keepCheckpoint(sql, EA, { ...fourth, agentId: "of the checkpoint" });
  });
});

Deno.test("changedFrom() names the contracts that are other than before", async () => {
  await withHistory(async (sql) => {
    const chains = await folds(sql);
    const [first = EMPTY_CHAIN, second = EMPTY_CHAIN, third = EMPTY_CHAIN] = chains.slice(1);
    const [common, own] = ["EA301220C00210000", "EA301220C00301000"];
    assert.deepEqual(changedFrom(first, second).toSorted(), [common, own]);
    // The third is late: of the common contract newer quotes are known.
    assert.deepEqual(changedFrom(second, third), ["EA301220C00302000"]);
    assert.deepEqual(changedFrom(second, second), []);
  });
});
