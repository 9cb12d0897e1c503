import { strict as assert } from "node:assert";
import { EMPTY_CHAIN, type LastKnownContract } from "../../../options/chain.ts";
import { foldBatches } from "../../../options/fold.ts";
import { batchOf, quoteOf } from "../../../options/testing.ts";
import { contractsOf, defaultExpiry } from "./view.ts";
import { rowsBelow, sectionsOf } from "./sections.ts";

function known(...symbols: readonly string[]): LastKnownContract[] {
  const quotes = symbols.map((symbol) => quoteOf(symbol, { bid: 1, ask: 2 }));
  return [...foldBatches(EMPTY_CHAIN, [batchOf(1_000, quotes)]).chain.contracts.values()];
}

Deno.test("sectionsOf() keeps roots apart that share an expiry and a strike", () => {
  const sections = sectionsOf(known(
    "SPXW260717C07500000",
    "SPX260717C07500000",
    "SPXW260717P07500000",
    "SPXW260716C07500000",
  ));
  assert.deepEqual(sections.map(({ expiry, root }) => [expiry, root]), [
    ["2026-07-16", "SPXW"],
    ["2026-07-17", "SPX"],
    ["2026-07-17", "SPXW"],
  ]);
  const [, spx, spxw] = sections;
  assert.equal(spx?.rows[0]?.put, undefined);
  assert.equal(spxw?.rows[0]?.put?.occ, "SPXW260717P07500000");
});

Deno.test("sectionsOf() sorts strikes as numbers", () => {
  const [section] = sectionsOf(known("EA261218C01000000", "EA261218C00095000"));
  assert.deepEqual(section?.rows.map((row) => row.strike), [95, 1000]);
});

Deno.test("rowsBelow() counts the strikes under the spot, also outside all of them", () => {
  const [section] = sectionsOf(known("EA261218C00095000", "EA261218C00100000"));
  const rows = section?.rows ?? [];
  assert.deepEqual([90, 95, 97, 100, 120].map((spot) => rowsBelow(rows, spot)), [0, 0, 1, 1, 2]);
});

Deno.test("defaultExpiry() is the nearest that has prices, else the nearest", () => {
  const priced = known("EA270115C00210000", "EA261218C00210000");
  const unpriced = [
    ...foldBatches(EMPTY_CHAIN, [batchOf(1_000, [
      quoteOf("EA261120C00210000"),
    ])]).chain.contracts.values(),
  ];
  assert.equal(defaultExpiry([...priced, ...unpriced]), "2026-12-18");
  assert.equal(defaultExpiry(unpriced), "2026-11-20");
  assert.equal(defaultExpiry([]), undefined);
});

Deno.test("contractsOf() gives those of one expiry, or all", () => {
  const contracts = known("EA261218C00210000", "EA261218P00210000", "EA270115C00210000");
  const [section] = sectionsOf(contracts);
  assert.ok(section);
  assert.equal(contractsOf(contracts, section.expiry).length, 2);
  assert.equal(contractsOf(contracts, "all").length, 3);
});
