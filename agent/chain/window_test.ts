import { strict as assert } from "node:assert";
import fc from "fast-check";
import { manualClock, sleep } from "../../base/clock.ts";
import type { Quote } from "../../options/quote.ts";
import { createLines } from "../gateway/lines.ts";
import { at, error, listing, listings, price, size, WHOLE } from "../test/fake_chain.ts";
import { fakeConnection, runClock, type Script } from "../test/fake_connection.ts";
import { CONTRACT_DEADLINE_MS, QUIET_MS, readWindow, type WindowResult } from "./window.ts";

async function read(count: number, lineLimit: number, script: Script): Promise<{
  result: WindowResult;
  connection: ReturnType<typeof fakeConnection>;
  tookMs: number;
  linesLeft: number;
  lineLimit: number;
}> {
  const clock = manualClock();
  const connection = fakeConnection(clock, script);
  const budget = createLines(lineLimit, clock);
  const lines = budget.forRead(0);
  const reading = readWindow(listings(count), { connection, clock, lines });
  const result = await runClock(clock, reading);
  return {
    result,
    connection,
    tookMs: clock.monotonicMs(),
    linesLeft: budget.used,
    lineLimit: budget.limit,
  };
}

Deno.test("readWindow() gives a line back as soon as a contract's values are in", async () => {
  const { tookMs, result } = await read(40, 4, () => at(100, WHOLE));
  assert.equal(result.quotes.length, 40);
  // Ten groups of four, 100 ms each, and the clock's steps between.
  assert.ok(tookMs < 10 * 200, `took ${tookMs} ms`);
});

Deno.test("readWindow() settles a contract that never trades after a quiet time", async () => {
  const noLast = WHOLE.filter((event) => !(event.type === "price" && event.tick === 4));
  const { tookMs, result } = await read(3, 3, () => at(100, noLast));
  assert.equal(result.quotes[0]?.last, null);
  assert.equal(result.quotes[0]?.bid, 3.1);
  assert.ok(tookMs >= QUIET_MS && tookMs < QUIET_MS + 500, `took ${tookMs} ms`);
});

Deno.test("readWindow() waits less for what never comes where nothing limits its messages", async () => {
  const noLast = WHOLE.filter((event) => !(event.type === "price" && event.tick === 4));
  const { tookMs, result } = await read(40, 40, (conId) => at(100, conId < 30 ? WHOLE : noLast));
  assert.equal(result.quotes.length, 40);
  assert.ok(tookMs < QUIET_MS / 2, `took ${tookMs} ms`);
});

Deno.test("readWindow() waits as long as whole contracts need, though nothing limits its messages", async () => {
  const late: Script = (conId) => [
    ...at(100, WHOLE.slice(0, 4)),
    ...at(conId === 40 ? 1_900 : 1_000, WHOLE.slice(4)),
  ];
  const { result } = await read(40, 40, late);
  assert.ok(result.quotes.every((quote) => quote.impliedVol === 0.25));
});

Deno.test("readWindow() does not lose a value that comes late, and late again", async () => {
  const late: Script = () => [
    ...at(1_500, WHOLE.slice(0, 4)),
    ...at(2_500, WHOLE.slice(4, 7)),
    ...at(3_900, WHOLE.slice(7)),
  ];
  const { result } = await read(2, 2, late);
  assert.deepEqual(result.quotes.map((quote) => quote.impliedVol), [0.25, 0.25]);
});

Deno.test("readWindow() takes a price that only moves for no further value", async () => {
  const moving: Script = () =>
    Array.from({ length: 200 }, (_, index) => ({ atMs: index * 100, event: price(1, 3 + index) }));
  const { tookMs, result } = await read(1, 1, moving);
  assert.equal(result.quotes.length, 1);
  assert.ok(tookMs <= QUIET_MS + 100, `took ${tookMs} ms`);
});

Deno.test("readWindow() gives no contract more than its time, though values keep coming", async () => {
  const slow: Script = () => WHOLE.flatMap((event, index) => at(index * 1_500, [event]));
  const { tookMs, result } = await read(1, 1, slow);
  assert.equal(result.quotes[0]?.last, null);
  assert.ok(tookMs <= CONTRACT_DEADLINE_MS + 100, `took ${tookMs} ms`);
});

Deno.test("readWindow() takes a contract with only a last and open interest", async () => {
  const { result } = await read(1, 1, () => at(5, [price(4, 0.05), size(27, 3), size(28, 0)]));
  const [quote] = result.quotes;
  assert.deepEqual([quote?.bid, quote?.last, quote?.openInterest], [null, 0.05, 3]);
});

Deno.test("readWindow() asks a silent contract once more, then says that its feed is mute", async () => {
  const { result, connection } = await read(2, 2, (conId) => conId === 1 ? [] : at(5, WHOLE));
  assert.deepEqual(result.missing, [{ contract: listing(1).contract.occ, reason: "mute_feed" }]);
  assert.deepEqual([...connection.asked], [[1, 2], [2, 1]]);
});

Deno.test("readWindow() asks for no more where nothing ticks for a minute while the market is open", async () => {
  for (const isOpen of [true, false]) {
    const clock = manualClock();
    const connection = fakeConnection(clock, (conId) => conId <= 5 ? at(5, WHOLE) : [], 20);
    const budget = createLines(20, clock);
    const mute = { afterMs: 60_000, isMarketOpen: () => isOpen };
    const options = { connection, clock, lines: budget.forRead(0), mute };
    const { quotes, missing } = await runClock(clock, readWindow(listings(600), options));
    assert.deepEqual([quotes.length, missing.length, budget.used], [5, 595, 0]);
    assert.ok(missing.every(({ reason }) => reason === "mute_feed"));
    const tookMs = clock.monotonicMs();
    assert.ok(isOpen ? tookMs < 63_000 : tookMs > 120_000, `${tookMs} ms`);
    assert.equal(connection.subscribed.size, 0);
  }
});

Deno.test("readWindow() asks for what is near first, and for the silent again at the end", async () => {
  const { connection } = await read(
    4,
    1,
    (conId, attempt) => conId === 2 && attempt === 1 ? [] : at(5, WHOLE),
  );
  assert.deepEqual(connection.order, [1, 2, 3, 4, 2]);
});

Deno.test("readWindow() takes what comes at the second try", async () => {
  const { result } = await read(1, 1, (_, attempt) => attempt === 1 ? [] : at(5, WHOLE));
  assert.deepEqual([result.quotes.length, result.missing.length], [1, 0]);
});

Deno.test("readWindow() asks again and makes its window smaller when no line is free (101)", async () => {
  const { result, connection, lineLimit } = await read(
    9,
    5,
    (conId, attempt) => conId === 5 && attempt === 1 ? at(1, [error(101)]) : at(50, WHOLE),
  );
  assert.equal(result.quotes.length, 9);
  assert.equal(connection.asked.get(5), 2);
  assert.ok(lineLimit < 5);
});

Deno.test("readWindow() gives up when others hold all lines, and says so of each contract", async () => {
  const { result, tookMs } = await read(50, 5, () => at(5, [error(101)]));
  assert.equal(result.missing.length, 50);
  assert.ok(result.missing.every(({ reason }) => reason === "line_budget"));
  assert.ok(tookMs < 15_000, `took ${tookMs} ms`);
});

Deno.test("readWindow() waits a moment before it asks again for a line", async () => {
  const { tookMs } = await read(1, 5, (_, attempt) => at(5, attempt < 4 ? [error(101)] : WHOLE));
  assert.ok(tookMs >= 1_500, `took ${tookMs} ms`);
});

Deno.test("readWindow() falls back to delayed data where live is not subscribed (354)", async () => {
  const { result, connection } = await read(
    3,
    3,
    (_, __, marketData) => marketData === "live" ? at(5, [error(354)]) : at(5, WHOLE),
  );
  assert.equal(result.quotes.length, 3);
  assert.equal(connection.marketData, "delayed");
});

Deno.test("readWindow() names the subscription where delayed data is refused, too (10168)", async () => {
  const { result } = await read(1, 1, () => at(5, [error(10168)]));
  assert.equal(result.missing[0]?.reason, "no_subscription");
});

Deno.test("readWindow() believes error 200 only the second time", async () => {
  const once = await read(1, 1, (_, attempt) => at(5, attempt === 1 ? [error(200)] : WHOLE));
  assert.equal(once.result.quotes.length, 1);
  const twice = await read(1, 1, () => at(5, [error(200)]));
  assert.equal(twice.result.missing[0]?.reason, "IB 200: no");
});

Deno.test("readWindow() takes 10090, 10091 and 10167 for advice", async () => {
  for (const code of [10090, 10091, 10167]) {
    const { result } = await read(1, 1, () => [...at(1, [error(code)]), ...at(5, WHOLE)]);
    assert.equal(result.quotes.length, 1, String(code));
  }
});

Deno.test("readWindow() hands out only contracts with both a bid and an ask while it reads", async () => {
  const clock = manualClock();
  const connection = fakeConnection(
    clock,
    (conId) => at(5, conId === 1 ? WHOLE : [price(1, 3.1), price(2, -1), size(27, 5)]),
  );
  const early: Quote[] = [];
  const lines = createLines(2, clock).forRead(0);
  await runClock(
    clock,
    readWindow(listings(2), {
      connection,
      clock,
      lines,
      onQuoted: (quote) => early.push(quote),
    }),
  );
  assert.deepEqual(early.map((quote) => quote.occ), [listing(1).contract.occ]);
});

Deno.test("readWindow() rejects when the connection is lost, and holds no line", async () => {
  const clock = manualClock();
  const connection = fakeConnection(clock, () => []);
  const lines = createLines(3, clock).forRead(0);
  const reading = readWindow(listings(9), { connection, clock, lines });
  clock.after(1_000, () => connection.lose());
  await assert.rejects(runClock(clock, reading), /closed the connection/);
  assert.equal(lines.used, 0);
});

Deno.test("readWindow() cancels every line when it is ended in the middle", async () => {
  const clock = manualClock();
  const connection = fakeConnection(clock, () => []);
  const lines = createLines(3, clock).forRead(0);
  const end = new AbortController();
  const reading = readWindow(listings(9), { connection, clock, lines, signal: end.signal });
  clock.after(1_000, () => end.abort(new Error("SIGTERM")));
  await assert.rejects(runClock(clock, reading), /SIGTERM/);
  assert.deepEqual([connection.subscribed.size, connection.strayCancels, lines.used], [0, 0, 0]);
});

Deno.test("readWindow() takes at most 1.1 × 2(N + R)/rate + 8 s at the real rate, lines and delays", async () => {
  const clock = manualClock();
  // Every tenth contract never ticks and every seventh never trades; ticks take 0.1 to 1.6 s.
  const connection = fakeConnection(clock, (conId) => {
    if (conId % 10 === 0) return [];
    const firstMs = 100 + (conId * 37) % 1_000;
    const events = conId % 7 === 0 ? WHOLE.slice(0, 4) : WHOLE;
    return [...at(firstMs, events.slice(0, 4)), ...at(firstMs + 500, events.slice(4))];
  }, 45);
  const reading = readWindow(listings(600), {
    connection,
    clock,
    lines: createLines(94, clock).forRead(0),
  });
  const { quotes, missing } = await runClock(clock, reading, 2);
  assert.deepEqual([quotes.length, missing.length], [540, 60]);
  const limitMs = 1.1 * 2_000 * (600 + 60) / 45 + 8_000;
  assert.ok(clock.monotonicMs() <= limitMs, `took ${clock.monotonicMs()} ms of ${limitMs}`);
});

Deno.test("readWindow() asks for no open interest that is known, and waits for none", async () => {
  const clock = manualClock();
  const withoutIt = WHOLE.filter((event) => !(event.type === "size" && event.tick === 27));
  const connection = fakeConnection(clock, () => at(5, withoutIt));
  const lines = createLines(2, clock).forRead(0);
  const openInterest = new Map([[listing(1).contract.occ, 77]]);
  const { quotes } = await runClock(
    clock,
    readWindow(listings(2), { connection, clock, lines, openInterest }),
  );
  assert.deepEqual([...connection.generics], [[1, ""], [2, "101"]]);
  assert.deepEqual(quotes.map((quote) => quote.openInterest), [77, null]);
});

Deno.test("readWindow() remembers a denial only where IB knew others between the first and the second", async () => {
  const some = await read(3, 3, (conId) => at(5, conId === 1 ? [error(200)] : WHOLE));
  assert.deepEqual([...some.result.denied], [[listing(1).contract.occ, "IB 200: no"]]);
  const all = await read(3, 3, () => at(5, [error(200)]));
  assert.equal(all.result.missing.length, 3);
  assert.equal(all.result.denied.size, 0);
});

Deno.test("readWindow() counts the contracts that it asked for once more", async () => {
  const { result } = await read(5, 5, (conId) => conId % 2 === 0 ? [] : at(5, WHOLE));
  assert.equal(result.requeued, 2);
});

Deno.test("readWindow() begins nothing while a more urgent read is open, and goes on after it", async () => {
  const clock = manualClock();
  const connection = fakeConnection(clock, () => at(100, WHOLE));
  const budget = createLines(10, clock);
  const lines = budget.forRead(0);
  const reading = readWindow(listings(30), { connection, clock, lines });
  await runClock(clock, sleep(clock, 50));
  const page = budget.forRead(2);
  const before = connection.order.length;
  await runClock(clock, sleep(clock, 5_000));
  assert.equal(connection.order.length, before);
  assert.equal(connection.subscribed.size, 0);
  page.close();
  const { quotes } = await runClock(clock, reading);
  assert.equal(quotes.length, 30);
  assert.equal(connection.order.length, 30, "each asked for once");
});

Deno.test("readWindow() yields its lines when a more urgent read finds none, and loses no contract", async () => {
  const clock = manualClock();
  // The second time, which is the first that counts, some are silent.
  const connection = fakeConnection(
    clock,
    (conId, attempt) =>
      attempt === 1 ? at(3_000, WHOLE) : attempt === 2 && conId < 4 ? [] : at(50, WHOLE),
  );
  const budget = createLines(10, clock);
  const reading = readWindow(listings(12), { connection, clock, lines: budget.forRead(0) });
  await runClock(clock, sleep(clock, 1_000));
  assert.equal(budget.used, 10);
  const page = budget.forRead(2);
  assert.ok(!page.take());
  await runClock(clock, sleep(clock, 200));
  assert.deepEqual([budget.used, connection.subscribed.size], [0, 0]);
  page.close();
  const { quotes, missing } = await runClock(clock, reading);
  assert.deepEqual([quotes.length, missing.length], [12, 0]);
  assert.deepEqual([...connection.asked.values()], [3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 1, 1]);
});

/** How a contract may behave, by the attempt. */
const behaviours: Readonly<Record<string, Script>> = {
  whole: () => at(80, WHOLE),
  slow: () => [...at(900, WHOLE.slice(0, 5)), ...at(1_900, WHOLE.slice(5))],
  partial: () => at(200, WHOLE.slice(2, 4)),
  silent: () => [],
  noLine: () => at(30, [error(101)]),
  silentOnce: (_, attempt) => attempt === 1 ? [] : at(80, WHOLE),
  noLineOnce: (_, attempt) => at(30, attempt === 1 ? [error(101)] : WHOLE),
  unknownOnce: (_, attempt) => at(30, attempt === 1 ? [error(200)] : WHOLE),
  liveNotSubscribed: (_, __, data) => at(30, data === "live" ? [error(354)] : WHOLE),
  competing: () => at(30, [error(10197)]),
};

Deno.test("readWindow() keeps its laws however the contracts behave", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...Object.keys(behaviours)), { maxLength: 20 }),
      fc.integer({ min: 1, max: 6 }),
      async (names, limit) => {
        const script: Script = (conId, ...rest) =>
          behaviours[names[conId - 1] ?? "whole"]?.(conId, ...rest) ?? [];
        const { result, connection, linesLeft } = await read(names.length, limit, script);
        const seen = [...result.quotes.map((q) => q.occ), ...result.missing.map((m) => m.contract)];
        const all = listings(names.length).map((each) => each.contract.occ);
        assert.deepEqual(seen.toSorted(), all.map(String).toSorted(), "each contract once");
        assert.ok(connection.mostSubscribed <= limit, "never more lines than the limit");
        assert.deepEqual([linesLeft, connection.subscribed.size], [0, 0], "every line given back");
        assert.equal(connection.strayCancels, 0, "no cancel of what the gateway refused");
      },
    ),
    { numRuns: 40 },
  );
});
