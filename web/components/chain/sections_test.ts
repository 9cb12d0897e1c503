import { strict as assert } from "node:assert";
import { EMPTY_CHAIN } from "../../../options/chain.ts";
import { foldBatches } from "../../../options/fold.ts";
import { batchOf, quoteOf } from "../../../options/testing.ts";
import { parseIsoDate } from "../../../options/contract.ts";
import { contractsOf, defaultExpiry } from "./view.ts";
import type { ShownContract } from "./shown_contract.ts";
import { rowsBelow, rowsWithin, type Section, sectionsOf, windowsOf } from "./sections.ts";

function known(...symbols: readonly string[]): ShownContract[] {
  const quotes = symbols.map((symbol) => quoteOf(symbol, { bid: 1, ask: 2 }));
  const { chain } = foldBatches(EMPTY_CHAIN, [batchOf(1_000, quotes)]);
  return [...chain.contracts.values()].map((one) => ({ ...one, quality: 0, closeLast: null }));
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

function sectionOf(strikes: readonly number[]): Section {
  const rows = strikes.map((strike) => ({ strike, call: undefined, put: undefined }));
  const expiry = parseIsoDate("2026-12-18");
  assert.ok(expiry);
  return { key: "2026-12-18 EA", expiry, root: "EA", rows };
}

Deno.test("a window shows as many strikes on either side of the money", () => {
  const section = sectionOf(Array.from({ length: 50 }, (_, at) => 100 + at));
  const windows = windowsOf([section], 120.5, 4);
  assert.deepEqual(rowsWithin(section, windows).map(({ strike }) => strike), [
    117,
    118,
    119,
    120,
    121,
    122,
    123,
    124,
  ]);
  assert.deepEqual([windows[section.key]?.strikes, windows[section.key]?.lowest], [50, 100]);
});

Deno.test("a window at the end of the strikes is as wide as any", () => {
  const section = sectionOf(Array.from({ length: 50 }, (_, at) => 100 + at));
  for (const spot of [1, 100, 149, 900]) {
    assert.equal(rowsWithin(section, windowsOf([section], spot, 4)).length, 8, `${spot}`);
  }
});

Deno.test("without a spot the window is around the middle; few strikes need none", () => {
  const section = sectionOf(Array.from({ length: 50 }, (_, at) => 100 + at));
  assert.equal(rowsWithin(section, windowsOf([section], null, 4))[0]?.strike, 121);
  assert.deepEqual(windowsOf([sectionOf([1, 2, 3])], 2, 4), {});
});
