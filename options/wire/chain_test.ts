import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { EMPTY_CHAIN } from "../chain.ts";
import { applyBatch, foldBatches } from "../fold.ts";
import { batchOf, occ, quoteOf } from "../testing.ts";
import {
  type ChainAnswer,
  chainAnswer,
  chainAnswerSchema,
  type ChainContext,
  chainRows,
} from "./chain.ts";

const T0 = Date.parse("2026-07-15T17:00:00Z");
const MINUTE = 60_000;
const CALL = "EA270115C00200000";
const PUT = "EA270115P00200000";

function context(nowMs: number, given: Partial<ChainContext> = {}): ChainContext {
  return { nowMs, ticker: "EA", dealId: "7", agentOnline: true, ...given };
}

function row(answer: ChainAnswer, symbol: string) {
  const found = answer.contracts.find((contract) => contract.symbol === symbol);
  assert.ok(found, `${symbol} is not in the answer`);
  return found;
}

const FULL = {
  bid: 12.1,
  ask: 12.3,
  last: 12.2,
  volume: 40,
  openInterest: 900,
  impliedVol: 0.25,
  delta: 0.5,
  gamma: 0.01,
  theta: -0.02,
  vega: 0.3,
  bidSize: 4,
  askSize: 5,
  kind: "realtime",
  multiplier: 100,
} as const;

Deno.test("W-21 a row has the last-known value, when it was seen, and what it is now", () => {
  const { chain } = foldBatches(EMPTY_CHAIN, [
    batchOf(T0, [quoteOf(CALL, FULL)]),
    batchOf(T0 + MINUTE, [quoteOf(CALL, { ask: 12.4, volume: 41, openInterest: 900 })]),
  ]);
  const contract = row(chainAnswer(chain, context(T0 + 2 * MINUTE)), CALL);
  assert.deepEqual([contract.bid, contract.bidSeenAt, contract.bidNow], [
    12.1,
    "2026-07-15T17:00:00.000Z",
    null,
  ]);
  assert.deepEqual([contract.ask, contract.askSeenAt, contract.askNow], [
    12.4,
    "2026-07-15T17:01:00.000Z",
    12.4,
  ]);
  assert.deepEqual([contract.mid, contract.midNow], [12.2, null]);
  assert.deepEqual([contract.open_interest, contract.openInterestNow], [900, 900]);
  assert.deepEqual([contract.implied_vol, contract.impliedVolNow], [0.25, null]);
  assert.deepEqual([contract.delta, contract.deltaNow, contract.last, contract.lastNow], [
    0.5,
    null,
    12.2,
    null,
  ]);
  assert.equal(contract.asOf, "2026-07-15T17:01:00.000Z");
  assert.equal(contract.multiplier, 100);
});

Deno.test("W-22 of the rarer fields time and now are there only where they are not the row's own", () => {
  const first = applyBatch(EMPTY_CHAIN, batchOf(T0, [quoteOf(CALL, FULL)])).chain;
  const fresh = row(chainAnswer(first, context(T0)), CALL);
  assert.ok(!("gammaSeenAt" in fresh) && !("bidSizeNow" in fresh));
  const second = applyBatch(
    first,
    batchOf(T0 + MINUTE, [quoteOf(CALL, { ...FULL, gamma: null, bidSize: 0 })]),
  );
  const older = row(chainAnswer(second.chain, context(T0 + MINUTE)), CALL);
  assert.deepEqual([older.gamma, older.gammaSeenAt, older.gammaNow], [
    0.01,
    "2026-07-15T17:00:00.000Z",
    null,
  ]);
  assert.deepEqual([older.bid_size, older.bidSizeSeenAt, older.bidSizeNow], [
    4,
    "2026-07-15T17:00:00.000Z",
    null,
  ]);
  assert.ok(!("vegaSeenAt" in older) && !("askSizeSeenAt" in older));
});

Deno.test("W-23 a contract that was never quoted is a row without values, age and freshness", () => {
  const missing = [{ contract: PUT, reason: "mute_feed" }];
  const { chain } = applyBatch(EMPTY_CHAIN, batchOf(T0, [quoteOf(CALL, FULL)], { missing }));
  const answer = chainAnswer(chain, context(T0));
  const contract = row(answer, PUT);
  assert.deepEqual([contract.bid, contract.bidSeenAt, contract.bidNow], [null, null, null]);
  assert.deepEqual([contract.asOf, contract.freshness], [null, null]);
  assert.equal(contract.missingReason, "mute_feed");
  assert.equal(answer.contractCount, 2);
  assert.equal(answer.neverQuotedCount, 1);
});

Deno.test("W-24 rows are sorted by expiry, root, strike and right; the expired are out", () => {
  const symbols = [
    "SPXW260717P07500000",
    "SPXW260715C07500000",
    "SPXW260717C07500000",
    "SPX260717C07500000",
    "SPXW260717C00900000",
    "SPXW260714C07500000",
  ];
  const { chain } = applyBatch(EMPTY_CHAIN, batchOf(T0, symbols.map((s) => quoteOf(s, FULL))));
  const answer = chainAnswer(chain, context(T0, { ticker: "SPX" }));
  assert.deepEqual(answer.contracts.map(({ symbol }) => symbol), [
    "SPXW260715C07500000",
    "SPX260717C07500000",
    "SPXW260717C00900000",
    "SPXW260717C07500000",
    "SPXW260717P07500000",
  ]);
  assert.deepEqual(answer.expirations, ["2026-07-15", "2026-07-17"]);
  assert.equal(answer.contractCount, 5);
});

Deno.test("W-25 source is agent below 5 minutes and last-known from then on, with the age in minutes", () => {
  const { chain } = applyBatch(
    EMPTY_CHAIN,
    batchOf(T0, [quoteOf(CALL, FULL)], { spot: 206.41, seq: 12 }),
  );
  const young = chainAnswer(chain, context(T0 + 5 * MINUTE - 1));
  assert.deepEqual([young.source, young.ageMinutes, young.freshness, young.reason], [
    "agent",
    4.9,
    "live",
    null,
  ]);
  const old = chainAnswer(chain, context(T0 + 5 * MINUTE, { agentOnline: false }));
  assert.deepEqual([old.source, old.ageMinutes, old.freshness], ["last-known", 5, "recent"]);
  assert.equal(old.reason?.code, "agent_offline");
  assert.deepEqual([old.spotPrice, old.agentId, old.seq, old.dealId], [206.41, "desk-1", 12, "7"]);
  assert.equal(old.timestamp, "2026-07-15T17:00:00.000Z");
  assert.equal(old.agentTimestamp, "2026-07-15T16:59:59.990Z");
});

Deno.test("W-26 a blank dump makes no chain newer", () => {
  const symbols = Array.from({ length: 12 }, (_, n) => `EA270115C002${10 + n}000`);
  const { chain } = foldBatches(EMPTY_CHAIN, [
    batchOf(T0, symbols.map((s) => quoteOf(s, FULL))),
    batchOf(T0 + 60 * MINUTE, [...symbols, PUT].map((s) => quoteOf(s, { last: 12.2, bid: 0 }))),
  ]);
  const answer = chainAnswer(chain, context(T0 + 60 * MINUTE));
  assert.equal(answer.timestamp, "2026-07-15T17:00:00.000Z");
  assert.equal(answer.freshness, "stale");
  // What only the dump brought has a last price and the age of that, but no read of its own.
  assert.deepEqual([row(answer, PUT).asOf, row(answer, PUT).freshness], [null, "live"]);
});

Deno.test("W-27 a delayed chain is never live, and the freshest row decides for the chain", () => {
  const delayed = { ...FULL, kind: "delayed" } as const;
  const first = applyBatch(EMPTY_CHAIN, batchOf(T0, [quoteOf(CALL, delayed)])).chain;
  const answer = chainAnswer(first, context(T0));
  assert.deepEqual([answer.freshness, answer.kind, row(answer, CALL).freshness], [
    "recent",
    "delayed",
    "recent",
  ]);
  const second = applyBatch(first, batchOf(T0 + 1, [quoteOf(PUT, FULL)])).chain;
  const mixed = chainAnswer(second, context(T0 + MINUTE));
  assert.deepEqual([mixed.freshness, mixed.kind, row(mixed, CALL).freshness], [
    "live",
    "realtime",
    "recent",
  ]);
  const third = applyBatch(second, batchOf(T0 + 10 * MINUTE, [quoteOf(CALL, delayed)])).chain;
  // A delayed price of now is older than a real-time one of ten minutes ago.
  assert.equal(chainAnswer(third, context(T0 + 10 * MINUTE)).kind, "realtime");
});

Deno.test("W-28 a chain of which nothing is known has no source of its own, no age, and a reason", () => {
  const answer = chainAnswer(EMPTY_CHAIN, context(T0, { dealId: null, agentOnline: false }));
  assert.deepEqual([answer.timestamp, answer.ageMinutes, answer.freshness, answer.spotPrice], [
    null,
    null,
    null,
    null,
  ]);
  assert.equal(answer.reason?.code, "agent_offline");
  assert.deepEqual(answer.contracts, []);
});

Deno.test("W-28 listed contracts without a price make no chain fresh; a spot alone has its own time", () => {
  const batch = batchOf(T0, [quoteOf(CALL)], { spot: 206.41 });
  const answer = chainAnswer(applyBatch(EMPTY_CHAIN, batch).chain, context(T0 + MINUTE));
  assert.equal(answer.freshness, null);
  assert.deepEqual([answer.timestamp, answer.ageMinutes], ["2026-07-15T17:00:00.000Z", 1]);
});

Deno.test("chainRows() writes the rows that chainAnswer() writes, of the known and living alone", () => {
  const symbols = [CALL, PUT, "EA260714C00200000"];
  const { chain } = applyBatch(EMPTY_CHAIN, batchOf(T0, symbols.map((s) => quoteOf(s, FULL))));
  const whole = chainAnswer(chain, context(T0)).contracts;
  assert.deepEqual(
    chainRows(chain, [...symbols, "EA270115P00999000"].map(occ), context(T0)),
    whole,
  );
  assert.deepEqual(
    chainRows(chain, [occ(PUT)], context(T0)),
    whole.filter(({ symbol }) => symbol === PUT),
  );
});

Deno.test("every answer is what its published schema says, and nothing more", () => {
  const price = fc.option(fc.double({ min: 0, max: 999, noNaN: true }));
  const quotes = fc.array(
    fc.record({ bid: price, gamma: price, kind: fc.constantFrom(null, "frozen") }),
    {
      maxLength: 3,
    },
  );
  fc.assert(fc.property(fc.array(quotes, { maxLength: 4 }), (reads) => {
    const batches = reads.map((read, index) =>
      batchOf(T0 + index, read.map((quote, n) => quoteOf(`EA270115C0020${n}000`, quote)), {
        missing: [{ contract: PUT, reason: "mute_feed" }],
      })
    );
    const answer = chainAnswer(foldBatches(EMPTY_CHAIN, batches).chain, context(T0 + 10));
    assert.deepEqual(chainAnswerSchema.parse(answer), JSON.parse(JSON.stringify(answer)));
  }));
});

Deno.test("W-29 a chain of 4,785 contracts with every field known is about 4 MB of JSON", () => {
  const quotes = Array.from(
    { length: 4_785 },
    (_, n) => quoteOf(`BKNG270115C${String(1_000 + n * 2_500).padStart(8, "0")}`, FULL),
  );
  const { chain } = applyBatch(EMPTY_CHAIN, batchOf(T0, quotes));
  const size = JSON.stringify(chainAnswer(chain, context(T0, { ticker: "BKNG" }))).length;
  assert.ok(size < 4_200_000, `${size} characters`);
});

Deno.test("Q-22 a row says what is wrong with it, alike in an answer and a delta; a clean row nothing", () => {
  const quotes = [
    quoteOf(CALL, FULL),
    quoteOf(PUT, { ...FULL, bid: 12.4, ask: 12.3 }),
    quoteOf("MPX270115P00002500", { ...FULL, bid: null }),
  ];
  const { chain } = applyBatch(EMPTY_CHAIN, batchOf(T0, quotes, { spot: 206 }));
  const answer = chainAnswerSchema.parse(chainAnswer(chain, context(T0)));
  const qualities = Object.fromEntries(answer.contracts.map((one) => [one.symbol, one.quality]));
  assert.deepEqual(qualities, {
    [CALL]: undefined,
    [PUT]: ["crossed"],
    MPX270115P00002500: ["zero_bid", "adjusted"],
  });
  assert.ok(!("quality" in row(answer, CALL)));
  assert.deepEqual(chainRows(chain, [occ(PUT)], context(T0))[0]?.quality, ["crossed"]);
});

Deno.test("Q-22 a delta of few rows is judged by the whole chain", () => {
  // That the call is of before a split, only the puts beside it tell.
  const ghosts = ["EA270115P02000000", "EA270115P02100000"].map((symbol) =>
    quoteOf(symbol, { ...FULL, bid: 90, ask: 95 })
  );
  const call = "EA270115C02100000";
  const { chain } = applyBatch(
    EMPTY_CHAIN,
    batchOf(T0, [...ghosts, quoteOf(call, FULL)], { spot: 206 }),
  );
  assert.deepEqual(chainRows(chain, [occ(call)], context(T0))[0]?.quality, ["pre_split"]);
});
