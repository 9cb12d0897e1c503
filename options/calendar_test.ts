import { strict as assert } from "node:assert";
import {
  expiresAtMs,
  isMarketOpen,
  lastCloseMs,
  liveContracts,
  newYorkDate,
  newYorkMs,
  nextOpenMs,
  sessionOn,
} from "./calendar.ts";
import { EMPTY_CHAIN } from "./chain.ts";
import { type IsoDate, parseIsoDate, parseOcc } from "./contract.ts";
import { applyBatch } from "./fold.ts";
import { addDays } from "./holidays.ts";
import { batchOf, quoteOf } from "./testing.ts";

/**
 * NYSE's holidays on weekdays, then its early closes: as published up to 2028 and as PyPI's
 * `exchange_calendars` 4.13 (XNYS) has them, from which the later years are.
 */
const PUBLISHED = `
  2010: 01-01 01-18 02-15 04-02 05-31 07-05 09-06 11-25 12-24 | 11-26
  2011: 01-17 02-21 04-22 05-30 07-04 09-05 11-24 12-26 | 11-25
  2012: 01-02 01-16 02-20 04-06 05-28 07-04 09-03 10-29 10-30 11-22 12-25 | 07-03 11-23 12-24
  2013: 01-01 01-21 02-18 03-29 05-27 07-04 09-02 11-28 12-25 | 07-03 11-29 12-24
  2014: 01-01 01-20 02-17 04-18 05-26 07-04 09-01 11-27 12-25 | 07-03 11-28 12-24
  2015: 01-01 01-19 02-16 04-03 05-25 07-03 09-07 11-26 12-25 | 11-27 12-24
  2016: 01-01 01-18 02-15 03-25 05-30 07-04 09-05 11-24 12-26 | 11-25
  2017: 01-02 01-16 02-20 04-14 05-29 07-04 09-04 11-23 12-25 | 07-03 11-24
  2018: 01-01 01-15 02-19 03-30 05-28 07-04 09-03 11-22 12-05 12-25 | 07-03 11-23 12-24
  2019: 01-01 01-21 02-18 04-19 05-27 07-04 09-02 11-28 12-25 | 07-03 11-29 12-24
  2020: 01-01 01-20 02-17 04-10 05-25 07-03 09-07 11-26 12-25 | 11-27 12-24
  2021: 01-01 01-18 02-15 04-02 05-31 07-05 09-06 11-25 12-24 | 11-26
  2022: 01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26 | 11-25
  2023: 01-02 01-16 02-20 04-07 05-29 06-19 07-04 09-04 11-23 12-25 | 07-03 11-24
  2024: 01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25 | 07-03 11-29 12-24
  2025: 01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25 | 07-03 11-28 12-24
  2026: 01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25 | 11-27 12-24
  2027: 01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24 | 11-26
  2028: 01-17 02-21 04-14 05-29 06-19 07-04 09-04 11-23 12-25 | 07-03 11-24
  2029: 01-01 01-15 02-19 03-30 05-28 06-19 07-04 09-03 11-22 12-25 | 07-03 11-23 12-24
  2030: 01-01 01-21 02-18 04-19 05-27 06-19 07-04 09-02 11-28 12-25 | 07-03 11-29 12-24
  2031: 01-01 01-20 02-17 04-11 05-26 06-19 07-04 09-01 11-27 12-25 | 07-03 11-28 12-24
  2032: 01-01 01-19 02-16 03-26 05-31 06-18 07-05 09-06 11-25 12-24 | 11-26
  2033: 01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26 | 11-25
  2034: 01-02 01-16 02-20 04-07 05-29 06-19 07-04 09-04 11-23 12-25 | 07-03 11-24
  2035: 01-01 01-15 02-19 03-23 05-28 06-19 07-04 09-03 11-22 12-25 | 07-03 11-23 12-24
`;

function date(text: string): IsoDate {
  const parsed = parseIsoDate(text);
  if (!parsed) throw new Error(`${text} is no day.`);
  return parsed;
}

function expiry(symbol: string): string {
  const contract = parseOcc(symbol);
  if (!contract) throw new Error(`${symbol} is no OCC symbol.`);
  return new Date(expiresAtMs(contract)).toISOString();
}

const at = (text: string): number => Date.parse(text);

Deno.test("sessionOn() closes and halves the days that NYSE published, 2010 to 2035, and no other", () => {
  for (const line of PUBLISHED.trim().split("\n")) {
    const [year = "", lists = ""] = line.trim().split(": ");
    const [holidays = [], halves = []] = lists.split(" | ").map((list) => list.split(" "));
    for (let day = date(`${year}-01-01`); day.startsWith(year); day = addDays(day, 1)) {
      const weekday = new Date(day).getUTCDay();
      const closed = weekday === 0 || weekday === 6 || holidays.includes(day.slice(5));
      const session = sessionOn(day);
      assert.equal(session === null, closed, day);
      if (session) assert.equal(session.half, halves.includes(day.slice(5)), day);
    }
  }
});

Deno.test("sessionOn() opens and closes by New York's clock on both sides of daylight saving", () => {
  const table = [
    ["2026-03-06", "2026-03-06T14:30:00Z", "2026-03-06T21:00:00Z"],
    ["2026-03-09", "2026-03-09T13:30:00Z", "2026-03-09T20:00:00Z"],
    ["2026-10-30", "2026-10-30T13:30:00Z", "2026-10-30T20:00:00Z"],
    ["2026-11-02", "2026-11-02T14:30:00Z", "2026-11-02T21:00:00Z"],
    ["2026-11-27", "2026-11-27T14:30:00Z", "2026-11-27T18:00:00Z"],
  ] as const;
  for (const [day, open, close] of table) {
    const session = sessionOn(date(day));
    assert.equal(session?.openMs, at(open));
    assert.equal(session.closeMs, at(close));
    assert.equal(session.lateCloseMs, at(close) + 15 * 60_000);
  }
});

Deno.test("newYorkDate() is the day in New York, not in UTC", () => {
  assert.equal(newYorkDate(at("2026-07-16T03:59:59Z")), "2026-07-15");
  assert.equal(newYorkDate(at("2026-07-16T04:00:00Z")), "2026-07-16");
});

Deno.test("isMarketOpen() opens at 9:30 and closes equities at 16:00, index and ETF options at 16:15", () => {
  const table = [
    ["EA", "2026-07-15T13:29:59.999Z", false],
    ["EA", "2026-07-15T13:30:00Z", true],
    ["EA", "2026-07-15T19:59:59.999Z", true],
    ["EA", "2026-07-15T20:00:00Z", false],
    ["SPX", "2026-07-15T20:14:59.999Z", true],
    ["SPXW", "2026-07-15T20:15:00Z", false],
    ["SPY", "2026-07-15T20:14:59.999Z", true],
    ["EA", "2026-11-27T17:59:59Z", true],
    ["EA", "2026-11-27T18:00:00Z", false],
    ["SPY", "2026-11-27T18:14:59Z", true],
    ["EA", "2026-07-18T15:00:00Z", false], // Saturday
    ["EA", "2026-07-03T15:00:00Z", false], // Independence Day, observed
  ] as const;
  for (const [ticker, time, open] of table) {
    assert.equal(isMarketOpen(at(time), ticker), open, `${ticker} ${time}`);
  }
});

Deno.test("nextOpenMs() and lastCloseMs() step over nights, weekends and holidays", () => {
  assert.equal(nextOpenMs(at("2026-07-15T13:00:00Z")), at("2026-07-15T13:30:00Z"));
  assert.equal(nextOpenMs(at("2026-07-15T13:30:00Z")), at("2026-07-16T13:30:00Z"));
  assert.equal(nextOpenMs(at("2026-07-02T21:00:00Z")), at("2026-07-06T13:30:00Z"));
  assert.equal(lastCloseMs(at("2026-07-05T12:00:00Z"), "EA"), at("2026-07-02T20:00:00Z"));
  assert.equal(lastCloseMs(at("2026-07-15T20:00:00Z"), "EA"), at("2026-07-15T20:00:00Z"));
  assert.equal(lastCloseMs(at("2026-07-15T20:00:00Z"), "SPX"), at("2026-07-14T20:15:00Z"));
  assert.equal(lastCloseMs(at("2026-11-29T12:00:00Z"), "SPY"), at("2026-11-27T18:15:00Z"));
});

const expiries: [what: string, symbol: string, end: string][] = [
  ["an equity option at 16:00", "EA260717C00200000", "2026-07-17T20:00:00.000Z"],
  ["an equity option in winter at 16:00", "EA270115C00200000", "2027-01-15T21:00:00.000Z"],
  ["an ETF option at 16:15", "SPY260717C00600000", "2026-07-17T20:15:00.000Z"],
  ["an adjusted ETF option at 16:15", "SPY1260717C00600000", "2026-07-17T20:15:00.000Z"],
  ["a broad-index option at 16:15", "OEX260717C03000000", "2026-07-17T20:15:00.000Z"],
  ["SPXW at 16:00", "SPXW260717C07500000", "2026-07-17T20:00:00.000Z"],
  ["NDXP at 16:00", "NDXP260720C25000000", "2026-07-20T20:00:00.000Z"],
  ["XSP at 16:00", "XSP260717C00750000", "2026-07-17T20:00:00.000Z"],
  ["AM-settled SPX at Thursday's close", "SPX260717C07500000", "2026-07-16T20:15:00.000Z"],
  ["VIX at Tuesday's close", "VIX260722C00020000", "2026-07-21T20:15:00.000Z"],
  ["an equity option on a half day at 13:00", "EA261127C00200000", "2026-11-27T18:00:00.000Z"],
  ["SPXW on a half day at 13:00", "SPXW261224C07500000", "2026-12-24T18:00:00.000Z"],
  ["an ETF option on a half day at 13:15", "SPY261127C00600000", "2026-11-27T18:15:00.000Z"],
  ["a Saturday expiry on Friday", "AAPL140621P00070710", "2014-06-20T20:00:00.000Z"],
  ["a Saturday expiry of SPX on Thursday", "SPX140621P01900000", "2014-06-19T20:15:00.000Z"],
  ["a Good Friday expiry on Thursday", "EA190419C00100000", "2019-04-18T20:00:00.000Z"],
  ["a Good Friday expiry of SPX on Wednesday", "SPX190419C02900000", "2019-04-17T20:15:00.000Z"],
  ["Juneteenth's SPX on Wednesday", "SPX260619C07000000", "2026-06-17T20:15:00.000Z"],
  [
    "a Christmas expiry of SPX two sessions before",
    "SPX261225C07000000",
    "2026-12-23T21:15:00.000Z",
  ],
];
for (const [what, symbol, end] of expiries) {
  Deno.test(`expiresAtMs() ends ${what}`, () => assert.equal(expiry(symbol), end));
}

Deno.test("liveContracts() drops a contract at the very moment of its end, root by root", () => {
  const symbols = ["SPX260717C07500000", "SPXW260717C07500000", "SPXW260720C07500000"];
  const { chain } = applyBatch(EMPTY_CHAIN, batchOf(1_000, symbols.map((s) => quoteOf(s))));
  const left = (time: string) => liveContracts(chain, at(time)).map(({ occ }) => String(occ));
  assert.deepEqual(left("2026-07-16T20:14:59.999Z"), symbols);
  assert.deepEqual(left("2026-07-16T20:15:00Z"), symbols.slice(1));
  assert.deepEqual(left("2026-07-17T19:59:59.999Z"), symbols.slice(1));
  assert.deepEqual(left("2026-07-17T20:00:00Z"), symbols.slice(2));
});

Deno.test("newYorkMs() knows midnight on the days on which clocks change", () => {
  const midnight = (text: string): string => {
    const date = parseIsoDate(text);
    assert.ok(date);
    return new Date(newYorkMs(date, 0)).toISOString();
  };
  assert.equal(midnight("2026-03-08"), "2026-03-08T05:00:00.000Z");
  assert.equal(midnight("2026-03-09"), "2026-03-09T04:00:00.000Z");
  assert.equal(midnight("2026-11-01"), "2026-11-01T04:00:00.000Z");
  assert.equal(midnight("2026-11-02"), "2026-11-02T05:00:00.000Z");
});
