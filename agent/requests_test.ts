import { strict as assert } from "node:assert";
import { type ManualClock, manualClock } from "../base/clock.ts";
import { parseTicker } from "../options/contract.ts";
import type { AgentMessageText } from "../options/wire/session.ts";
import { silentLog } from "../telemetry/log.ts";
import type { ReadRequest, RequestOutcome } from "./reading.ts";
import { answerRequests, type Requests, type RequestsOptions } from "./requests.ts";

const EA = parseTicker("EA") ?? assert.fail();
const ONE = "3b241101-e2bb-4255-8caf-4136c566a962";

interface Given {
  readonly requests: Requests;
  readonly clock: ManualClock;
  readonly said: AgentMessageText[];
  readonly asked: ReadRequest[];
  /** Ends the read that is on. */
  end(outcome: RequestOutcome): Promise<void>;
  readonly streams: string[];
}

function begin(change: Partial<RequestsOptions> = {}): Given {
  const clock = manualClock();
  const said: AgentMessageText[] = [];
  const asked: ReadRequest[] = [];
  const streams: string[] = [];
  let outcome = Promise.withResolvers<RequestOutcome>();
  const requests = answerRequests({
    reader: {
      request(request) {
        asked.push(request);
        const { signal } = request;
        return new Promise((resolve, reject) => {
          outcome.promise.then(resolve, reject);
          signal?.addEventListener("abort", () => reject(signal.reason));
        });
      },
      stream: (ticker) => void streams.push(`+${ticker}`),
      unstream: (ticker) => void streams.push(`-${ticker}`),
    },
    isStreamed: () => false,
    standsBy: () => false,
    untilStandDown: () => new AbortController().signal,
    readBars: () => Promise.resolve({ kind: "done" }),
    probe: () => Promise.resolve({ kind: "done" }),
    say: (message) => said.push(message),
    clock,
    log: silentLog,
    ...change,
  });
  return {
    requests,
    clock,
    said,
    asked,
    streams,
    async end(how) {
      outcome.resolve(how);
      outcome = Promise.withResolvers();
      await settled();
    },
  };
}

/** Lets promises that are settled be heard. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 10; turns++) await Promise.resolve();
}

const READ: RequestOutcome = {
  kind: "read",
  readId: "r",
  contracts: 90,
  missing: 10,
  unread: 0,
  seconds: 4,
};

Deno.test("a read is answered with its progress, its first contracts, and its result", async () => {
  const given = begin();
  given.requests.hear(ONE, { kind: "read", ticker: EA });
  const [read] = given.asked;
  assert.equal(read?.priority, "page");
  read?.onProgress?.({ done: 1, total: 100 });
  read?.onProgress?.({ done: 2, total: 100 });
  given.clock.advance(500);
  read?.onProgress?.({ done: 3, total: 100 });
  read?.onFirst?.();
  await given.end(READ);
  assert.deepEqual(given.said, [
    { type: "progress", requestId: ONE, done: 1, total: 100 },
    { type: "progress", requestId: ONE, done: 3, total: 100 },
    { type: "first", requestId: ONE },
    {
      type: "result",
      requestId: ONE,
      outcome: { kind: "done", contracts: 90, missing: 10, seconds: 4 },
    },
  ]);
  given.requests.end();
});

Deno.test("a request that comes again is the same: it is not read twice, and what is known is said again", async () => {
  const given = begin();
  given.requests.hear(ONE, { kind: "read", ticker: EA });
  given.asked[0]?.onFirst?.();
  given.requests.hear(ONE, { kind: "read", ticker: EA });
  assert.deepEqual([given.asked.length, given.said.length], [1, 2]);
  given.asked[0]?.onProgress?.({ done: 7, total: 100 });
  given.requests.hear(ONE, { kind: "read", ticker: EA });
  assert.deepEqual(given.said[3], { type: "progress", requestId: ONE, done: 7, total: 100 });
  given.said.splice(2);
  await given.end(READ);
  given.requests.hear(ONE, { kind: "read", ticker: EA });
  assert.deepEqual(given.said.map(({ type }) => type), [
    "first",
    "first",
    "result",
    "progress",
    "first",
    "result",
  ]);
  given.clock.advance(5 * 60_000);
  given.requests.hear(ONE, { kind: "read", ticker: EA });
  assert.equal(given.asked.length, 2, "a result is not kept for ever");
  given.requests.end();
});

Deno.test("a request that nobody waits for any more is given up", async () => {
  const given = begin();
  given.requests.hear(ONE, { kind: "read", ticker: EA });
  given.requests.cancel(ONE);
  await settled();
  const [result] = given.said;
  assert.ok(result?.type === "result" && result.outcome.kind === "failed");
  assert.equal(result.outcome.reason, "ended");
  given.requests.end();
});

const FAILURES: readonly [RequestOutcome, string][] = [
  [{ kind: "unknown", message: "no such chain" }, "unknown"],
  [{ kind: "dry", reason: "mute_feed", message: "mute" }, "refused"],
  [{ kind: "lost", reason: "gateway_down", message: "gone" }, "lost"],
];
for (const [outcome, reason] of FAILURES) {
  Deno.test(`a read that ends ${outcome.kind} fails with a reason and a sentence`, async () => {
    const given = begin();
    given.requests.hear(ONE, { kind: "read", ticker: EA });
    await given.end(outcome);
    const [result] = given.said;
    assert.ok(result?.type === "result" && result.outcome.kind === "failed");
    assert.deepEqual(result.outcome.reason, reason);
    given.requests.end();
  });
}

Deno.test("what another agent reads is not read", async () => {
  const given = begin({ standsBy: () => true });
  given.requests.hear(ONE, { kind: "read", ticker: EA });
  await settled();
  const [result] = given.said;
  assert.ok(result?.type === "result" && result.outcome.kind === "failed");
  assert.deepEqual([result.outcome.reason, given.asked.length], ["standby", 0]);
  given.requests.end();
});

Deno.test("a window is streamed for its time, and longer where it is asked for again", async () => {
  const given = begin();
  const ask = (requestId: string): void =>
    given.requests.hear(requestId, { kind: "stream", ticker: EA, window: "atm5", forMs: 60_000 });
  ask(ONE);
  given.clock.advance(50_000);
  ask(crypto.randomUUID());
  given.clock.advance(59_000);
  assert.deepEqual(given.streams, ["+EA"]);
  given.clock.advance(1_000);
  assert.deepEqual(given.streams, ["+EA", "-EA"]);
  await settled();
  given.requests.end();
});

Deno.test("a window that is none, or is streamed by the settings, changes nothing", async () => {
  const given = begin({ isStreamed: () => true });
  given.requests.hear(ONE, { kind: "stream", ticker: EA, window: "atm5", forMs: 1 });
  given.requests.hear(crypto.randomUUID(), {
    kind: "stream",
    ticker: EA,
    window: "some",
    forMs: 1,
  });
  await settled();
  const outcomes = given.said.flatMap((said) => said.type === "result" ? said.outcome.kind : []);
  assert.deepEqual([outcomes, given.streams], [["done", "failed"], []]);
  given.requests.end();
});
