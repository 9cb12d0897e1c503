import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { makeContract, parseIsoDate, parseOcc, parseTicker } from "./contract.ts";

Deno.test("parseOcc() reads the root, with the digit of an adjusted one, apart from the date", () => {
  const table = [
    ["SPX260717P07500000", "SPX", "2026-07-17", "P", 7500],
    ["SPXW  260717P07500000", "SPXW", "2026-07-17", "P", 7500],
    ["BKNG1260717C00107500", "BKNG1", "2026-07-17", "C", 107.5],
    ["AAPL140621P00070710", "AAPL", "2014-06-21", "P", 70.71],
    ["F260717C00012345", "F", "2026-07-17", "C", 12.345],
  ] as const;
  for (const [text, root, expiry, right, strike] of table) {
    assert.deepEqual(parseOcc(text), {
      occ: text.replaceAll(" ", ""),
      root,
      expiry,
      right,
      strike,
    });
  }
});

Deno.test("parseOcc() refuses what only looks like an OCC symbol", () => {
  const bad = [
    "",
    "EA",
    "EA260717X00200000",
    "EA261317C00200000", // month 13
    "EA260230C00200000", // 30 February
    "EA260717C00000000", // strike 0
    "EA260717C0020000",
    "260717C00200000",
    "ELECTRO260717C00200000",
    "ea260717c00200000",
  ];
  for (const text of bad) assert.equal(parseOcc(text), undefined, text);
});

Deno.test("makeContract() and parseOcc() agree for every root, day, right and strike", () => {
  const days = fc.date({
    min: new Date("2000-01-01"),
    max: new Date("2099-12-31"),
    noInvalidDate: true,
  });
  fc.assert(fc.property(
    fc.stringMatching(/^[A-Z][A-Z0-9]{0,5}$/),
    days,
    fc.constantFrom("C", "P"),
    fc.integer({ min: 1, max: 99_999_999 }),
    (root, day, right, thousandths) => {
      const expiry = parseIsoDate(day.toISOString().slice(0, 10));
      assert.ok(expiry);
      const contract = makeContract(root, expiry, right, thousandths / 1000);
      assert.ok(contract);
      assert.deepEqual(parseOcc(contract.occ), contract);
      assert.deepEqual([contract.expiry, contract.right], [expiry, right]);
      assert.equal(contract.strike, thousandths / 1000);
    },
  ));
});

Deno.test("parseTicker() upper-cases what names a ticker and refuses the rest", () => {
  for (
    const [text, ticker] of [
      ["ea", "EA"],
      [" brk-b ", "BRK-B"],
      ["BRK B", "BRK-B"],
      ["brk.b", "BRK-B"],
      ["BRK/B", "BRK-B"],
      ["spx", "SPX"],
    ]
  ) {
    assert.equal(parseTicker(text ?? ""), ticker);
  }
  for (const text of ["", "7", "EA;", "../EA", "E".repeat(11), "BRK-", "BRK--B", "BRK-B-C", "É"]) {
    assert.equal(parseTicker(text), undefined, text);
  }
});

Deno.test("parseIsoDate() takes two forms of a day that exists", () => {
  assert.equal(parseIsoDate("2024-02-29"), "2024-02-29");
  assert.equal(parseIsoDate("20240229"), "2024-02-29");
  for (
    const text of [
      "2023-02-29",
      "2024-0229",
      "202402-29",
      "24-02-29",
      "2024-13-01",
      "2024-02-29T00",
    ]
  ) {
    assert.equal(parseIsoDate(text), undefined, text);
  }
});
