import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { columnsOf, quotesOf } from "../options/columns.ts";
import type { Quote } from "../options/quote.ts";
import { batchesAfter, batchesBetween } from "./batches.ts";
import type { Sql } from "./connect.ts";
import { contractHistory } from "./contract_history.ts";
import { ingestBatch } from "./ingest.ts";
import { rewriteDays } from "./rewrite.ts";
import { batch, EA, expectKind, follow, occ, quote } from "./test/fixtures.ts";
import { storedQuotes } from "./test/quotes.ts";
import { withTestDatabase } from "./testing.ts";

const LATER_MS = Date.UTC(2100, 0);

const names = ["C", "P"].flatMap((right) =>
  [180, 190, 195, 200, 205, 210].map((strike) => `EA261218${right}00${strike}000`)
);

/** Quotes of the same contracts with any values. */
const chains = fc.array(storedQuotes, { minLength: 12, maxLength: 12 }).map((lists) =>
  lists.map((quotes) =>
    names.map((name, i): Quote => ({ ...(quotes[i] ?? quote(name, {})), occ: occ(name) }))
  )
);

/** Stores chains of a moment, updates of one contract among them. */
async function fill(sql: Sql, lists: readonly (readonly Quote[])[]): Promise<void> {
  const { request } = await follow(sql);
  for (const [at, quotes] of lists.entries()) {
    const sent = batch({ columns: columnsOf(quotes) });
    expectKind(await ingestBatch(sql, request({ batch: sent })), "stored");
    if (at % 5 !== 0) continue;
    const update = batch({ mode: "update", columns: columnsOf(quotes.slice(0, 1)) });
    expectKind(await ingestBatch(sql, request({ batch: update })), "stored");
  }
}

/** All that can be read of EA, by every way. */
async function everything(sql: Sql): Promise<unknown> {
  const [contract] = names;
  assert.ok(contract);
  return {
    view: await sql`SELECT * FROM option_quotes ORDER BY seq, occ`.then((rows) => [...rows]),
    snapshots: await sql`SELECT * FROM option_snapshots ORDER BY seq`.then((rows) => [...rows]),
    changes: await sql`SELECT * FROM option_changes ORDER BY seq, occ`.then((rows) => [...rows]),
    after: await Array.fromAsync(batchesAfter(sql, EA, { seq: 0 })),
    between: await Array.fromAsync(batchesBetween(sql, EA, {})),
    contract: await Array.fromAsync(contractHistory(sql, { ticker: EA, occ: occ(contract) }, {})),
  };
}

/** Rewrites chains of a day, and proves that nothing that can be read has changed. */
async function mustReadAsBefore(
  lists: readonly (readonly Quote[])[],
  rewritten: { readonly batches: number; readonly inSlabs: number },
): Promise<void> {
  await withTestDatabase(async (sql) => {
    await fill(sql, lists);
    const before = await everything(sql);
    assert.equal(await rewriteDays(sql, LATER_MS), rewritten.batches);
    assert.deepEqual(await everything(sql), before);
    const [left] = await sql`
      SELECT count(day_id)::integer AS slabs, count(*) FILTER (WHERE packed)::integer AS packed
      FROM batches`;
    const { batches, inSlabs } = rewritten;
    assert.deepEqual(left, { slabs: inSlabs, packed: batches - inSlabs });
    assert.equal(await rewriteDays(sql, LATER_MS), 0);
  });
}

Deno.test("rewriteDays() changes nothing that can be read of a day of many snapshots", async () => {
  for (const lists of fc.sample(chains, { numRuns: 2, seed: 4 })) {
    await mustReadAsBefore(lists, { batches: 15, inSlabs: 12 });
  }
});

Deno.test("rewriteDays() changes nothing that can be read of a day of few", async () => {
  for (const lists of fc.sample(chains, { numRuns: 2, seed: 6 })) {
    await mustReadAsBefore(lists.slice(0, 5), { batches: 6, inSlabs: 0 });
  }
});

Deno.test("rewriteDays() leaves what was received since the given time", async () => {
  await withTestDatabase(async (sql) => {
    await fill(sql, [[quote("EA261218C00190000", { bid: 1 })]]);
    assert.equal(await rewriteDays(sql, Date.UTC(2020, 0)), 0);
  });
});

Deno.test("contractHistory() says what each batch of a period says of the contract", async () => {
  await withTestDatabase(async (sql) => {
    const [lists = []] = fc.sample(chains, { numRuns: 1, seed: 5 });
    await fill(sql, lists);
    const all = await Array.fromAsync(batchesAfter(sql, EA, { seq: 0 }));
    const [name = ""] = names;
    const expected = all.map(({ seq, columns }) => ({
      seq,
      quote: quotesOf(columns).find((each) => each.occ === name),
    }));
    const read = async (fromMs?: number): Promise<unknown> => {
      const period = fromMs === undefined ? {} : { fromMs };
      const rows = await Array.fromAsync(
        contractHistory(sql, { ticker: EA, occ: occ(name) }, period),
      );
      return rows.map(({ seq, quote }) => ({ seq, quote }));
    };
    assert.deepEqual(await read(), expected);
    await rewriteDays(sql, LATER_MS);
    assert.deepEqual(await read(), expected);
    assert.deepEqual(await read(all[3]?.asOfMs), expected.slice(3));
  });
});
