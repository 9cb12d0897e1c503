import { strict as assert } from "node:assert";
import fc from "fast-check";
import { BAR_SIZES, ibTime, parseBarSize, parseDuration, parseEndDateTime } from "./ib_time.ts";

const NOW = Date.UTC(2026, 6, 15, 14);

Deno.test("parseEndDateTime() reads each form that the API documents", () => {
  const forms: [string, number][] = [
    ["", NOW],
    ["20260715 16:00:00 US/Eastern", Date.UTC(2026, 6, 15, 20)],
    ["20260715 15:00:00 US/Central", Date.UTC(2026, 6, 15, 20)],
    ["20260715 16:00:00", Date.UTC(2026, 6, 15, 20)],
    ["20260115 16:00:00", Date.UTC(2026, 0, 15, 21)],
    ["20260715-20:00:00", Date.UTC(2026, 6, 15, 20)],
    ["20260715 16:00", Date.UTC(2026, 6, 15, 20)],
    ["20260715", Date.UTC(2026, 6, 16, 3, 59, 59)],
  ];
  for (const [text, expected] of forms) assert.equal(parseEndDateTime(text, NOW), expected, text);
});

Deno.test("parseEndDateTime() refuses other texts", () => {
  const wrong = ["yesterday", "2026-07-15", "20261315 10:00:00", "20260715 25:00:00"];
  for (const text of [...wrong, "20260715 16:00:00 Mars/Olympus"]) {
    assert.equal(parseEndDateTime(text, NOW), undefined, text);
  }
});

Deno.test("parseEndDateTime() reads back what ibTime() wrote, in any zone and season", () => {
  const zones = fc.constantFrom("US/Eastern", "UTC", "Asia/Kolkata", "Australia/Lord_Howe");
  const seconds = fc.integer({ min: Date.UTC(2020, 0) / 1000, max: Date.UTC(2030, 0) / 1000 });
  fc.assert(fc.property(zones, seconds, (zone, second) => {
    const text = ibTime(second * 1000, zone);
    const read = parseEndDateTime(text, 0);
    assert.equal(read === undefined ? "" : ibTime(read, zone), text);
  }));
});

Deno.test("parseDuration() knows seconds, days, weeks, months and years", () => {
  assert.equal(parseDuration("3600 S"), 3_600_000);
  assert.equal(parseDuration("2 w"), 14 * 86_400_000);
  for (const wrong of ["", "1D", "0 D", "-1 D", "1 H", "D"]) {
    assert.equal(parseDuration(wrong), undefined);
  }
});

Deno.test("parseBarSize() knows every size of TWS, however it is written", () => {
  for (const size of BAR_SIZES) assert.ok((parseBarSize(size) ?? 0) > 0, size);
  assert.equal(parseBarSize("1 Min"), 60_000);
  assert.equal(parseBarSize("1W"), parseBarSize("1 week"));
  assert.equal(parseBarSize("7 mins"), undefined);
});
