import { strict as assert } from "node:assert";
import { MARKET_DATA_KINDS, QUOTE_FIELDS } from "../../quote.ts";
import { MAX_CONTRACTS } from "../ingest_schema.ts";
import { ScanMemory } from "../scan_memory.ts";
import * as layout from "./layout.ts";

Deno.test("the layout has the contracts, fields and kinds that there are", () => {
  assert.equal(layout.MAX_ROWS, MAX_CONTRACTS);
  assert.equal(layout.MID, QUOTE_FIELDS.length);
  assert.equal(layout.KIND_COUNT, MARKET_DATA_KINDS.length);
  const named = { impliedVol: layout.IMPLIED_VOL, delta: layout.DELTA, theta: layout.THETA };
  for (const [field, key] of Object.entries(named)) assert.equal(QUOTE_FIELDS[key], field);
  assert.deepEqual(
    QUOTE_FIELDS.slice(layout.DELTA, layout.VEGA + 1),
    ["delta", "gamma", "theta", "vega"],
  );
});

Deno.test("nothing in the layout lies on anything else", () => {
  const { MAX_ROWS, PATTERN_SIZE } = layout;
  const places: readonly (readonly [at: number, size: number])[] = [
    [layout.RESULT, 36],
    [layout.NEXT, layout.START + 1],
    [layout.KINDS_OF_NUMBER, layout.MID + 1],
    [layout.FACTORS, 4 * 2 * layout.WITH_MINUS * 8],
    [layout.POWERS, 8 * layout.POWER_COUNT],
    [layout.MINUS_BYTES, 16],
    [layout.ZERO_BYTES, 16],
    [layout.NINE_BYTES, 16],
    [layout.POINT_BYTES, 16],
    [layout.TENS, 16],
    [layout.HUNDREDS, 16],
    [layout.TEN_THOUSANDS, 16],
    [layout.KIND_PATTERNS, PATTERN_SIZE * layout.KIND_COUNT],
    [layout.KEY_PATTERNS, PATTERN_SIZE * 2 * layout.PER_LAYOUT],
    [layout.FORMS, layout.FORM_SIZE * layout.LONG_FORM],
    [layout.NUMBERS, layout.NUMBERS_SIZE * (layout.MID + 1)],
    [layout.KINDS, MAX_ROWS],
    [layout.MULTIPLIERS, 8 * MAX_ROWS],
    [layout.TIMES, 8 * MAX_ROWS],
    [layout.PLACES, 4 * MAX_ROWS],
    [layout.TEXT_AT, 4 * (MAX_ROWS + 1)],
    [layout.NAMES, layout.NAME_SIZE * MAX_ROWS],
    [layout.NOTED, layout.NOTE_SIZE * layout.MAX_NOTES],
    [layout.TEXTS, 0],
  ];
  for (const [n, [at, size]] of places.entries()) {
    const next = places[n + 1]?.[0] ?? new ScanMemory().bytes.length;
    assert.ok(at + size <= next, `what is at ${at} reaches ${at + size}, beyond ${next}`);
  }
  assert.ok(4 * MAX_ROWS <= layout.NUMBERS_SIZE && layout.NUMBERS_SIZE % 16 === 0);
});
