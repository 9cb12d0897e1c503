import { strict as assert } from "node:assert";
import { type IsoDate, parseIsoDate } from "../../options/contract.ts";
import { aroundClose } from "./expiries.ts";

function day(text: string): IsoDate {
  const read = parseIsoDate(text);
  assert.ok(read);
  return read;
}

const LISTED = ["2026-09-18", "2026-10-16", "2026-11-20", "2026-12-18", "2027-01-15", "2027-03-19"]
  .map(day);

const cases: readonly [string, string, number, readonly string[]][] = [
  ["those from N days before through the first after", "2026-12-31", 60, [
    "2026-11-20",
    "2026-12-18",
    "2027-01-15",
  ]],
  ["one on the day itself as the first on or after", "2026-12-18", 30, [
    "2026-11-20",
    "2026-12-18",
  ]],
  ["one that is exactly N days before", "2026-12-20", 30, [
    "2026-11-20",
    "2026-12-18",
    "2027-01-15",
  ]],
  ["only the first after, where none is within N days", "2026-12-31", 0, ["2027-01-15"]],
  ["those within N days, where none is after", "2027-06-30", 110, ["2027-03-19"]],
  ["none, where the last is long before", "2028-06-30", 30, []],
];
for (const [what, close, days, expected] of cases) {
  Deno.test(`aroundClose() chooses ${what}`, () => {
    assert.deepEqual(aroundClose(day(close), days)(LISTED), expected.map(day));
  });
}
