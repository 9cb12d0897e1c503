import { strict as assert } from "node:assert";
import { type ManualClock, manualClock, sleep } from "../base/clock.ts";
import { parseTicker, type Ticker } from "../options/contract.ts";
import { silentLog } from "../telemetry/log.ts";
import type { ReadPriority } from "./chain/priority.ts";
import { unknownChain } from "./chain/known_chain.ts";
import { tradingDay } from "./chain/trading_day.ts";
import type { SnapshotContent } from "./delivery/outbox.ts";
import { createStandby, type Standby } from "./delivery/standby.ts";
import type { Connection } from "./gateway/connection.ts";
import { createLines, type Lines } from "./gateway/lines.ts";
import { createReader, type Reader } from "./reader.ts";
import type { RequestOutcome } from "./reading.ts";
import { at, EA, error, listings, price, WHOLE } from "./test/fake_chain.ts";
import {
  type FakeConnection,
  fakeConnection,
  runClock,
  type Script,
  UNDERLYING_ID,
} from "./test/fake_connection.ts";

const CSGS: Ticker = parseTicker("CSGS") ?? assert.fail();
const MU: Ticker = parseTicker("MU") ?? assert.fail();

const NOW_MS = Date.UTC(2026, 6, 15, 15);

const MARKET: Script = (conId) => at(100, conId === UNDERLYING_ID ? [price(4, 110)] : WHOLE);

interface Test extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly connection: FakeConnection;
  readonly lines: Lines;
  readonly reader: Reader;
  readonly standby: Standby;
  readonly snapshots: SnapshotContent[];
  /** The end of the early updates of a read waits for it. */
  lastUpdate: Promise<void>;
  /** Has the server take the early updates that wait. */
  storeUpdates(): void;
  /** What an outcome was, once it is there. */
  outcome(request: Promise<RequestOutcome>): Promise<RequestOutcome>;
  go(seconds: number): Promise<void>;
  reading(): readonly string[];
  /** Replaces a connection that was lost. */
  reconnect(): FakeConnection;
}

interface Given {
  readonly script?: Script;
  readonly nowMs?: number;
  readonly count?: number;
  readonly rate?: number;
  readonly lineLimit?: number;
}

/** All tickers have the same chain. */
function begin(given: Given = {}): Test {
  const { script = MARKET, count = 100, rate = 20, lineLimit = 95, nowMs = NOW_MS } = given;
  const clock = manualClock(nowMs);
  const connect = (): FakeConnection => fakeConnection(clock, script, rate, listings(count));
  let connection = connect();
  const lines = createLines(lineLimit, clock);
  const snapshots: SnapshotContent[] = [];
  const updates = new Set<() => void>();
  const standby = createStandby({ clock, log: silentLog });
  const keptChains = new Map<Ticker, ReturnType<typeof unknownChain>>();
  const reader = createReader({
    // The connection in use, even when it was lost a moment ago.
    keeper: {
      watch: { isTroubled: false },
      connection(signal) {
        if (signal.aborted) return Promise.reject(signal.reason);
        return Promise.resolve<Connection>(connection);
      },
    },
    lines,
    muteAfterMs: 60_000,
    clock,
    log: silentLog,
    memory: {
      recall(ticker) {
        const known = keptChains.get(ticker) ?? unknownChain(tradingDay(clock.nowMs()));
        keptChains.set(ticker, known);
        return known;
      },
      keep: () => {},
    },
    standby,
    outbox: {
      earlyUpdates: (_ticker, _readId, onStored) => ({
        add: () => void updates.add(onStored),
        end: () => test.lastUpdate,
      }),
      streamUpdates: () => ({
        add: () => {},
        between: (work) => Promise.resolve(work()),
        end: () => {},
      }),
      snapshot: (content) => void snapshots.push(content),
    },
  });
  const test: Test = {
    clock,
    lastUpdate: Promise.resolve(),
    get connection() {
      return connection;
    },
    lines,
    reader,
    standby,
    snapshots,
    storeUpdates() {
      for (const onStored of updates) onStored();
      updates.clear();
    },
    outcome: (request) => runClock(clock, request),
    go: (seconds) => runClock(clock, sleep(clock, seconds * 1_000)),
    reading: () => reader.state().reading.map(({ ticker }) => ticker),
    reconnect: () => connection = connect(),
    async [Symbol.asyncDispose]() {
      await runClock(clock, reader.end());
      assert.deepEqual([connection.subscribed.size, lines.used], [0, 0], "nothing is left behind");
    },
  };
  return test;
}

function request(
  { reader }: Test,
  ticker: Ticker,
  priority: ReadPriority,
  signal?: AbortSignal,
): Promise<RequestOutcome> {
  const outcome = reader.request({ ticker, priority, ...(signal && { signal }) });
  outcome.catch(() => {/* whoever waits for it sees it */});
  return outcome;
}

Deno.test("a request reads the chain and has it delivered", async () => {
  await using test = begin();
  const outcome = await test.outcome(request(test, EA, "watch"));
  assert.ok(outcome.kind === "read");
  assert.deepEqual([outcome.contracts, outcome.missing], [100, 0]);
  const [snapshot] = test.snapshots;
  assert.deepEqual([snapshot?.ticker, snapshot?.readId, snapshot?.spot], [
    EA,
    outcome.readId,
    110,
  ]);
  const [last] = test.reader.state().lastReads;
  assert.deepEqual([last?.ticker, last?.contracts, last?.seconds], [EA, 100, outcome.seconds]);
  assert.ok(test.reader.isFed(EA));
});

Deno.test("SP-14 a snapshot is not written before the last update of its read is answered", async () => {
  await using test = begin({ count: 5 });
  const answered = Promise.withResolvers<void>();
  test.lastUpdate = answered.promise;
  const reading = request(test, EA, "lease");
  await test.go(20);
  assert.deepEqual(test.lines.used, 0, "it was read");
  assert.deepEqual(test.snapshots, []);
  answered.resolve();
  await test.outcome(reading);
  assert.equal(test.snapshots.length, 1);
});

Deno.test("requests of one priority are read one after the other, in their order", async () => {
  await using test = begin();
  const first = request(test, EA, "watch");
  const second = request(test, CSGS, "watch");
  await test.go(1);
  assert.deepEqual(test.reading(), [EA]);
  assert.deepEqual(test.reader.state().waiting, [CSGS]);
  await test.outcome(second);
  await test.outcome(first);
  assert.deepEqual(test.snapshots.map(({ ticker }) => ticker), [EA, CSGS]);
});

Deno.test("a page's request goes first: the read that runs waits for it, and then goes on", async () => {
  await using test = begin();
  const slow = request(test, EA, "watch");
  await test.go(3);
  const { done } = test.reader.state().reading[0] ?? { done: 0 };
  assert.ok(done > 0 && done < 100);
  const startMs = test.clock.monotonicMs();
  const page = request(test, CSGS, "page");
  await test.go(2);
  assert.deepEqual(test.reading(), [CSGS, EA]);
  await test.outcome(page);
  const alone = 2_000 * 100 / 20;
  assert.ok(test.clock.monotonicMs() - startMs < 1.3 * alone + 2_000, "as if it were alone");
  await test.outcome(slow);
  assert.deepEqual(test.snapshots.map(({ ticker }) => ticker), [CSGS, EA]);
  assert.equal(test.snapshots[1]?.quotes.length, 100);
});

Deno.test("a deal's ticker goes before what is only watched, and does not stop a page's", async () => {
  await using test = begin();
  const page = request(test, EA, "page");
  const watch = request(test, CSGS, "watch");
  const lease = request(test, MU, "lease");
  await test.go(1);
  assert.deepEqual(test.reading(), [EA]);
  assert.deepEqual(test.reader.state().waiting, [MU, CSGS]);
  for (const each of [page, watch, lease]) await test.outcome(each);
  assert.deepEqual(test.snapshots.map(({ ticker }) => ticker), [EA, MU, CSGS]);
});

Deno.test("a request for a ticker that is read already joins it, and makes it as urgent", async () => {
  await using test = begin();
  const watch = request(test, EA, "watch");
  const other = request(test, CSGS, "lease");
  await test.go(2);
  assert.deepEqual(test.reading(), [CSGS, EA], "the deal's ticker overtook it");
  const page = request(test, EA, "page");
  await test.go(1);
  assert.deepEqual(test.reading(), [EA, CSGS]);
  assert.deepEqual(await test.outcome(page), await test.outcome(watch));
  await test.outcome(other);
  assert.deepEqual(test.snapshots.map(({ ticker }) => ticker), [EA, CSGS], "each read once");
});

Deno.test("a caller hears of the first contracts once, also one that joins later", async () => {
  await using test = begin();
  const heard: string[] = [];
  const done: number[] = [];
  const first = test.reader.request({
    ticker: EA,
    priority: "watch",
    onFirst: () => heard.push("first"),
    onProgress: (progress) => done.push(progress.done),
  });
  await test.go(2);
  assert.equal(heard.length, 0, "before the server has them");
  test.storeUpdates();
  const second = test.reader.request({
    ticker: EA,
    priority: "page",
    onFirst: () => heard.push("second"),
  });
  assert.deepEqual(heard, ["first", "second"]);
  await test.go(1);
  test.storeUpdates();
  assert.deepEqual(heard, ["first", "second"]);
  await test.outcome(first);
  await test.outcome(second);
  assert.deepEqual(done, Array.from({ length: 100 }, (_, index) => index + 1));
});

Deno.test("a caller that gives up leaves; the read goes on for the others, and ends with the last", async () => {
  await using test = begin();
  const [one, other] = [new AbortController(), new AbortController()];
  const first = request(test, EA, "page", one.signal);
  const second = request(test, EA, "page", other.signal);
  await test.go(2);
  one.abort(new Error("The page was closed."));
  await assert.rejects(first, /page was closed/);
  await test.go(1);
  assert.deepEqual(test.reading(), [EA]);
  other.abort(new Error("This page, too."));
  const again = request(test, EA, "page");
  await assert.rejects(second, /This page, too/);
  await test.go(6);
  assert.deepEqual(test.snapshots, []);
  assert.equal((await test.outcome(again)).kind, "read");
});

Deno.test("a request that is given up while it waits is not read", async () => {
  await using test = begin();
  const caller = new AbortController();
  const first = request(test, EA, "lease");
  const second = request(test, CSGS, "lease", caller.signal);
  await test.go(1);
  caller.abort(new Error("no more"));
  await assert.rejects(second, /no more/);
  assert.deepEqual(test.reader.state().waiting, []);
  await test.outcome(first);
  await test.go(20);
  assert.deepEqual(test.snapshots.map(({ ticker }) => ticker), [EA]);
});

Deno.test("a read that loses its connection is begun anew on the next", async () => {
  await using test = begin();
  const reading = request(test, EA, "watch");
  await test.go(2);
  test.connection.lose();
  test.reconnect();
  const outcome = await test.outcome(reading);
  assert.ok(outcome.kind === "read" && outcome.contracts === 100);
});

Deno.test("a request says that the connection was lost, when it was lost again", async () => {
  await using test = begin();
  const reading = request(test, EA, "watch");
  await test.go(2);
  test.connection.lose();
  test.reconnect();
  await test.go(2);
  test.connection.lose();
  const outcome = await test.outcome(reading);
  assert.ok(outcome.kind === "lost" && outcome.reason === "gateway_down");
  test.reconnect();
});

Deno.test("a request for what the gateway does not know says so", async () => {
  await using test = begin({ count: 0 });
  const outcome = await test.outcome(request(test, EA, "page"));
  assert.ok(outcome.kind === "unknown");
  assert.match(outcome.message, /knows no underlying EA/);
  assert.ok(!test.reader.isFed(EA));
});

Deno.test("a ticker is fed no more when a read brings no price", async () => {
  let isMute = false;
  await using test = begin({ script: (...args) => isMute ? [] : MARKET(...args), count: 5 });
  await test.outcome(request(test, EA, "lease"));
  assert.ok(test.reader.isFed(EA));
  isMute = true;
  await test.outcome(request(test, EA, "lease"));
  assert.ok(!test.reader.isFed(EA));
});

Deno.test("a ticker of which nothing ticks is mute until something does, and is tried by three lines alone", async () => {
  let isMute = true;
  await using test = begin({ script: (...args) => isMute ? [] : MARKET(...args) });
  const outcome = await test.outcome(request(test, EA, "lease"));
  assert.ok(outcome.kind === "read" && outcome.missing === 100);
  assert.ok(test.snapshots[0]?.missing.every(({ reason }) => reason === "mute_feed"));
  const { mute, muteFound } = test.reader.state();
  assert.deepEqual([mute, muteFound], [[EA], 1]);
  assert.ok(test.reader.isMute(EA) && !test.reader.isMute(CSGS));
  const asked = test.connection.order.length;
  const again = await test.outcome(request(test, EA, "lease"));
  // The underlying and two contracts, once each.
  assert.deepEqual([again.kind, test.connection.order.length - asked], ["dry", 3]);
  isMute = false;
  assert.equal((await test.outcome(request(test, EA, "lease"))).kind, "read");
  assert.deepEqual([test.reader.state().mute, test.reader.state().muteFound], [[], 1]);
  assert.ok(test.reader.isFed(EA));
});

Deno.test("a ticker is not mute while its market is closed", async () => {
  await using test = begin({ script: () => [], count: 5, nowMs: Date.UTC(2026, 6, 16, 1) });
  await test.outcome(request(test, EA, "lease"));
  assert.ok(!test.reader.isMute(EA));
});

Deno.test("end() ends what runs and what waits, and tells the callers", async () => {
  const test = begin();
  const running = request(test, EA, "lease");
  const waiting = request(test, CSGS, "lease");
  await test.go(2);
  await test[Symbol.asyncDispose]();
  await assert.rejects(running, /agent is ending/);
  await assert.rejects(waiting, /agent is ending/);
  await assert.rejects(request(test, MU, "page"), /agent is ending/);
});

Deno.test("a read asks for no contract that a stream keeps, and has it in its snapshot", async () => {
  await using test = begin();
  test.reader.stream(EA, { atm: 2 });
  await test.go(5);
  const [stream] = test.reader.state().streams;
  assert.deepEqual([stream?.window, stream?.ticking, stream?.whole], ["atm2", 5, true]);
  assert.ok(test.reader.isFed(EA));
  const outcome = await test.outcome(request(test, EA, "lease"));
  assert.ok(outcome.kind === "read" && outcome.contracts === 100);
  assert.equal(test.connection.asked.get(10), 1);
  assert.equal(test.connection.asked.get(30), 1);
});

Deno.test("a stream is there again after the connection was lost", async () => {
  await using test = begin();
  test.reader.stream(EA, { atm: 2 });
  await test.go(5);
  test.connection.lose();
  test.reconnect();
  await test.go(5);
  assert.equal(test.connection.subscribed.size, 6);
  assert.ok(test.reader.state().streams[0]?.whole);
});

Deno.test("a stream's window can be another, and ended", async () => {
  await using test = begin();
  test.reader.stream(EA, { atm: 2 });
  await test.go(5);
  test.reader.stream(EA, { atm: 1 });
  await test.go(5);
  assert.deepEqual(test.reader.state().streams.map(({ window }) => window), ["atm1"]);
  assert.equal(test.connection.subscribed.size, 4);
  test.reader.unstream(EA);
  await test.go(2);
  assert.deepEqual(test.reader.state().streams, []);
  assert.equal(test.connection.subscribed.size, 0);
  assert.equal(test.lines.forStream().most, 55, "no other stream has a share");
});

Deno.test("a stream stands down while another agent has the ticker, and is there again after", async () => {
  await using test = begin();
  test.reader.stream(EA, { atm: 2 });
  await test.go(5);
  test.standby.conflict(EA, 30_000);
  await test.go(2);
  assert.deepEqual([test.connection.subscribed.size, test.lines.used], [0, 0]);
  assert.ok(!test.reader.isFed(EA));
  await test.go(25);
  assert.equal(test.connection.subscribed.size, 0);
  await test.go(9);
  assert.equal(test.connection.subscribed.size, 6);
});

Deno.test("a stream gives a snapshot with the window's spot every minute", async () => {
  const moving: Script = (conId, ...rest) => [
    ...MARKET(conId, ...rest),
    ...(conId === 10
      ? Array.from({ length: 200 }, (_, second) => ({
        atMs: 1_000 * second,
        event: price(1, 3 + second / 1_000),
      }))
      : []),
  ];
  await using test = begin({ script: moving });
  test.reader.stream(EA, { atm: 2 });
  await test.go(130);
  assert.equal(test.snapshots.length, 2);
  assert.deepEqual(test.snapshots.map(({ ticker, spot }) => [ticker, spot]), [[EA, 110], [
    EA,
    110,
  ]]);
  assert.notEqual(test.snapshots[0]?.readId, test.snapshots[1]?.readId);
});

Deno.test("a window by delta is chosen by what the last read said", async () => {
  const script: Script = (conId) =>
    at(
      100,
      conId === UNDERLYING_ID ? [price(4, 150)] : [...WHOLE.slice(0, 7), {
        type: "computation",
        tick: 13,
        values: { impliedVol: 0.2, delta: 1 - conId / 100, gamma: 0, theta: 0, vega: 0 },
      }],
    );
  await using test = begin({ script });
  await test.outcome(request(test, EA, "lease"));
  test.reader.stream(EA, { delta: 0.445 });
  await test.go(5);
  const asked = [...test.connection.asked].filter(([, times]) => times === 2);
  const conIds = asked.map(([conId]) => conId).filter((conId) => conId !== UNDERLYING_ID).sort();
  assert.deepEqual(conIds, [45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55]);
});

Deno.test("the lines of a paused read are a page's when it needs them", async () => {
  const slow: Script = (conId) =>
    at(conId === UNDERLYING_ID ? 100 : 3_500, conId === UNDERLYING_ID ? [price(4, 110)] : WHOLE);
  await using test = begin({ script: slow, lineLimit: 12, rate: 40 });
  const watch = request(test, EA, "watch");
  await test.go(3);
  assert.equal(test.lines.used, 12);
  const page = request(test, CSGS, "page");
  await test.go(2);
  assert.equal(test.lines.used, 12);
  // All but the underlying of the paused read.
  assert.equal(test.reader.state().reading.length, 2);
  await test.outcome(page);
  const outcome = await test.outcome(watch);
  assert.ok(outcome.kind === "read" && outcome.contracts === 100);
});

Deno.test("a denied chain does not keep the next one from being read", async () => {
  await using test = begin({
    script: (conId) => conId === UNDERLYING_ID ? [] : at(10, [error(200)]),
    count: 5,
  });
  const outcomes = [request(test, EA, "lease"), request(test, CSGS, "lease")];
  for (const each of outcomes) {
    const outcome = await test.outcome(each);
    assert.ok(outcome.kind === "read" && outcome.missing === 5 && outcome.contracts === 0);
  }
  assert.ok(!test.reader.isFed(EA));
});
