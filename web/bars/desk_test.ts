import { strict as assert } from "node:assert";
import { manualClock } from "../../base/clock.ts";
import { storeBars } from "../../db/bars.ts";
import { withTestDatabase } from "../../db/testing.ts";
import type { Bar, BarSeries } from "../../options/bars.ts";
import { parseTicker } from "../../options/contract.ts";
import { type BarsAsked, BarsDesk, type BarsWish, gapsToFill } from "./desk.ts";

const EA = parseTicker("EA") ?? assert.fail();
const SERIES: BarSeries = { instrument: EA, what: "MIDPOINT", bar: "1h", rth: true };
const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 6, 13);
const hour = (at: number): number => START_MS + at * HOUR_MS;

function bar(at: number): Bar {
  const price = { open: 1, high: 2, low: 0.5, close: 1.5 };
  return { startMs: hour(at), ...price, volume: null, wap: null, count: null };
}

/** A desk at `now` hours whose agent reads a bar an hour, unless it answers something else. */
async function withDesk(
  nowHours: number,
  test: (given: {
    readonly find: (from: number, to: number) => ReturnType<BarsDesk["find"]>;
    readonly wishes: BarsWish[];
    answer: BarsAsked | undefined;
  }) => Promise<void>,
): Promise<void> {
  await withTestDatabase(async (sql) => {
    const clock = manualClock(hour(nowHours));
    const wishes: BarsWish[] = [];
    const given = {
      wishes,
      answer: undefined as BarsAsked | undefined,
      find: (from: number, to: number) => desk.find(SERIES, { fromMs: hour(from), toMs: hour(to) }),
    };
    const desk = new BarsDesk({
      clock,
      database: { work: sql, quick: sql },
      async ask(wish) {
        wishes.push(wish);
        if (given.answer) return given.answer;
        const bars = wish.spans.flatMap(({ fromMs, toMs }) => {
          const first = Math.floor((fromMs - START_MS) / HOUR_MS);
          const last = Math.ceil((toMs - START_MS) / HOUR_MS);
          return Array.from({ length: last - first }, (_, at) => bar(first + at));
        });
        await storeBars(sql, { ...wish, bars, finalToMs: clock.nowMs() - HOUR_MS });
        return { kind: "done" };
      },
    });
    await test(given);
  });
}

const spansOf = ({ spans }: BarsWish): number[][] =>
  spans.map(({ fromMs, toMs }) => [(fromMs - START_MS) / HOUR_MS, (toMs - START_MS) / HOUR_MS]);

Deno.test("a desk asks an agent for the gaps alone, and for nothing twice", async () => {
  await withDesk(100, async ({ find, wishes }) => {
    const first = await find(2, 5);
    assert.deepEqual([first.source, first.bars.length, first.gaps], ["agent", 3, []]);
    const wider = await find(0, 8);
    assert.deepEqual(wider.bars.map(({ startMs }) => startMs), [0, 1, 2, 3, 4, 5, 6, 7].map(hour));
    assert.deepEqual(wishes.map(spansOf), [[[2, 5]], [[0, 2], [5, 8]]]);
    assert.equal((await find(1, 7)).source, "stored");
    assert.equal(wishes.length, 2);
  });
});

Deno.test("a desk that asks in vain gives what is stored, the gaps, and why", async () => {
  await withDesk(100, async (given) => {
    await given.find(0, 4);
    given.answer = { kind: "no_agent" };
    const found = await given.find(2, 6);
    assert.deepEqual([found.bars.length, found.gaps.length, found.asked?.kind], [2, 1, "no_agent"]);
  });
});

Deno.test("ten who want the same at once ask once", async () => {
  await withDesk(100, async ({ find, wishes }) => {
    const found = await Promise.all(Array.from({ length: 10 }, () => find(0, 4)));
    assert.ok(found.every(({ bars }) => bars.length === 4));
    assert.equal(wishes.length, 1);
  });
});

Deno.test("a desk asks for no time that is still to come", async () => {
  await withDesk(3, async ({ find, wishes }) => {
    await find(0, 8);
    assert.deepEqual(wishes.map(spansOf), [[[0, 3]]]);
  });
});

Deno.test("gapsToFill() asks for the bar that is not over once a minute at the most", () => {
  const gap = { fromMs: hour(9), toMs: hour(9.5) };
  const at = (agoMs: number) =>
    gapsToFill({ gaps: [gap], lastRead: { atMs: hour(9.5) - agoMs, toMs: hour(9.4) } }, HOUR_MS, {
      nowMs: hour(9.5),
      realNowMs: hour(9.5),
    });
  assert.deepEqual(at(59_000), []);
  assert.deepEqual(at(61_000), [gap]);
});
