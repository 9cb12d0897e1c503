import { strict as assert } from "node:assert";
import fc from "fast-check";
import { isOpenBy, isWithinHours, type LiquidHours, parseLiquidHours } from "./liquid_hours.ts";

const utc = (text: string): number => Date.parse(`${text}Z`);

function hoursOf(text: string, zone = "US/Eastern"): LiquidHours {
  return parseLiquidHours(text, zone) ?? assert.fail(`not read: ${text}`);
}

const spansOf = (text: string, zone?: string): readonly string[] =>
  hoursOf(text, zone).spans.map(({ fromMs, toMs }) =>
    `${new Date(fromMs).toISOString().slice(0, 16)}/${new Date(toMs).toISOString().slice(0, 16)}`
  );

Deno.test("parseLiquidHours() reads a half day and the days around it", () => {
  const week =
    "20261125:0930-20261125:1600;20261126:CLOSED;20261127:0930-20261127:1300;20261128:CLOSED";
  assert.deepEqual(spansOf(week), [
    "2026-11-25T14:30/2026-11-25T21:00",
    "2026-11-27T14:30/2026-11-27T18:00",
  ]);
  const hours = hoursOf(week);
  const times = ["26T16:00:00", "27T17:59:59", "27T18:00:00", "29T06:00:00"];
  assert.deepEqual(times.map((time) => isWithinHours(hours, utc(`2026-11-${time}`))), [
    false,
    true,
    false,
    undefined,
  ]);
});

Deno.test("parseLiquidHours() reads what IB writes of other exchanges and in older forms", () => {
  assert.deepEqual(spansOf("20180115:0930-1600,1800-2000;20180116:CLOSED"), [
    "2018-01-15T14:30/2018-01-15T21:00",
    "2018-01-15T23:00/2018-01-16T01:00",
  ]);
  // A session that begins on the evening before.
  assert.deepEqual(
    spansOf("20260712:1700-20260713:1600;20260713:1700-20260714:1600", "US/Central"),
    [
      "2026-07-12T22:00/2026-07-13T21:00",
      "2026-07-13T22:00/2026-07-14T21:00",
    ],
  );
  assert.deepEqual(spansOf("20260713:0900-20260713:1130,20260713:1230-20260713:1530", "Japan"), [
    "2026-07-13T00:00/2026-07-13T02:30",
    "2026-07-13T03:30/2026-07-13T06:30",
  ]);
  assert.deepEqual(spansOf("20260713:0900-20260713:1730", "MET"), [
    "2026-07-13T07:00/2026-07-13T15:30",
  ]);
  for (const zone of ["EST (Eastern Standard Time)", "EST", "EST5EDT", "America/New_York"]) {
    assert.deepEqual(spansOf("20260713:0930-20260713:1600", zone), [
      "2026-07-13T13:30/2026-07-13T20:00",
    ]);
  }
});

Deno.test("spans that touch are one, and a day ends at 2400", () => {
  assert.deepEqual(spansOf("20260713:0000-20260713:2400;20260714:0000-20260714:0800"), [
    "2026-07-13T04:00/2026-07-14T12:00",
  ]);
});

Deno.test("the clocks' change moves the hours of the days after it", () => {
  assert.deepEqual(
    spansOf(
      "20260306:0930-20260306:1600;20260309:0930-20260309:1600;20261030:0930-20261030:1600;20261102:0930-20261102:1600",
    ),
    [
      "2026-03-06T14:30/2026-03-06T21:00",
      "2026-03-09T13:30/2026-03-09T20:00",
      "2026-10-30T13:30/2026-10-30T20:00",
      "2026-11-02T14:30/2026-11-02T21:00",
    ],
  );
});

Deno.test("parseLiquidHours() understands all of a text or nothing of it", () => {
  for (
    const text of [
      "",
      "CLOSED",
      "20260713",
      "20260713:0930-20260713:2460",
      "20260713:0930",
      "20261332:CLOSED",
      "20260713:1600-20260713:0930",
      "20260713:0930-20260713:1600;nonsense",
    ]
  ) {
    assert.equal(parseLiquidHours(text, "US/Eastern"), undefined, text);
  }
  assert.equal(parseLiquidHours("20260713:CLOSED", "Mars/Olympus"), undefined);
});

Deno.test("isOpenBy() asks the calendar for a day of which the gateway said nothing", () => {
  const hours = hoursOf("20260713:CLOSED;20260714:0930-20260714:1600");
  const monday = utc("2026-07-13T15:00:00");
  const nextMonday = utc("2026-07-20T15:00:00");
  assert.ok(!isOpenBy(hours, "EA", monday));
  assert.ok(isOpenBy(undefined, "EA", monday));
  assert.ok(isOpenBy(hours, "EA", nextMonday));
});

Deno.test("a text that is written from spans says open in them and nowhere else (property)", () => {
  const zones = fc.constantFrom("America/New_York", "Asia/Tokyo", "Europe/London", "UTC");
  const day = fc.record({
    // Between the hours that the clocks skip or repeat, which are no edge of a real session.
    begin: fc.integer({ min: 240, max: 1_200 }),
    length: fc.integer({ min: 1, max: 230 }),
    closed: fc.boolean(),
  });
  const wall = (zone: string, atMs: number): { day: string; minute: number } => {
    const [date = "", time = ""] = new Date(atMs).toLocaleString("sv-SE", { timeZone: zone })
      .split(" ");
    const [hour, minute] = time.split(":").map(Number);
    return { day: date.replaceAll("-", ""), minute: (hour ?? 0) * 60 + (minute ?? 0) };
  };
  const clock = (minute: number): string =>
    `${Math.floor(minute / 60)}`.padStart(2, "0") + `${minute % 60}`.padStart(2, "0");
  fc.assert(
    fc.property(
      zones,
      fc.array(day, { minLength: 1, maxLength: 8 }),
      fc.nat(),
      (zone, days, at) => {
        const dates = days.map((_, index) =>
          new Date(Date.UTC(2026, 2, 5 + index)).toISOString().slice(0, 10).replaceAll("-", "")
        );
        const text = days.map(({ begin, length, closed }, index) =>
          closed
            ? `${dates[index]}:CLOSED`
            : `${dates[index]}:${clock(begin)}-${dates[index]}:${clock(begin + length)}`
        ).join(";");
        const atMs = Date.UTC(2026, 2, 4) + (at % (11 * 1_440)) * 60_000;
        const now = wall(zone, atMs);
        const index = dates.indexOf(now.day);
        const said = days[index];
        const expected = said === undefined
          ? undefined
          : !said.closed && now.minute >= said.begin && now.minute < said.begin + said.length;
        assert.equal(isWithinHours(hoursOf(text, zone), atMs), expected);
      },
    ),
    { numRuns: 2_000 },
  );
});
