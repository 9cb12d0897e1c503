import { strict as assert } from "node:assert";
import { EMPTY_CHAIN } from "../chain.ts";
import { applyBatch, foldBatches } from "../fold.ts";
import { batchOf, quoteOf } from "../testing.ts";
import { chainAnswer, chainRows, chainStateOf } from "./chain.ts";
import { clientMessage, expiryStates, type ServerMessage, serverMessage } from "./live.ts";

const T0 = Date.parse("2026-07-15T17:00:00Z");

Deno.test("W-30 a client subscribes by ticker in any case, to all or one expiry, from a position", () => {
  assert.deepEqual(
    clientMessage.parse({ type: "subscribe", ticker: "spx", expiry: "20260717", sinceSeq: 4 }),
    { type: "subscribe", ticker: "SPX", expiry: "2026-07-17", sinceSeq: 4 },
  );
  assert.deepEqual(clientMessage.parse({ type: "unsubscribe", ticker: "EA" }), {
    type: "unsubscribe",
    ticker: "EA",
  });
  assert.deepEqual(clientMessage.parse({ type: "subscribe_tickers" }), {
    type: "subscribe_tickers",
  });
});

Deno.test("W-30 what a client may not say is refused", () => {
  const bad = [
    null,
    {},
    { type: "subscribe" },
    { type: "subscribe", ticker: "no such!" },
    { type: "subscribe", ticker: "EA", expiry: "soon" },
    { type: "subscribe", ticker: "EA", sinceSeq: -1 },
    { type: "subscribe", ticker: "EA", sinceSeq: 1.5 },
    { type: "order", ticker: "EA" },
  ];
  for (const message of bad) {
    assert.ok(!clientMessage.safeParse(message).success, JSON.stringify(message));
  }
});

Deno.test("W-31 a delta carries a chain's state and its changed rows in the form of an answer", () => {
  const quote = quoteOf("EA270115C00200000", { bid: 7, ask: 8 });
  const { chain, changed } = applyBatch(EMPTY_CHAIN, batchOf(T0, [quote], { seq: 3, spot: 206 }));
  const context = { nowMs: T0, ticker: "EA", dealId: null, agentOnline: true };
  const { expirations, contracts, ...state } = chainAnswer(chain, context);
  assert.deepEqual(chainStateOf(chain, context), state);
  const expiries = expiryStates(chain.contracts.values());
  const messages: ServerMessage[] = [
    {
      type: "delta",
      ticker: "EA",
      expiry: null,
      fromSeq: 2,
      seq: 3,
      state,
      expirations,
      expiries,
      contracts: chainRows(chain, changed, context),
    },
    {
      type: "chain",
      ticker: "EA",
      expiry: null,
      expiries,
      chain: { ...state, expirations, contracts },
    },
    { type: "heartbeat", now: "2026-07-15T17:00:00.000Z", agents: null },
    { type: "problem", error: "EA is not watched.", ticker: "EA" },
    { type: "tickers", whole: true, rows: [] },
  ];
  for (const message of messages) assert.deepEqual(serverMessage.parse(message), message);
});

Deno.test("W-31 each expiry is as new as its newest quoted contract, and counts all", () => {
  const first = batchOf(T0, [
    quoteOf("EA270115C00200000", { bid: 7, ask: 8, kind: "realtime" }),
    quoteOf("EA270115P00200000", { bid: 7, ask: 8, kind: "delayed" }),
    quoteOf("EA261218C00200000", { bid: 7, ask: 8 }),
  ]);
  const second = batchOf(T0 + 1_000, [quoteOf("EA270115P00200000", { bid: 7, kind: "delayed" })]);
  const { chain } = foldBatches(EMPTY_CHAIN, [first, second]);
  assert.deepEqual(expiryStates(chain.contracts.values()), [
    { expiry: "2026-12-18", contractCount: 1, asOf: "2026-07-15T17:00:00.000Z", kind: null },
    { expiry: "2027-01-15", contractCount: 2, asOf: "2026-07-15T17:00:01.000Z", kind: "delayed" },
  ]);
});

Deno.test("W-31 an expiry of which nothing was ever quoted has no time, however new its reads", () => {
  const read = batchOf(T0, [quoteOf("EA270115C00900000", { kind: "realtime" })]);
  const { chain } = foldBatches(EMPTY_CHAIN, [read]);
  assert.deepEqual(expiryStates(chain.contracts.values()), [
    { expiry: "2027-01-15", contractCount: 1, asOf: null, kind: null },
  ]);
});
