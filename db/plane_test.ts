import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { columnsOf, NONE, type QuoteColumns } from "../options/columns.ts";
import { makeContract, type OccSymbol, parseIsoDate } from "../options/contract.ts";
import { COLUMNS, decodeBlock, encodeBlock, readBlock, wholeColumns } from "./block.ts";
import { planeByte, planeEnd, planeRoom, readPlane, writePlane } from "./plane.ts";
import { withTestDatabase } from "./testing.ts";

/** Bytes as planes have them: few that are not 0, or of few bits, or any. */
const byte = fc.oneof(
  { weight: 3, arbitrary: fc.constant(fc.constant(0)) },
  { weight: 2, arbitrary: fc.constantFrom(1, 3, 15, 255).map((max) => fc.nat({ max })) },
);

const bytes: fc.Arbitrary<number[]> = fc.tuple(fc.integer({ min: 1, max: 300 }), byte, byte)
  .chain(([length, often, seldom]) =>
    fc.array(fc.oneof({ weight: 9, arbitrary: often }, { weight: 1, arbitrary: seldom }), {
      minLength: length,
      maxLength: length,
    })
  );

Deno.test("readPlane() and planeByte() give the bytes that writePlane() took, in no more room", () => {
  const forms = new Set<number | undefined>();
  fc.assert(
    fc.property(bytes, fc.constantFrom(0, 8, 24), (plane, shift) => {
      const codes = Uint32Array.from(plane, (value) => value << shift);
      const block = new Uint8Array(3 + planeRoom(plane.length));
      const end = writePlane(block, 3, codes, shift);
      forms.add(block[3]);
      assert.ok(end <= block.length);
      assert.equal(planeEnd(block, 3, plane.length), end);
      const read = new Uint32Array(plane.length);
      assert.equal(readPlane(block, 3, read, shift), end);
      assert.deepEqual(read, codes);
      const single = plane.map((_, place) => planeByte(block, 3, plane.length, place));
      assert.deepEqual(single, plane);
    }),
    { numRuns: 1_000 },
  );
  assert.deepEqual(forms, new Set([1, 2, 4, 8, 16]));
});

function namesOf(contracts: number): OccSymbol[] {
  const expiry = parseIsoDate("2026-12-18");
  return Array.from({ length: contracts }, (_, n) => {
    const occ = expiry && makeContract("EA", expiry, "C", n + 1)?.occ;
    assert.ok(occ);
    return occ;
  });
}

const volumes = fc.oneof(
  fc.constant(NONE),
  fc.constant(0),
  fc.nat({ max: 200 }),
  fc.nat({ max: 2_000_000_000 }),
);

/** Chains with columns that take planes of every form. */
const chains: fc.Arbitrary<QuoteColumns> = fc.integer({ min: 1, max: 120 }).chain((length) =>
  fc.record({
    bid: fc.array(fc.oneof(fc.constant(NONE), fc.nat({ max: 900 }).map((n) => 500 * n)), {
      minLength: length,
      maxLength: length,
    }),
    volume: fc.array(volumes, { minLength: length, maxLength: length }),
    delta: fc.array(fc.integer({ min: -2_000_000_000, max: 2_000_000_000 }), {
      minLength: length,
      maxLength: length,
    }),
    quotedAtMs: fc.array(fc.oneof(fc.constant(NaN), fc.nat({ max: 4_000_000_000_000 })), {
      minLength: length,
      maxLength: length,
    }),
  }).map(({ bid, volume, delta, quotedAtMs }) => {
    const { fields, ...rest } = columnsOf([]);
    const ints = (values: number[]): Int32Array | null =>
      values.every((value) => value === NONE) ? null : Int32Array.from(values);
    return {
      ...rest,
      occ: namesOf(length),
      fields: { ...fields, bid: ints(bid), volume: ints(volume), delta: ints(delta) },
      quotedAtMs: quotedAtMs.every(Number.isNaN) ? null : Float64Array.from(quotedAtMs),
    };
  })
);

Deno.test("decodeBlock() and readBlock() give whole chains as encodeBlock() took them", () => {
  fc.assert(
    fc.property(chains, fc.nat(), (columns, any) => {
      const { length } = columns.occ;
      const block = encodeBlock(columns);
      assert.deepEqual(decodeBlock(block, columns.occ), columns);
      const place = any % length;
      const wholes = wholeColumns(columns).map((column) => column?.[place] ?? NONE);
      assert.deepEqual(readBlock(block, length, place), wholes);
    }),
    { numRuns: 300 },
  );
});

Deno.test("block_values() in SQL reads a block as decodeBlock() does", async () => {
  await withTestDatabase(async (sql) => {
    await fc.assert(
      fc.asyncProperty(chains, async (columns) => {
        const block = encodeBlock(columns);
        const rows = await sql`
          SELECT array_to_json(block_values(decode(${block.toBase64()}, 'base64'), place)) AS values
          FROM generate_series(0, ${COLUMNS - 1}::integer) AS place
          ORDER BY place`;
        const read = rows.map((row) => row["values"]);
        const sent = wholeColumns(columns).map((column) =>
          column && Array.from(column, (value) => value === NONE ? null : value)
        );
        assert.deepEqual(read, sent);
      }),
      { numRuns: 60 },
    );
  });
});
