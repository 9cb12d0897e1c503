import { strict as assert } from "node:assert";
import { parseTicker } from "../../options/contract.ts";
import { referenceCloseMs } from "./day.ts";

const at = (text: string): number => Date.parse(text);

const days: [string, string, string][] = [
  ["in Wednesday's session Tuesday's close", "2026-07-15T15:00:00Z", "2026-07-14T20:00:00Z"],
  ["on Wednesday evening still Tuesday's close", "2026-07-16T01:00:00Z", "2026-07-14T20:00:00Z"],
  ["before Thursday opens still Tuesday's close", "2026-07-16T13:29:59Z", "2026-07-14T20:00:00Z"],
  ["when Thursday opens Wednesday's close", "2026-07-16T13:30:00Z", "2026-07-15T20:00:00Z"],
  ["on Sunday Thursday's close", "2026-07-19T12:00:00Z", "2026-07-16T20:00:00Z"],
  [
    "on the Monday after a half day its early close",
    "2026-11-30T15:00:00Z",
    "2026-11-27T18:00:00Z",
  ],
];
for (const [what, now, close] of days) {
  Deno.test(`referenceCloseMs() gives ${what}`, () => {
    const ticker = parseTicker("EA");
    assert.ok(ticker);
    assert.equal(referenceCloseMs(at(now), ticker), at(close));
  });
}
