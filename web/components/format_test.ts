import { strict as assert } from "node:assert";
import fc from "fast-check";
import { parseIsoDate } from "../../options/contract.ts";
import type { IsoDate } from "../../options/contract.ts";
import {
  countOf,
  countText,
  dateText,
  daysLeftText,
  daysUntil,
  deltaText,
  exactly,
  newYorkDate,
  percentText,
  priceText,
  signedText,
  strikeText,
  timeText,
} from "./format.ts";

const plain = (text: string): number => Number(text.replaceAll(",", ""));

function day(text: string): IsoDate {
  const date = parseIsoDate(text);
  assert.ok(date);
  return date;
}

Deno.test("priceText() says every stored price whole", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2_000_000_000 }), (scaled) => {
      const text = priceText(scaled / 10_000);
      assert.equal(Math.round(plain(text) * 10_000), scaled);
      assert.match(text, /\.\d{2,4}$/);
    }),
  );
});

Deno.test("strikeText() says every strike whole and adds no decimals", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 99_999_999 }), (thousandths) => {
      const text = strikeText(thousandths / 1000);
      assert.equal(Math.round(plain(text) * 1000), thousandths);
      assert.doesNotMatch(text, /\.\d*0$/);
    }),
  );
});

Deno.test("exactly() says an implied volatility or a greek to its stored precision", () => {
  fc.assert(
    fc.property(fc.integer({ min: -2_000_000_000, max: 2_000_000_000 }), (scaled) => {
      assert.equal(Math.round(Number(exactly(scaled / 1e6)) * 1e6), scaled);
    }),
  );
});

Deno.test("countText() says every whole number, in groups of three", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2_147_483_647 }), (count) => {
      assert.equal(plain(countText(count)), count);
      assert.match(countText(count), /^\d{1,3}(,\d{3})*$/);
    }),
  );
});

Deno.test("deltaText() never says zero of a delta that four decimals can tell from zero", () => {
  fc.assert(
    fc.property(fc.integer({ min: -10_000, max: 10_000 }), (scaled) => {
      assert.equal(Number(deltaText(scaled / 10_000)) === 0, scaled === 0);
    }),
  );
  assert.equal(deltaText(-0.0312), "-0.03");
  assert.equal(deltaText(0.0003), "0.0003");
  assert.equal(deltaText(-0.000004), "0.00");
});

Deno.test("signedText() says the sign of what it shows", () => {
  assert.equal(signedText(3.456), "+3.46");
  assert.equal(signedText(-0.81), "-0.81");
  assert.equal(signedText(-0.001), "0.00");
});

Deno.test("percentText() writes an implied volatility with two decimals", () => {
  assert.equal(percentText(0.29581), "29.58");
});

Deno.test("countOf() uses the singular for one", () => {
  assert.equal(countOf(1, "contract"), "1 contract");
  assert.equal(countOf(2864, "contract"), "2,864 contracts");
});

Deno.test("dates and days left go by the calendar of New York", () => {
  const lateEvening = Date.parse("2026-07-16T03:30:00Z");
  assert.equal(newYorkDate(lateEvening), "2026-07-15");
  assert.equal(dateText(day("2026-07-07")), "7 Jul 26");
  assert.equal(daysUntil(day("2026-07-17"), lateEvening), 2);
  assert.equal(daysLeftText(day("2026-07-15"), lateEvening), "today");
  // Across the end of daylight saving time, when a day has 25 hours.
  assert.equal(daysUntil(day("2026-11-02"), Date.parse("2026-10-31T16:00:00Z")), 2);
});

Deno.test("timeText() names the date where it is not today's", () => {
  const now = Date.parse("2026-07-15T19:48:03Z");
  assert.equal(timeText(now, now), "15:48:03");
  assert.equal(timeText(now - 86_400_000, now), "14 Jul 26 15:48:03");
  assert.equal(timeText(Date.parse("2026-07-15T04:00:01Z"), now), "00:00:01");
});
