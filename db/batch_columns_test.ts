import { strict as assert } from "node:assert";
import { quotesOf } from "../options/columns.ts";
import fc from "fast-check";
import { makeContract, parseIsoDate } from "../options/contract.ts";
import { FIELD_SCALE, type Quote, QUOTE_FIELDS, toStored } from "../options/quote.ts";
import { batchesAfter } from "./batches.ts";
import { toColumns } from "./batch_columns.ts";
import { ingestBatch } from "./ingest.ts";
import { batch, EA, follow, quote } from "./test/fixtures.ts";
import { withTestDatabase } from "./testing.ts";

/** Any value that fits a field's column, `null` among them. */
const value = (scale: number, least: number): fc.Arbitrary<number | null> =>
  fc.option(fc.double({ min: least / scale, max: 2_147_483_647 / scale, noNaN: true }));

const GREEKS = new Set(["delta", "gamma", "theta", "vega"]);

const contract = fc.integer({ min: 1, max: 99_999_999 }).map((thousandths) => {
  const expiry = parseIsoDate("2026-12-18");
  const made = expiry && makeContract("EA", expiry, "C", thousandths / 1000);
  assert.ok(made);
  return made.occ;
});

const quotes = fc.uniqueArray(
  fc.record({
    occ: contract,
    kind: fc.constantFrom("realtime", "frozen", "delayed", "delayed_frozen", null),
    multiplier: fc.constantFrom(null, 100, 1, 0.1, 37.5),
    quotedAtMs: fc.option(fc.integer({ min: 0, max: 4_000_000_000_000 })),
    fields: fc.tuple(
      ...QUOTE_FIELDS.map((name) =>
        value(FIELD_SCALE[name], GREEKS.has(name) ? -2_147_483_647 : 0)
      ),
    ),
  }).map(({ fields, ...rest }): Quote => {
    const values = Object.fromEntries(QUOTE_FIELDS.map((name, i) => [name, fields[i] ?? null]));
    // One value for each of QUOTE_FIELDS, as a Quote has them.
    return { ...rest, ...values } as Quote;
  }),
  { selector: ({ occ }) => occ, minLength: 1, maxLength: 12 },
);

Deno.test("what is stored comes back as it was, to the stored precision", async () => {
  await withTestDatabase(async (sql) => {
    const { request } = await follow(sql);
    let seq = 0;
    await fc.assert(
      fc.asyncProperty(quotes, async (sent) => {
        await ingestBatch(sql, request({ batch: batch({ quotes: sent }) }));
        const [read] = await Array.fromAsync(batchesAfter(sql, EA, { seq: seq++ }));
        const expected = sent.toSorted((a, b) => (a.occ < b.occ ? -1 : 1)).map((one) => ({
          ...one,
          ...Object.fromEntries(
            QUOTE_FIELDS.map((name) => {
              const stored = one[name] === null ? null : toStored(name, one[name]);
              // PostgreSQL's whole numbers know no -0.
              return [name, stored === 0 ? 0 : stored];
            }),
          ),
        }));
        assert.deepEqual(read && quotesOf(read.columns), expected);
      }),
      { numRuns: 60 },
    );
  });
});

Deno.test("toColumns() refuses a value that does not fit, by its contract and field", () => {
  const tooDear = quote("EA261218C00210000", { bid: 300_000 });
  assert.throws(() => toColumns([tooDear]), /bid of EA261218C00210000 is 300000/);
  const noNumber = quote("EA261218C00210000", { delta: Number.NaN });
  assert.throws(() => toColumns([noNumber]), /delta of EA261218C00210000 is NaN/);
});
