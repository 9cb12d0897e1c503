import { strict as assert } from "node:assert";
import fc from "fast-check";
import type { Bar, BarSeries, TimeSpan } from "../options/bars.ts";
import { parseTicker } from "../options/contract.ts";
import { storeBars, storedBars } from "./bars.ts";
import type { Sql } from "./connect.ts";
import { withTestDatabase } from "./testing.ts";

const EA = parseTicker("EA") ?? assert.fail();
const SERIES: BarSeries = { instrument: EA, what: "TRADES", bar: "1h", rth: true };
const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 6, 13);
const hours = (from: number, to: number): TimeSpan => ({
  fromMs: START_MS + from * HOUR_MS,
  toMs: START_MS + to * HOUR_MS,
});

function bar(hour: number, close = 100 + hour): Bar {
  return {
    startMs: START_MS + hour * HOUR_MS,
    open: 100,
    high: 130.25,
    low: 99.5,
    close,
    volume: 1_000,
    wap: 110.123456,
    count: 17,
  };
}

const inHours = (spans: readonly TimeSpan[]): number[][] =>
  spans.map(({ fromMs, toMs }) => [(fromMs - START_MS) / HOUR_MS, (toMs - START_MS) / HOUR_MS]);

const store = (sql: Sql, spans: readonly TimeSpan[], bars: readonly Bar[], finalToMs = Infinity) =>
  storeBars(sql, {
    series: SERIES,
    spans,
    bars,
    finalToMs: Math.min(finalToMs, START_MS + 1e9 * 10),
  });

Deno.test("storeBars() keeps bars with all their fields, and storedBars() names what was never read", async () => {
  await withTestDatabase(async (sql) => {
    const nothing = await storedBars(sql, SERIES, hours(0, 10));
    assert.deepEqual([nothing.bars, inHours(nothing.gaps), nothing.lastRead], [
      [],
      [[0, 10]],
      null,
    ]);
    await store(sql, [hours(2, 4), hours(6, 8)], [bar(2), bar(3), bar(6)]);
    const some = await storedBars(sql, SERIES, hours(0, 10));
    assert.deepEqual(some.bars, [bar(2), bar(3), bar(6)]);
    assert.deepEqual(inHours(some.gaps), [[0, 2], [4, 6], [8, 10]]);
    assert.equal(some.lastRead?.toMs, hours(0, 8).toMs);
    const within = await storedBars(sql, SERIES, hours(3, 7));
    assert.deepEqual([within.bars, inHours(within.gaps)], [[bar(3), bar(6)], [[4, 6]]]);
  });
});

Deno.test("series differ by instrument, kind, length and hours", async () => {
  await withTestDatabase(async (sql) => {
    await store(sql, [hours(0, 4)], [bar(1)]);
    for (const other of [{ what: "MIDPOINT" }, { bar: "1d" }, { rth: false }] as const) {
      const found = await storedBars(sql, { ...SERIES, ...other }, hours(0, 4));
      assert.deepEqual([found.bars, inHours(found.gaps)], [[], [[0, 4]]]);
    }
  });
});

Deno.test("a span that is read again has the new bars and no old one", async () => {
  await withTestDatabase(async (sql) => {
    await store(sql, [hours(0, 4)], [bar(0), bar(1), bar(2)]);
    await store(sql, [hours(1, 3)], [bar(1, 55)]);
    const found = await storedBars(sql, SERIES, hours(0, 4));
    assert.deepEqual(found.bars, [bar(0), bar(1, 55)]);
    assert.deepEqual(found.gaps, []);
  });
});

Deno.test("a bar that is not over is stored, and stays a gap", async () => {
  await withTestDatabase(async (sql) => {
    await store(sql, [hours(0, 4)], [bar(2), bar(3)], hours(0, 3).toMs);
    const found = await storedBars(sql, SERIES, hours(0, 4));
    assert.deepEqual([found.bars, inHours(found.gaps)], [[bar(2), bar(3)], [[3, 4]]]);
  });
});

Deno.test("two writers of one series leave what one after the other would", async () => {
  await withTestDatabase(async (sql) => {
    const writers = Array.from(
      { length: 16 },
      (_, at) => store(sql, [hours(at % 4, at % 4 + 2)], [bar(at % 4, at), bar(at % 4 + 1, at)]),
    );
    await Promise.all(writers);
    const found = await storedBars(sql, SERIES, hours(0, 5));
    assert.deepEqual(
      found.bars.map(({ startMs }) => startMs),
      [0, 1, 2, 3, 4].map((hour) => START_MS + hour * HOUR_MS),
    );
    assert.deepEqual(found.gaps, []);
  });
});

Deno.test("the gaps of any reads are the hours that no read had (property)", async () => {
  await withTestDatabase(async (sql) => {
    const span = fc.record({ from: fc.nat(40), length: fc.integer({ min: 1, max: 8 }) });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(span, { maxLength: 6 }), async (reads) => {
        const series: BarSeries = { ...SERIES, instrument: parseTicker(`T${run++}`) ?? EA };
        const known = new Set<number>();
        for (const { from, length } of reads) {
          await storeBars(sql, {
            series,
            spans: [hours(from, from + length)],
            bars: [],
            finalToMs: Date.UTC(2027, 0, 1),
          });
          for (let hour = from; hour < from + length; hour++) known.add(hour);
        }
        const { gaps } = await storedBars(sql, series, hours(0, 50));
        const missing = inHours(gaps).flatMap(([from = 0, to = 0]) =>
          Array.from({ length: to - from }, (_, at) => from + at)
        );
        const expected = Array.from({ length: 50 }, (_, hour) => hour)
          .filter((hour) => !known.has(hour));
        assert.deepEqual(missing, expected);
      }),
      { numRuns: 40 },
    );
  });
});
