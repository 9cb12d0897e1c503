/** Quotes of every kind that can be stored, at stored precision. */
import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { makeContract, parseIsoDate } from "../../options/contract.ts";
import {
  FIELD_SCALE,
  MARKET_DATA_KINDS,
  type Quote,
  QUOTE_FIELDS,
  type QuoteField,
} from "../../options/quote.ts";

const GREEKS = new Set<QuoteField>(["delta", "gamma", "theta", "vega"]);

/** Any value that fits a field's column, `null` among them; often in steps, as prices are. */
function value(field: QuoteField): fc.Arbitrary<number | null> {
  const least = GREEKS.has(field) ? -2_147_483_647 : 0;
  const any = fc.integer({ min: least, max: 2_147_483_647 });
  const stepped = fc.nat({ max: 9_999 }).map((n) => n * 500);
  return fc.oneof(fc.constant(null), fc.constant(0), any, stepped)
    .map((whole) => whole === null ? null : whole / FIELD_SCALE[field]);
}

const contract = fc.integer({ min: 1, max: 99_999_999 }).map((thousandths) => {
  const expiry = parseIsoDate("2026-12-18");
  const made = expiry && makeContract("EA", expiry, "C", thousandths / 1000);
  assert.ok(made);
  return made.occ;
});

/** Quotes of up to twelve contracts. */
export const storedQuotes: fc.Arbitrary<Quote[]> = fc.uniqueArray(
  fc.record({
    occ: contract,
    kind: fc.constantFrom(...MARKET_DATA_KINDS, null),
    multiplier: fc.constantFrom(null, 100, 1, 0.1, 37.5),
    quotedAtMs: fc.option(fc.integer({ min: 0, max: 4_000_000_000_000 })),
    fields: fc.tuple(...QUOTE_FIELDS.map(value)),
  }).map(({ fields, ...rest }): Quote => {
    const values = Object.fromEntries(QUOTE_FIELDS.map((name, i) => [name, fields[i] ?? null]));
    // One value for each of QUOTE_FIELDS, as a Quote has them.
    return { ...rest, ...values } as Quote;
  }),
  { selector: ({ occ }) => occ, minLength: 1, maxLength: 12 },
);
