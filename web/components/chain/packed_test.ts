import { strict as assert } from "node:assert";
import fc from "fast-check";
import type { LastKnownField, Seen } from "../../../options/chain.ts";
import type { MarketDataKind } from "../../../options/quote.ts";
import { occ } from "../../../options/testing.ts";
import { LAST_KNOWN_FIELDS } from "../../../options/known.ts";
import { packContracts, unpackContracts } from "./packed.ts";
import type { ShownContract } from "./shown_contract.ts";

const time = fc.constantFrom(1_000, 2_000, 1_784_210_218_123);
const kind = fc.constantFrom<MarketDataKind | null>("realtime", "delayed", null);
const seen: fc.Arbitrary<Seen> = fc.record({
  value: fc.integer({ min: -1_000_000, max: 1_000_000 }).map((scaled) => scaled / 10_000),
  seenAtMs: time,
  now: fc.boolean(),
}, { noNullPrototype: true });

const contract: fc.Arbitrary<ShownContract> = fc.record({
  occ: fc.integer({ min: 1, max: 99_999 }).map((strike) =>
    occ(`EA261218C${String(strike * 1000).padStart(8, "0")}`)
  ),
  asOfMs: fc.option(time),
  kind,
  multiplier: fc.constant(null),
  quotedAtMs: fc.constant(null),
  fields: fc.uniqueArray(fc.tuple(fc.constantFrom<LastKnownField>(...LAST_KNOWN_FIELDS), seen), {
    selector: ([field]) => field,
  }).map((entries) => Object.fromEntries(entries)),
  missingReason: fc.option(fc.string()),
  quality: fc.integer({ min: 0, max: 32_767 }),
  closeLast: fc.option(fc.integer({ min: 1, max: 999 })),
}, { noNullPrototype: true });

Deno.test("unpackContracts() gives back what packContracts() was given, through JSON", () => {
  fc.assert(
    fc.property(fc.array(contract), (contracts) => {
      const packed: ReturnType<typeof packContracts> = JSON.parse(
        JSON.stringify(packContracts(contracts, LAST_KNOWN_FIELDS)),
      );
      assert.deepEqual(unpackContracts(packed), contracts);
    }),
  );
});

Deno.test("packContracts() names a time once, however many contracts were seen then", () => {
  const one: ShownContract = {
    occ: occ("EA261218C00210000"),
    asOfMs: 1_784_210_218_123,
    kind: "realtime",
    multiplier: null,
    quotedAtMs: null,
    fields: { bid: { value: 1.05, seenAtMs: 1_784_210_218_123, now: true } },
    missingReason: null,
    quality: 0,
    closeLast: null,
  };
  const packed = packContracts([one, one, one], ["bid"]);
  assert.deepEqual(packed.times, [1_784_210_218_123]);
  assert.deepEqual(packed.fields.bid, { values: [1.05, 1.05, 1.05] });
});
