import { strict as assert } from "node:assert";
import fc from "fast-check";
import { type ManualClock, manualClock, sleep } from "../../base/clock.ts";
import type { MissingContract, Quote } from "../../options/quote.ts";
import { silentLog } from "../../telemetry/log.ts";
import type { GatewayEvent } from "../gateway/events.ts";
import { createLines, type Lines } from "../gateway/lines.ts";
import { at, EA, error, listing, listings, price, WHOLE } from "../test/fake_chain.ts";
import {
  type FakeConnection,
  fakeConnection,
  runClock,
  type Script,
  UNDERLYING_ID,
} from "../test/fake_connection.ts";
import { unknownChain } from "./known_chain.ts";
import { type ChainStream, streamChain } from "./stream.ts";
import { parseStreamWindow } from "./stream_window.ts";
import { tradingDay } from "./trading_day.ts";

const NOW_MS = Date.UTC(2026, 6, 15, 15);

interface Snapshot {
  readonly spot: number | null;
  readonly quotes: readonly Quote[];
  readonly missing: readonly MissingContract[];
}

interface Streaming extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly connection: FakeConnection;
  readonly lines: Lines;
  readonly stream: ChainStream;
  /** What was told, a list a second; seconds without a change have an empty one. */
  readonly changes: (readonly Quote[])[];
  readonly snapshots: Snapshot[];
  /** When the feed was found mute. */
  readonly muteFound: number[];
  /** Lets so many seconds go by. */
  go(seconds: number): Promise<void>;
  /** The numbers of the contracts that are subscribed now, without the underlying. */
  subscribed(): readonly number[];
}

interface Given {
  readonly window?: string;
  readonly script?: Script;
  readonly count?: number;
  readonly lineLimit?: number;
  readonly rate?: number;
  readonly isOpen?: () => boolean;
  readonly nowMs?: number;
}

/** Ticks of the underlying at 110, and all that is asked for of each option. */
const MARKET: Script = (conId) => at(100, conId === UNDERLYING_ID ? [price(4, 110)] : WHOLE);

function begin(given: Given = {}): Streaming {
  const { script = MARKET, count = 20, lineLimit = 100, rate = 0 } = given;
  const clock = manualClock(given.nowMs ?? NOW_MS);
  const connection = fakeConnection(clock, script, rate, listings(count));
  const lines = createLines(lineLimit, clock);
  const stop = new AbortController();
  const changes: (readonly Quote[])[] = [];
  const snapshots: Snapshot[] = [];
  const muteFound: number[] = [];
  const window = parseStreamWindow(given.window ?? "atm2");
  assert.ok(window);
  const share = lines.forStream();
  const stream = streamChain(connection, {
    ticker: EA,
    window,
    clock,
    log: silentLog,
    lines: share,
    known: unknownChain(tradingDay(clock.nowMs())),
    deltaOf: () => null,
    isMarketOpen: given.isOpen ?? (() => true),
    muteAfterMs: 60_000,
    onMute: () => muteFound.push(clock.monotonicMs()),
    sink: {
      changes: (quotes) => changes.push(quotes),
      snapshot: (snapshot) => snapshots.push(snapshot),
    },
    signal: stop.signal,
  });
  return {
    clock,
    connection,
    lines,
    stream,
    changes,
    snapshots,
    muteFound,
    go: (seconds) => runClock(clock, sleep(clock, seconds * 1_000)),
    subscribed: () =>
      connection.subscribedTo().filter((conId) => conId !== UNDERLYING_ID).sort((a, b) => a - b),
    async [Symbol.asyncDispose]() {
      stop.abort(new Error("The test is over."));
      await runClock(clock, stream.ended).catch(() => {/* the signal's reason */});
      assert.deepEqual([connection.subscribed.size, lines.used], [0, 0], "nothing is left behind");
      assert.equal(connection.strayCancels, 0, "no cancel of what the gateway refused");
    },
  };
}

const conIds = (quotes: readonly Quote[]): number[] =>
  quotes.map(({ occ }) => Number(occ.slice(-8)) / 1_000 - 100).sort((a, b) => a - b);

Deno.test("a stream keeps its window subscribed, and says that it is whole", async () => {
  await using streaming = begin();
  await streaming.go(5);
  assert.deepEqual(streaming.subscribed(), [8, 9, 10, 11, 12]);
  const { contracts, ticking, missing, whole, spot } = streaming.stream.state();
  assert.deepEqual(
    { contracts, ticking, missing, whole, spot },
    { contracts: 5, ticking: 5, missing: [], whole: true, spot: 110 },
  );
  assert.equal(streaming.stream.quoteOf(listing(9).contract.occ)?.bid, 3.1);
  assert.equal(streaming.stream.quoteOf(listing(1).contract.occ), undefined);
});

Deno.test("a stream tells each second only what changed", async () => {
  const moving: Script = (conId, ...rest) => [
    ...MARKET(conId, ...rest),
    ...(conId === 9 ? [...at(5_000, [price(1, 3.4)]), ...at(7_000, [price(1, 3.4)])] : []),
  ];
  await using streaming = begin({ script: moving });
  await streaming.go(12);
  const told = streaming.changes.filter((quotes) => quotes.length > 0);
  assert.deepEqual(told.map(conIds), [[8, 9, 10, 11, 12], [9]]);
  assert.equal(told[1]?.[0]?.bid, 3.4);
});

Deno.test("a stream tells no contract of which only one side was answered, for a while", async () => {
  const half: Script = (conId) =>
    conId === UNDERLYING_ID ? at(100, [price(4, 110)]) : at(100, [price(2, 3.3)]);
  await using streaming = begin({ script: half });
  await streaming.go(3);
  assert.ok(streaming.changes.every((quotes) => quotes.length === 0));
  await streaming.go(4);
  const told = streaming.changes.flat();
  assert.deepEqual(conIds(told), [8, 9, 10, 11, 12]);
  assert.ok(told.every(({ bid, ask }) => bid === null && ask === 3.3));
});

Deno.test("a stream gives a snapshot of its window every minute in which something ticked", async () => {
  let isQuiet = false;
  const script: Script = (conId, ...rest) => [
    ...MARKET(conId, ...rest),
    ...Array.from({ length: 600 }, (_, second) => ({
      atMs: 1_000 * second,
      event: price(4, isQuiet ? 3 : 3 + second / 100),
    })).filter(({ atMs }) => conId === 9 && atMs < 130_000),
  ];
  await using streaming = begin({ script, isOpen: () => false });
  await streaming.go(61);
  assert.equal(streaming.snapshots.length, 1);
  assert.deepEqual(conIds(streaming.snapshots[0]?.quotes ?? []), [8, 9, 10, 11, 12]);
  assert.deepEqual(streaming.snapshots[0]?.missing, []);
  isQuiet = true;
  await streaming.go(240);
  assert.equal(streaming.snapshots.length, 3, "of 130 seconds");
});

Deno.test("a stream moves with the price, keeps what stays, and does not swing", async () => {
  const script: Script = (conId, ...rest) =>
    conId === UNDERLYING_ID
      ? [110, 111.4, 109, 111.4, 112, 111, 112].map((value, index) => ({
        atMs: 100 + index * 5_000,
        event: price(4, value),
      }))
      : MARKET(conId, ...rest);
  await using streaming = begin({ script });
  await streaming.go(19);
  assert.deepEqual(streaming.subscribed(), [8, 9, 10, 11, 12]);
  await streaming.go(4);
  assert.deepEqual(streaming.subscribed(), [10, 11, 12, 13, 14]);
  await streaming.go(20);
  assert.deepEqual(streaming.subscribed(), [10, 11, 12, 13, 14]);
  assert.equal(streaming.connection.asked.get(10), 1, "it was never given up");
  assert.ok(streaming.stream.state().whole);
});

Deno.test("a window that is larger than its lines is cut, near the money first, and says so", async () => {
  await using streaming = begin({ window: "all", lineLimit: 20 });
  await streaming.go(5);
  // Half of the lines are for reads, one is the underlying's.
  assert.deepEqual(streaming.subscribed(), [6, 7, 8, 9, 10, 11, 12, 13, 14]);
  const { contracts, ticking, missing, whole } = streaming.stream.state();
  assert.deepEqual([contracts, ticking, missing.length, whole], [20, 9, 11, true]);
  assert.ok(missing.every(({ reason }) => reason === "line_budget"));
});

Deno.test("two streams share the lines: the first gives back what the second may have", async () => {
  await using streaming = begin({ window: "all", lineLimit: 20 });
  await streaming.go(5);
  assert.equal(streaming.subscribed().length, 9);
  const other = streaming.lines.forStream();
  await streaming.go(3);
  assert.deepEqual(streaming.subscribed(), [8, 9, 10, 11]);
  other.close();
  await streaming.go(3);
  assert.equal(streaming.subscribed().length, 9);
});

Deno.test("a silent contract is asked for anew every ten seconds, and reported", async () => {
  const script: Script = (conId, attempt, data) =>
    conId === 9 && attempt < 4 ? [] : MARKET(conId, attempt, data);
  await using streaming = begin({ script });
  await streaming.go(3);
  assert.ok(!streaming.stream.state().whole, "it is not known yet what becomes of it");
  await streaming.go(3);
  const missing = [{ contract: listing(9).contract.occ, reason: "mute_feed" }];
  assert.deepEqual(streaming.stream.state().missing, missing);
  assert.ok(streaming.stream.state().whole);
  await streaming.go(20);
  assert.equal(streaming.connection.asked.get(9), 3);
  await streaming.go(10);
  assert.deepEqual(streaming.stream.state().missing, []);
});

Deno.test("while nothing ticks at all, silent contracts are asked for one at a time", async () => {
  let isMute = true;
  const script: Script = (...args) => isMute ? [] : MARKET(...args);
  await using streaming = begin({ script, window: "all" });
  await streaming.go(60);
  const asked = streaming.connection.order.length;
  assert.ok(asked < 21 + 60 + 6, `${asked} requests in a minute`);
  isMute = false;
  await streaming.go(30);
  assert.equal(streaming.stream.state().ticking, 20);
  assert.equal(streaming.stream.state().spot, 110, "the underlying was asked for anew, too");
});

Deno.test("a window that goes silent while the market is open is asked for anew after a minute", async () => {
  for (const isOpen of [true, false]) {
    await using streaming = begin({ isOpen: () => isOpen });
    await streaming.go(55);
    assert.equal(streaming.connection.asked.get(9), 1);
    await streaming.go(10);
    assert.equal(streaming.connection.asked.get(9), isOpen ? 2 : 1);
    assert.equal(streaming.connection.asked.get(UNDERLYING_ID), isOpen ? 2 : 1);
  }
});

Deno.test("a feed that falls silent is mute after a minute, and tells again within half a one of its end", async () => {
  let isMute = false;
  const script: Script = (conId, ...rest) => [
    ...(isMute ? [] : MARKET(conId, ...rest)),
    ...Array.from({ length: 40 }, (_, second) => ({
      atMs: 1_000 * second,
      event: price(4, 3 + second / 100),
    })).filter(() => !isMute && conId !== UNDERLYING_ID),
  ];
  await using streaming = begin({ script, window: "all" });
  await streaming.go(30);
  isMute = true;
  // The last tick of what was asked for at the start comes at 40 s.
  await streaming.go(68);
  assert.deepEqual([streaming.stream.state().mute, streaming.muteFound.length], [false, 0]);
  await streaming.go(3);
  assert.deepEqual([streaming.stream.state().mute, streaming.muteFound.length], [true, 1]);
  assert.equal(streaming.stream.state().ticking, 0, "it never counts as live");
  const asked = streaming.connection.order.length;
  await streaming.go(120);
  assert.ok(streaming.connection.order.length - asked < 140, "one contract in a second");
  assert.equal(streaming.muteFound.length, 1);
  isMute = false;
  await streaming.go(30);
  const { mute, ticking, whole } = streaming.stream.state();
  assert.deepEqual({ mute, ticking, whole }, { mute: false, ticking: 20, whole: true });
});

Deno.test("a feed that is silent while the market is closed is not mute", async () => {
  await using streaming = begin({ isOpen: () => false });
  await streaming.go(300);
  assert.deepEqual([streaming.stream.state().mute, streaming.muteFound.length], [false, 0]);
});

Deno.test("a feed that only rests answers when it is asked anew, and is not mute", async () => {
  await using streaming = begin();
  await streaming.go(600);
  assert.equal(streaming.muteFound.length, 0);
});

Deno.test("a line that is dead among others that tick is asked for anew after five minutes", async () => {
  const script: Script = (conId, ...rest) => [
    ...MARKET(conId, ...rest),
    ...Array.from({ length: 900 }, (_, second) => ({
      atMs: 1_000 * second,
      event: price(4, 3 + second / 1_000),
    })).filter(() => conId !== 9 && conId !== UNDERLYING_ID),
  ];
  await using streaming = begin({ script });
  await streaming.go(295);
  assert.equal(streaming.connection.asked.get(9), 1);
  await streaming.go(20);
  assert.equal(streaming.connection.asked.get(9), 2);
  assert.equal(streaming.connection.asked.get(10), 1);
});

Deno.test("renew() subscribes all of the window anew, and tells nothing old meanwhile", async () => {
  let isMute = false;
  const script: Script = (...args) => isMute ? [] : MARKET(...args);
  await using streaming = begin({ script });
  await streaming.go(5);
  isMute = true;
  streaming.stream.renew();
  await streaming.go(2);
  assert.equal(streaming.stream.quoteOf(listing(9).contract.occ), undefined);
  assert.deepEqual(streaming.subscribed(), [8, 9, 10, 11, 12]);
  assert.equal(streaming.connection.asked.get(9), 2);
});

Deno.test("a contract that is dropped while its request waits for its turn leaves no line behind", async () => {
  await using streaming = begin({ window: "all", rate: 20 });
  for (let times = 0; times < 5; times++) {
    await streaming.go(0.3);
    streaming.stream.renew();
  }
  await streaming.go(10);
  assert.equal(streaming.connection.subscribed.size, 21);
});

Deno.test("a gateway that denies all of a window is not believed", async () => {
  let isDown = true;
  const script: Script = (conId, ...rest) => isDown ? at(50, [error(200)]) : MARKET(conId, ...rest);
  await using streaming = begin({ script });
  await streaming.go(60);
  isDown = false;
  await streaming.go(30);
  assert.equal(streaming.stream.state().ticking, 5);
});

const REFUSALS: readonly [string, GatewayEvent, string][] = [
  ["a line that others hold (101)", error(101), "line_budget"],
  ["a competing session (10197)", error(10197), "competing_session"],
  [
    "a subscription that is missing, for delayed data, too (10168)",
    error(10168),
    "no_subscription",
  ],
  ["a denial (200)", error(200), "IB 200: no"],
];
for (const [what, event, reason] of REFUSALS) {
  Deno.test(`a stream reports ${what}, and asks again later`, async () => {
    let isRefused = true;
    const script: Script = (conId, ...rest) =>
      conId !== UNDERLYING_ID && isRefused ? at(50, [event]) : MARKET(conId, ...rest);
    await using streaming = begin({ script });
    await streaming.go(6);
    const { missing, whole } = streaming.stream.state();
    assert.ok(whole);
    assert.ok(missing.length > 0 && missing.every((one) => one.reason === reason));
    assert.equal(streaming.lines.limit < 100, reason === "line_budget", "the budget shrank");
    isRefused = false;
    await streaming.go(5 * 60 + 30);
    assert.equal(streaming.stream.state().ticking, 5);
  });
}

Deno.test("a contract that is denied twice while others tick is left alone for the day", async () => {
  const script: Script = (conId, ...rest) =>
    conId === 9 ? at(50, [error(200)]) : MARKET(conId, ...rest);
  await using streaming = begin({ script });
  await streaming.go(120);
  assert.equal(streaming.connection.asked.get(9), 2);
  const missing = [{ contract: listing(9).contract.occ, reason: "IB 200: no" }];
  assert.deepEqual(streaming.stream.state().missing, missing);
  assert.ok(streaming.stream.state().whole);
});

Deno.test("a stream takes delayed data where live data is not subscribed (354)", async () => {
  const script: Script = (conId, _, data) =>
    data === "live" ? at(50, [error(354)]) : at(
      50,
      conId === UNDERLYING_ID
        ? [price(68, 110)]
        : [price(66, 3.1), price(67, 3.3), { type: "kind", kind: "delayed" }],
    );
  await using streaming = begin({ script });
  await streaming.go(6);
  assert.deepEqual(streaming.subscribed(), [8, 9, 10, 11, 12]);
  assert.equal(streaming.stream.quoteOf(listing(9).contract.occ)?.kind, "delayed");
});

Deno.test("a stream ends with the trading day, so that it begins anew with the next one's contracts", async () => {
  // 8:25 New York; the next day begins at 8:30.
  await using streaming = begin({ nowMs: Date.UTC(2026, 6, 16, 12, 25), isOpen: () => false });
  await streaming.go(240);
  assert.equal(streaming.connection.subscribed.size, 6);
  assert.equal(await runClock(streaming.clock, streaming.stream.ended), undefined);
});

Deno.test("a stream of what the gateway does not know ends with its sentence", async () => {
  await using streaming = begin({ count: 0 });
  const refused = await runClock(streaming.clock, streaming.stream.ended);
  assert.match(refused?.refusal ?? "", /IB 200/);
});

Deno.test("a stream rejects when the connection is lost, and holds no line", async () => {
  await using streaming = begin({ rate: 20 });
  await streaming.go(2);
  streaming.connection.lose();
  await assert.rejects(runClock(streaming.clock, streaming.stream.ended), /closed the connection/);
  assert.equal(streaming.lines.used, 0);
});

/** How a contract may behave, by the attempt. */
const behaviours: Readonly<Record<string, Script>> = {
  whole: () => at(80, WHOLE),
  silent: () => [],
  noLine: () => at(30, [error(101)]),
  unknown: () => at(30, [error(200)]),
  noLineOnce: (_, attempt) => at(30, attempt === 1 ? [error(101)] : WHOLE),
  liveNotSubscribed: (_, __, data) => at(30, data === "live" ? [error(354)] : WHOLE),
  competing: () => at(30, [error(10197)]),
  late: () => at(6_000, WHOLE),
};

Deno.test("a stream keeps its laws however the contracts behave and the price moves", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...Object.keys(behaviours)), { minLength: 1, maxLength: 15 }),
      fc.integer({ min: 2, max: 12 }),
      fc.array(fc.integer({ min: 95, max: 120 }), { maxLength: 6 }),
      fc.constantFrom("all", "atm1", "atm4"),
      async (names, lineLimit, prices, window) => {
        const script: Script = (conId, ...rest) =>
          conId === UNDERLYING_ID
            ? prices.map((value, index) => ({ atMs: index * 7_000, event: price(4, value) }))
            : behaviours[names[conId - 1] ?? "whole"]?.(conId, ...rest) ?? [];
        await using streaming = begin({
          script,
          window,
          lineLimit,
          count: names.length,
          rate: 40,
        });
        await streaming.go(60);
        assert.ok(streaming.connection.mostSubscribed <= lineLimit, "never more than the lines");
        const { contracts, ticking, missing, whole } = streaming.stream.state();
        assert.ok(ticking + missing.length <= contracts);
        assert.equal(whole, ticking + missing.length === contracts);
        const numbers = streaming.subscribed();
        assert.equal(new Set(numbers).size, numbers.length, "no contract twice");
      },
    ),
    { numRuns: 30 },
  );
});
