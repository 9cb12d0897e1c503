import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { FIELD_SCALE, QUOTE_FIELDS, toStored } from "./quote.ts";
import { MAX_COUNT, MAX_GREEK, PRICE_LIMIT } from "./wire/ingest_schema.ts";

Deno.test("toStored() rounds to the stored precision, once and for all", () => {
  assert.equal(toStored("bid", 310.6600036621094), 310.66);
  assert.equal(toStored("impliedVol", 0.23456789), 0.234568);
  fc.assert(fc.property(
    fc.constantFrom(...QUOTE_FIELDS),
    fc.double({ min: -MAX_GREEK, max: MAX_GREEK, noNaN: true }),
    (field, value) => {
      const stored = toStored(field, value);
      assert.ok(Number.isInteger(Math.round(stored * FIELD_SCALE[field])));
      assert.equal(toStored(field, stored), stored);
      assert.ok(!Object.is(stored, -0));
      // Half a unit, and what a double cannot tell apart.
      assert.ok(Math.abs(stored - value) * FIELD_SCALE[field] <= 0.5 + 1e-5);
    },
  ));
});

Deno.test("W-9 every bound of the ingest call fits a 32-bit integer at its field's scale", () => {
  for (const field of QUOTE_FIELDS) {
    const bound = FIELD_SCALE[field] === 1
      ? MAX_COUNT
      : FIELD_SCALE[field] === 10_000
      ? PRICE_LIMIT
      : MAX_GREEK;
    assert.ok(bound * FIELD_SCALE[field] <= 2_147_483_647, field);
  }
});
