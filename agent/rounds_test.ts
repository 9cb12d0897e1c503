import { strict as assert } from "node:assert";
import { type ManualClock, manualClock } from "../base/clock.ts";
import { parseTicker, type Ticker } from "../options/contract.ts";
import { silentLog } from "../telemetry/log.ts";
import { createStandby } from "./delivery/standby.ts";
import { domainClock } from "./domain_clock.ts";
import { createLeases, type Leases } from "./leases.ts";
import type { ReadRequest, RequestOutcome } from "./reading.ts";
import { runRounds } from "./rounds.ts";

const [EA, MU] = ["EA", "MU"].map((text) => parseTicker(text) ?? assert.fail()) as [Ticker, Ticker];

const WHOLE: RequestOutcome = {
  kind: "read",
  readId: "r",
  contracts: 90,
  missing: 10,
  unread: 0,
  seconds: 1,
};

interface Given {
  readonly clock: ManualClock;
  readonly leases: Leases;
  /** What was asked, with when. */
  readonly asked: {
    readonly ticker: Ticker;
    readonly atMs: number;
    readonly request: ReadRequest;
  }[];
  /** How reads end, and after how long. */
  outcome: RequestOutcome;
  takesMs: number;
  /** Lets time pass until something holds. */
  until(holds: () => boolean): Promise<void>;
}

/** Rounds of a minute for a server that wants EA. */
async function withRounds(
  tickers: readonly Ticker[] | "auto",
  test: (given: Given) => Promise<void>,
): Promise<void> {
  const clock = manualClock();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => Response.json({ tickers: [{ ticker: "EA", dealId: "1" }] }),
  );
  const stop = new AbortController();
  const leases = createLeases();
  const asked: Given["asked"] = [];
  const given: Given = {
    clock,
    leases,
    asked,
    outcome: WHOLE,
    takesMs: 1_000,
    async until(holds) {
      for (let turns = 0; !holds(); turns++) {
        assert.ok(turns < 4_000, `never: ${holds}, after ${asked.map(({ ticker }) => ticker)}`);
        // A turn of the event loop: the server's answer comes over a socket.
        await new Promise((resolve) => setTimeout(resolve, 0));
        clock.advance(200);
      }
    },
  };
  const rounds = runRounds({
    reader: {
      request(request) {
        const { ticker, signal } = request;
        asked.push({ ticker, atMs: clock.monotonicMs(), request });
        return new Promise((resolve, reject) => {
          clock.after(given.takesMs, () => resolve(given.outcome));
          signal?.addEventListener("abort", () => reject(signal.reason));
        });
      },
    },
    leases,
    standby: createStandby({ clock, log: silentLog }),
    server: {
      url: new URL(`http://127.0.0.1:${server.addr.port}`),
      key: "k",
      clock: domainClock(clock),
    },
    tickers,
    interval: 60,
    clock: domainClock(clock),
    log: silentLog,
    signal: stop.signal,
    onRound: () => {},
  });
  rounds.catch(() => {/* the signal's reason */});
  try {
    await test(given);
  } finally {
    stop.abort(new Error("The test is over."));
    await rounds.catch(() => {});
    await server.shutdown();
  }
}

const namesOf = ({ asked }: Given): readonly Ticker[] => asked.map(({ ticker }) => ticker);

Deno.test("a round reads what the server wants, and the next begins a minute after it", async () => {
  await withRounds("auto", async (given) => {
    await given.until(() => given.asked.length === 2);
    assert.deepEqual(namesOf(given), [EA, EA]);
    const [first, second] = given.asked;
    const betweenMs = (second?.atMs ?? 0) - (first?.atMs ?? 0);
    assert.ok(betweenMs >= 59_000 && betweenMs < 65_000, `${betweenMs} ms`);
    assert.equal(first?.request.priority, "lease", "of a deal");
  });
});

Deno.test("a ticker that is leased while another is read begins at once, and no ticker twice", async () => {
  await withRounds("auto", async (given) => {
    given.takesMs = 40_000;
    await given.until(() => given.asked.length === 1);
    given.leases.take([{ ticker: EA, deal: true }, { ticker: MU, deal: false }]);
    const leasedMs = given.clock.monotonicMs();
    await given.until(() => given.asked.length === 2);
    assert.deepEqual(namesOf(given), [EA, MU]);
    const waitedMs = (given.asked[1]?.atMs ?? 0) - leasedMs;
    assert.ok(waitedMs < 10_000, `${waitedMs} ms`);
    assert.equal(given.asked[1]?.request.priority, "watch");
  });
});

Deno.test("a ticker that is leased in the rest of a round begins at once; one that is lost is given up", async () => {
  await withRounds("auto", async (given) => {
    given.leases.take([{ ticker: EA, deal: true }]);
    await given.until(() => given.asked.length === 1 && given.clock.monotonicMs() > 5_000);
    given.takesMs = 30_000;
    given.leases.take([{ ticker: EA, deal: true }, { ticker: MU, deal: true }]);
    await given.until(() => given.asked.length === 2);
    const read = given.asked[1]?.request.signal;
    assert.ok(read && !read.aborted);
    given.leases.take([{ ticker: EA, deal: true }]);
    assert.ok(read.aborted);
    await given.until(() => given.asked.length === 3);
    assert.deepEqual(namesOf(given), [EA, MU, EA], "the rounds go on");
  });
});

const IN_VAIN: readonly RequestOutcome[] = [
  { kind: "unknown", message: "no" },
  { kind: "dry", reason: "mute_feed", message: "no" },
  { kind: "lost", reason: "gateway_down", message: "no" },
  { ...WHOLE, contracts: 0, missing: 9 },
];
for (const outcome of IN_VAIN) {
  Deno.test(`what ends ${outcome.kind} is tried again within ten seconds, until it is read`, async () => {
    await withRounds([EA], async (given) => {
      given.outcome = outcome;
      await given.until(() => given.asked.length === 4);
      const gaps = given.asked.slice(1).map(({ atMs }, at) => atMs - (given.asked[at]?.atMs ?? 0));
      assert.ok(gaps.every((ms) => ms <= 11_000), `${gaps}`);
      given.outcome = WHOLE;
      await given.until(() => given.asked.length === 6);
      assert.ok((given.asked[5]?.atMs ?? 0) >= 59_000, "then with the next round");
    });
  });
}

Deno.test("a read that lacks much that may come is made again, less and less often", async () => {
  await withRounds([EA], async (given) => {
    given.outcome = { ...WHOLE, contracts: 50, missing: 50, unread: 50 };
    await given.until(() => given.asked.length === 3);
    const [first, second, third] = given.asked.map(({ atMs }) => atMs);
    const gaps = [(second ?? 0) - (first ?? 0), (third ?? 0) - (second ?? 0)];
    assert.ok((gaps[0] ?? 0) < 13_000 && (gaps[1] ?? 0) > 19_000, `${gaps}`);
  });
});
