import { strict as assert } from "node:assert";
import { manualClock } from "../../base/clock.ts";
import { parseTicker, type Ticker } from "../../options/contract.ts";
import { batchOf, quoteOf } from "../../options/testing.ts";
import {
  type ClientMessageText,
  type ServerMessage,
  serverMessage,
} from "../../options/wire/live.ts";
import { silentLog } from "../../telemetry/log.ts";
import type { TrackedTicker } from "../services.ts";
import { FULL_BYTES, type LiveSocket } from "./connection.ts";
import { NO_DAY } from "./days.ts";
import { HEARTBEAT_EVERY_MS, type Line, LiveFeed, STATE_EVERY_BEATS } from "./feed.ts";
import type { HubListener } from "./hub.ts";
import { advance, track, type TrackedChain } from "./tracked.ts";

const START_MS = Date.UTC(2026, 6, 15, 15);
const OCC = "EA261218C00210000";

/** A page of which the test says how much it has yet to read. */
class Page implements LiveSocket {
  bufferedAmount = 0;
  readonly readyState = WebSocket.OPEN;
  readonly told: ServerMessage[] = [];
  readonly #line: Line;

  constructor(feed: LiveFeed) {
    this.#line = feed.join(this);
  }

  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    this.told.push(serverMessage.parse(JSON.parse(String(data))));
  }

  close(): void {
    this.#line.leave();
  }

  async say(message: ClientMessageText): Promise<void> {
    await this.#line.hear(JSON.stringify(message));
  }

  /** The messages of one type. */
  of<T extends ServerMessage["type"]>(type: T): Extract<ServerMessage, { type: T }>[] {
    // The filter is what the type says.
    return this.told.filter((message) => message.type === type) as Extract<
      ServerMessage,
      { type: T }
    >[];
  }
}

/** A feed over one ticker whose chain the test moves on, and one that stands still. */
class Bench {
  readonly clock = manualClock(START_MS);
  /** What a look at a ticker waits for. */
  held: Promise<void> = Promise.resolve();
  readonly ticker: Ticker;
  readonly feed: LiveFeed;
  readonly #still: Ticker;
  #chain: TrackedChain = track();
  #announce: HubListener = () => {};

  constructor() {
    const ticker = parseTicker("EA");
    assert.ok(ticker);
    this.ticker = ticker;
    const still = parseTicker("SPX");
    assert.ok(still);
    this.#still = still;
    const knownOf = (named: Ticker, tracked: TrackedChain): TrackedTicker => ({
      ticker: named,
      name: null,
      deal: null,
      chain: tracked.chain,
      tracked,
      agentOnline: true,
      agentReason: null,
      referencePrice: null,
    });
    const known = (): TrackedTicker => knownOf(ticker, this.#chain);
    this.feed = new LiveFeed({
      clock: this.clock,
      log: silentLog,
      chains: {
        get: async (asked) => {
          const found = asked === ticker ? known() : knownOf(still, track());
          await this.held;
          return found;
        },
        all: () => Promise.resolve([known(), knownOf(still, track())]),
        agentCounts: () => ({ known: 2, connected: 1, alive: 1 }),
      },
      days: { of: () => Promise.resolve(NO_DAY) },
      hub: {
        listen: (listener) => {
          this.#announce = listener;
          return () => {};
        },
      },
    });
  }

  page(): Page {
    return new Page(this.feed);
  }

  async bid(bid: number): Promise<void> {
    const seq = this.#chain.chain.seq + 1;
    const batch = batchOf(this.clock.nowMs() + seq, [quoteOf(OCC, { bid })], { seq });
    const next = advance(this.#chain, [batch]);
    assert.ok(next);
    this.#chain = next;
    this.#announce(this.ticker);
    await settled();
  }

  /** News of the ticker that stands still. */
  announceStill(): void {
    this.#announce(this.#still);
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await settled();
  }
}

/** Lets what was begun end: nothing here waits for anything but promises. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

async function withBench(test: (bench: Bench) => Promise<void>): Promise<void> {
  const bench = new Bench();
  await test(bench);
  bench.feed.close();
  assert.equal(bench.clock.pending, 0);
}

Deno.test("the feed tells a page the domain time when it comes and every few seconds", async () => {
  await withBench(async (bench) => {
    const page = bench.page();
    await bench.pass(2 * HEARTBEAT_EVERY_MS);
    assert.deepEqual(page.of("heartbeat").map((beat) => Date.parse(beat.now) - START_MS), [
      0,
      HEARTBEAT_EVERY_MS,
      2 * HEARTBEAT_EVERY_MS,
    ]);
  });
});

Deno.test("the feed tells a page nothing while it is full, and then one delta for all it missed", async () => {
  await withBench(async (bench) => {
    const page = bench.page();
    await page.say({ type: "subscribe", ticker: "EA" });
    page.bufferedAmount = FULL_BYTES + 1;
    for (const bid of [1, 2, 3]) await bench.bid(bid);
    await bench.pass(1_000);
    assert.equal(page.of("delta").length, 0);
    page.bufferedAmount = 0;
    await bench.pass(1_000);
    const [delta, ...more] = page.of("delta");
    assert.deepEqual([delta?.fromSeq, delta?.seq, delta?.contracts[0]?.bid], [0, 3, 3]);
    assert.equal(more.length, 0);
  });
});

Deno.test("a page that is full when it subscribes is answered when it has read", async () => {
  await withBench(async (bench) => {
    await bench.bid(1);
    const page = bench.page();
    page.bufferedAmount = FULL_BYTES + 1;
    await page.say({ type: "subscribe", ticker: "EA", sinceSeq: 1 });
    assert.equal(page.of("delta").length, 0);
    page.bufferedAmount = 0;
    await bench.pass(1_000);
    assert.equal(page.of("delta")[0]?.seq, 1);
  });
});

Deno.test("the feed tells a page once a minute how fresh its chain is, though nothing came", async () => {
  await withBench(async (bench) => {
    await bench.bid(1);
    const page = bench.page();
    await page.say({ type: "subscribe", ticker: "EA" });
    const minute = STATE_EVERY_BEATS * HEARTBEAT_EVERY_MS;
    for (let minutes = 0; minutes < 6; minutes++) await bench.pass(minute);
    const told = page.of("delta").map((delta) => [delta.contracts.length, delta.state.freshness]);
    assert.equal(told.length, 6);
    assert.deepEqual(told[0], [0, "live"]);
    assert.deepEqual(told.at(-1), [0, "recent"]);
  });
});

Deno.test("the feed sends the list anew only where a row is other than before", async () => {
  await withBench(async (bench) => {
    const page = bench.page();
    await page.say({ type: "subscribe_tickers" });
    await bench.bid(1);
    await bench.bid(2);
    assert.deepEqual(page.of("tickers").map((list) => [list.whole, list.rows[0]?.seq]), [
      [true, 0],
      [false, 1],
      [false, 2],
    ]);
  });
});

Deno.test("the list stays whole where a look at one ticker outlasts the minute", async () => {
  await withBench(async (bench) => {
    const page = bench.page();
    await page.say({ type: "subscribe_tickers" });
    const hold = Promise.withResolvers<void>();
    bench.held = hold.promise;
    await bench.bid(1);
    await bench.pass(STATE_EVERY_BEATS * HEARTBEAT_EVERY_MS);
    hold.resolve();
    await settled();
    const whole = page.of("tickers").filter((list) => list.whole);
    for (const list of whole) assert.deepEqual(list.rows.map((row) => row.ticker), ["EA", "SPX"]);
    const rows = page.of("tickers").flatMap((list) => list.rows);
    assert.equal(rows.findLast((row) => row.ticker === "EA")?.seq, 1);
  });
});

Deno.test("a row whose look failed is told with the next news of any ticker", async () => {
  await withBench(async (bench) => {
    const page = bench.page();
    await page.say({ type: "subscribe_tickers" });
    bench.held = Promise.reject(new Error("the database is away"));
    await bench.bid(1);
    assert.deepEqual(page.of("tickers").map((list) => list.whole), [true]);
    bench.held = Promise.resolve();
    bench.announceStill();
    await settled();
    assert.equal(page.of("tickers").at(-1)?.rows[0]?.seq, 1);
  });
});

Deno.test("a page that unsubscribed or left is told no more", async () => {
  await withBench(async (bench) => {
    const [quiet, gone] = [bench.page(), bench.page()];
    for (const page of [quiet, gone]) await page.say({ type: "subscribe", ticker: "EA" });
    await quiet.say({ type: "unsubscribe", ticker: "EA" });
    gone.close();
    await bench.bid(1);
    assert.deepEqual([quiet, gone].map((page) => page.of("delta").length), [0, 0]);
    assert.equal(bench.feed.size, 1);
  });
});

Deno.test("a page that leaves before its answer is ready leaves nothing behind", async () => {
  await withBench(async (bench) => {
    const page = bench.page();
    page.bufferedAmount = FULL_BYTES + 1;
    const said = page.say({ type: "subscribe", ticker: "EA" });
    page.close();
    await said;
    assert.equal(bench.clock.pending, 1); // the heartbeat of all lines
  });
});
