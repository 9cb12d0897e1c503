import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { systemClock } from "../../base/clock.ts";
import { BAR_LENGTHS, type BarSeries } from "../../options/bars.ts";
import { newYorkDate, sessionOn } from "../../options/calendar.ts";
import { parseTicker } from "../../options/contract.ts";
import { silentLog } from "../../telemetry/log.ts";
import { connect } from "../gateway/connection.ts";
import { LIFTED, startGateway } from "../test/programs.ts";
import { BarPacing } from "./pacing.ts";
import { partsOf, readBars } from "./read.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const EA = parseTicker("EA");

function seriesOf(change: Partial<BarSeries> = {}): BarSeries {
  assert.ok(EA);
  return { instrument: EA, what: "TRADES", bar: "1h", rth: true, ...change };
}

Deno.test("partsOf() cuts a span into what one request may ask, at midnight in New York", () => {
  const toMs = Date.UTC(2026, 6, 15, 17);
  const parts = (bar: BarSeries["bar"], days: number) =>
    partsOf(seriesOf({ bar }), { fromMs: toMs - days * DAY_MS, toMs }).map((part) => [
      new Date(part.fromMs).toISOString().slice(5, 13),
      new Date(part.toMs).toISOString().slice(5, 13),
      part.duration,
    ]);
  // Saturday and Sunday have no session.
  assert.deepEqual(parts("1m", 5), [
    ["07-10T17", "07-11T04", "1 D"],
    ["07-13T04", "07-14T04", "1 D"],
    ["07-14T04", "07-15T04", "1 D"],
    ["07-15T04", "07-15T17", "1 D"],
  ]);
  assert.deepEqual(parts("5m", 9), [
    ["07-06T17", "07-09T04", "3 D"],
    ["07-09T04", "07-15T17", "5 D"],
  ]);
  assert.deepEqual(parts("30s", 0.5), [
    ["07-15T05", "07-15T09", "28800 S"],
    ["07-15T09", "07-15T17", "28800 S"],
  ]);
  assert.deepEqual(parts("1d", 7), [["07-08T17", "07-15T17", "6 D"]]);
});

Deno.test("partsOf() leaves no moment of a session out, and asks for none twice", () => {
  fc.assert(fc.property(
    fc.constantFrom(...BAR_LENGTHS),
    fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2027, 0, 1) }),
    fc.integer({ min: 1, max: 60 * DAY_MS }),
    (bar, fromMs, lengthMs) => {
      const toMs = fromMs + lengthMs;
      const parts = partsOf(seriesOf({ bar }), { fromMs, toMs });
      let reachedMs = fromMs;
      for (const part of [...parts, { fromMs: toMs, toMs }]) {
        assert.ok(part.fromMs >= reachedMs);
        for (let ms = reachedMs; ms < part.fromMs; ms += HOUR_MS) {
          assert.equal(sessionOn(newYorkDate(ms)), null);
        }
        reachedMs = part.toMs;
      }
    },
  ));
});

Deno.test("readBars() reads trades of an underlying and quotes of a contract, within the span", async () => {
  await using gateway = await startGateway(...LIFTED);
  const clock = systemClock();
  const outcome = await connect({
    address: { host: "127.0.0.1", port: gateway.port },
    clientId: 100,
    ratePerSecond: 0,
    clock,
    log: silentLog,
  });
  assert.equal(outcome.kind, "connected");
  const { connection } = outcome;
  try {
    const toMs = Date.UTC(2026, 6, 15, 17);
    const span = { fromMs: toMs - 7 * DAY_MS, toMs };
    const progress: number[] = [];
    const shares = await readBars(connection, {
      series: seriesOf({ bar: "1m" }),
      span,
      clock,
      pacing: new BarPacing(),
      onProgress: ({ share }) => progress.push(share),
    });
    assert.equal(shares.kind, "read");
    // The last three hours of the 8th, three whole sessions of 390 minutes, and 210 of the 15th.
    assert.equal(shares.bars.length, 180 + 3 * 390 + 390 + 210);
    assert.equal(progress.length, 6);
    assert.equal(progress.at(-1), 1);
    const starts = shares.bars.map(({ startMs }) => startMs);
    assert.deepEqual(starts, [...new Set(starts)].toSorted((a, b) => a - b));
    for (const bar of shares.bars) {
      assert.ok(bar.low <= bar.open && bar.open <= bar.high && bar.volume !== null);
    }
    const daily = await readBars(connection, {
      series: seriesOf({ bar: "1d", what: "MIDPOINT" }),
      span,
      clock,
      pacing: new BarPacing(),
    });
    assert.equal(daily.kind, "read");
    assert.equal(daily.bars[0]?.startMs, Date.UTC(2026, 6, 9, 4));
    assert.equal(daily.bars[0]?.volume, null);

    const unknown = await readBars(connection, {
      series: seriesOf({ instrument: parseTicker("NOPE") ?? seriesOf().instrument }),
      span,
      clock,
      pacing: new BarPacing(),
    });
    assert.equal(unknown.kind, "refused");
    assert.match(unknown.message, /No security definition/);
  } finally {
    await connection.close();
  }
});
