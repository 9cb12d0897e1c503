import { strict as assert } from "node:assert";
import { EMPTY_CHAIN, type LastKnownChain, type StoredBatch } from "../../options/chain.ts";
import { foldBatches } from "../../options/fold.ts";
import { batchOf, occ, quoteOf } from "../../options/testing.ts";
import {
  chainAnswer,
  type ChainContext,
  chainRows,
  chainStateOf,
} from "../../options/wire/chain.ts";
import { type ChainMessage, type DeltaMessage, expiryStates } from "../../options/wire/live.ts";
import { chainJudge } from "../../options/quality.ts";
import { COLUMNS, fieldsOf } from "../components/chain/columns.ts";
import { packContracts, unpackContracts } from "../components/chain/packed.ts";
import { tabOf } from "../components/chain/view.ts";
import { type ShownChain, takeChain, takeDelta } from "./live_chain.ts";

const T0 = Date.parse("2026-11-20T15:00:00Z");
const CALL = "EA261218C00210000";
const PUT = "EA261218P00210000";
const LATER = "EA270115C00210000";
const CONTEXT: ChainContext = { nowMs: T0, ticker: "EA", dealId: null, agentOnline: true };

const first = batchOf(T0 - 2_000, [
  quoteOf(CALL, { bid: 4, ask: 5, volume: 3, impliedVol: 0.25, bidSize: 4 }),
  quoteOf(PUT, { bid: 3, ask: 4 }),
], { seq: 1, spot: 206.41 });
const second = batchOf(T0 - 1_000, [quoteOf(CALL, { bid: 4.1, volume: 3 })], {
  seq: 2,
  spot: 206.5,
});

function chainOf(...batches: readonly StoredBatch[]): LastKnownChain {
  return foldBatches(EMPTY_CHAIN, batches).chain;
}

/** The page as the server renders it. */
function pageOf(chain: LastKnownChain): ShownChain {
  const judge = chainJudge(chain, CONTEXT);
  const fields = fieldsOf(COLUMNS);
  const contracts = [...chain.contracts.values()].map((contract) => ({
    ...contract,
    quality: judge(contract),
    closeLast: null,
  }));
  return {
    state: chainStateOf(chain, CONTEXT),
    tabs: expiryStates(contracts).map(tabOf),
    contracts: new Map(
      unpackContracts(packContracts(contracts, fields)).map((contract) => [contract.occ, contract]),
    ),
    fields,
  };
}

function deltaOf(chain: LastKnownChain, fromSeq: number, symbols: readonly string[]): DeltaMessage {
  return {
    type: "delta",
    ticker: "EA",
    expiry: null,
    fromSeq,
    seq: chain.seq,
    state: chainStateOf(chain, CONTEXT),
    expirations: expiryStates(chain.contracts.values()).map(({ expiry }) => expiry),
    expiries: expiryStates(chain.contracts.values()),
    contracts: chainRows(chain, symbols.map(occ), CONTEXT),
  };
}

Deno.test("a page that takes a delta is the page the server would render then", () => {
  const after = chainOf(first, second);
  const taken = takeDelta(pageOf(chainOf(first)), deltaOf(after, 1, [CALL]));
  assert.deepEqual(taken, pageOf(after));
  assert.deepEqual(taken?.contracts.get(occ(CALL))?.fields.ask, {
    value: 5,
    seenAtMs: T0 - 2_000,
    now: false,
  });
});

Deno.test("a page that takes a whole chain is the page the server would render then", () => {
  const after = chainOf(first, second);
  const message: ChainMessage = {
    type: "chain",
    ticker: "EA",
    expiry: null,
    expiries: expiryStates(after.contracts.values()),
    chain: chainAnswer(after, CONTEXT),
  };
  assert.deepEqual(takeChain(pageOf(chainOf(first)), message), pageOf(after));
});

Deno.test("a contract that did not change stays the same object, so that its row is left alone", () => {
  const page = pageOf(chainOf(first));
  const after = chainOf(first, second);
  const taken = takeDelta(page, deltaOf(after, 1, [CALL, PUT]));
  assert.equal(taken?.contracts.get(occ(PUT)), page.contracts.get(occ(PUT)));
  assert.notEqual(taken?.contracts.get(occ(CALL)), page.contracts.get(occ(CALL)));
});

Deno.test("a delta from after the page's position is a gap, one from before is taken", () => {
  const page = pageOf(chainOf(first));
  const after = chainOf(first, second);
  assert.equal(takeDelta(page, deltaOf(after, 2, [CALL])), undefined);
  assert.ok(takeDelta(page, deltaOf(after, 0, [CALL])));
});

Deno.test("a delta that ends before the page's position changes nothing", () => {
  const page = pageOf(chainOf(first, second));
  assert.equal(takeDelta(page, deltaOf(chainOf(first), 0, [CALL])), page);
});

Deno.test("a new expiry gets its tab, and one that has expired loses it", () => {
  const page = pageOf(chainOf(first));
  const after = chainOf(first, batchOf(T0, [quoteOf(LATER, { bid: 1, ask: 2 })], { seq: 2 }));
  const taken = takeDelta(page, deltaOf(after, 1, [LATER]));
  assert.deepEqual(taken?.tabs.map(({ expiry }) => expiry), ["2026-12-18", "2027-01-15"]);
  const expired = takeDelta(page, { ...deltaOf(after, 1, [LATER]), expirations: ["2027-01-15"] });
  assert.deepEqual(expired?.tabs.map(({ expiry }) => expiry), ["2027-01-15"]);
});

Deno.test("the tab of an expiry that is not shown is as new as the server says", () => {
  const both = batchOf(T0 - 2_000, [
    quoteOf(CALL, { bid: 4, ask: 5 }),
    quoteOf(LATER, { bid: 1, ask: 2 }),
  ], { seq: 1 });
  const after = chainOf(both, batchOf(T0, [quoteOf(LATER, { bid: 1, ask: 2 })], { seq: 2 }));
  // The page watches the first expiry alone, so the delta has no row for it.
  const taken = takeDelta(pageOf(chainOf(both)), deltaOf(after, 1, []));
  assert.deepEqual(taken?.tabs.map(({ asOfMs }) => asOfMs), [T0 - 2_000, T0]);
});
