import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import type { BarSeries } from "../../options/bars.ts";
import { parseTicker } from "../../options/contract.ts";
import { BarPacing } from "./pacing.ts";

function seriesOf(change: Partial<BarSeries> = {}): BarSeries {
  const instrument = parseTicker("EA");
  assert.ok(instrument);
  return { instrument, what: "MIDPOINT", bar: "30s", rth: true, ...change };
}

Deno.test("the same request waits 15 s, whatever the length of its bars", () => {
  for (const bar of ["30s", "1h"] as const) {
    const pacing = new BarPacing();
    const request = { series: seriesOf({ bar }), span: "a" };
    assert.equal(pacing.waitMs(request, 1_000), 0);
    pacing.note(request, 1_000);
    assert.equal(pacing.waitMs(request, 4_000), 12_000);
    assert.equal(pacing.waitMs(request, 16_000), 0);
  }
});

Deno.test("a sixth request of the same contract within two seconds waits for the first to be past", () => {
  const pacing = new BarPacing();
  for (let n = 0; n < 5; n++) pacing.note({ series: seriesOf(), span: String(n) }, 100 * n);
  assert.equal(pacing.waitMs({ series: seriesOf(), span: "x" }, 1_000), 1_000);
  assert.equal(pacing.waitMs({ series: seriesOf({ what: "TRADES" }), span: "x" }, 1_000), 0);
  assert.equal(pacing.waitMs({ series: seriesOf({ bar: "1m" }), span: "x" }, 1_000), 0);
});

Deno.test("at any time at most 60 short requests lie within ten minutes, BID_ASK counted twice", () => {
  fc.assert(fc.property(
    fc.array(fc.tuple(fc.nat({ max: 30_000 }), fc.boolean(), fc.nat({ max: 40 })), {
      minLength: 80,
      maxLength: 200,
    }),
    (asked) => {
      const pacing = new BarPacing();
      const sent: { atMs: number; weight: number }[] = [];
      let nowMs = 0;
      for (const [pauseMs, isBidAsk, which] of asked) {
        nowMs += pauseMs;
        const what = isBidAsk ? "BID_ASK" : "MIDPOINT";
        const request = { series: seriesOf({ what }), span: String(which) };
        nowMs += pacing.waitMs(request, nowMs);
        assert.equal(pacing.waitMs(request, nowMs), 0);
        pacing.note(request, nowMs);
        sent.push({ atMs: nowMs, weight: isBidAsk ? 2 : 1 });
        const weight = sent.filter(({ atMs }) => nowMs - atMs < 600_000)
          .reduce((sum, one) => sum + one.weight, 0);
        assert.ok(weight <= 60, `${weight} within ten minutes`);
      }
    },
  ));
});
