import { strict as assert } from "node:assert";
import { parseIsoDate, parseTicker } from "../../options/contract.ts";
import type { OptionParameters } from "../gateway/events.ts";
import { chooseParts, partsIn } from "./discovery.ts";
import { aroundClose } from "./expiries.ts";
import { ibSymbol, underlyingCandidates } from "./underlying.ts";

function row(
  exchange: string,
  tradingClass: string,
  expiries: readonly string[],
): OptionParameters {
  return { exchange, tradingClass, multiplier: 100, expiries, strikes: [] };
}

Deno.test("partsIn() merges the rows of SMART by trading class and leaves the others out", () => {
  const rows = [
    row("CBOE", "SPX", ["20260716", "20261217"]),
    row("SMART", "SPXW", ["20260717", "20260715"]),
    row("SMART", "SPX", ["20260716"]),
    row("SMART", "SPX", ["20260820"]),
  ];
  assert.deepEqual(partsIn(rows), [
    { tradingClass: "SPXW", expiry: "20260715" },
    { tradingClass: "SPX", expiry: "20260716" },
    { tradingClass: "SPXW", expiry: "20260717" },
    { tradingClass: "SPX", expiry: "20260820" },
  ]);
});

Deno.test("partsIn() keeps old roots as classes of their own", () => {
  const rows = [row("SMART", "CDE", ["20260821"]), row("SMART", "NGD", ["20260821"])];
  assert.deepEqual(partsIn(rows).map((part) => part.tradingClass), ["CDE", "NGD"]);
});

Deno.test("partsIn() takes every exchange's rows where SMART has none", () => {
  const rows = [row("AMEX", "X", ["20260821"]), row("CBOE", "X", ["20260821", "20260918"])];
  assert.equal(partsIn(rows).length, 2);
});

Deno.test("chooseParts() chooses among the expiries of all classes together", () => {
  const close = parseIsoDate("2026-08-30");
  assert.ok(close);
  const parts = [
    { tradingClass: "CDE", expiry: "20260821" },
    { tradingClass: "NGD", expiry: "20260821" },
    { tradingClass: "NGD", expiry: "20260918" },
    { tradingClass: "CDE", expiry: "20261016" },
  ];
  const chosen = chooseParts(parts, aroundClose(close, 20));
  assert.deepEqual(chosen, parts.slice(0, 3));
});

Deno.test("underlyingCandidates() asks for an index first where the ticker is known as one", () => {
  const kinds = (text: string): unknown[] => {
    const ticker = parseTicker(text);
    return ticker ? underlyingCandidates(ticker).map((contract) => contract.secType) : [];
  };
  assert.deepEqual(kinds("SPX"), ["IND", "STK"]);
  assert.deepEqual(kinds("EA"), ["STK", "IND"]);
});

Deno.test("ibSymbol() writes a share class after a space, however the ticker has it", () => {
  for (const text of ["BRK-B", "BRK.B", "BRK/B", "BRK B"]) {
    const ticker = parseTicker(text);
    assert.equal(ticker && ibSymbol(ticker), "BRK B");
  }
});
