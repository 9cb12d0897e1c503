import { strict as assert } from "node:assert";
import { EMPTY_CHAIN, type LastKnownChain } from "./chain.ts";
import { applyBatch, comesAfter, foldBatches, midOf, OutOfOrderError, realValue } from "./fold.ts";
import type { Quote } from "./quote.ts";
import { batchOf, occ, quoteOf } from "./testing.ts";

const CALL = "EA270115C00200000";
const PUT = "EA270115P00200000";

function fieldsOf(chain: LastKnownChain, symbol: string) {
  const contract = chain.contracts.get(occ(symbol));
  assert.ok(contract, `${symbol} is not in the chain`);
  return contract.fields;
}

/** Ten contracts with bids and asks, so that one more row decides whether a dump is blank. */
function tenQuotes(given: Partial<Omit<Quote, "occ">>): Quote[] {
  return Array.from({ length: 10 }, (_, n) => quoteOf(`EA270115C0020${n}000`, given));
}

Deno.test("LK-1 applyBatch() keeps the last bid and its time when a snapshot has none, marked none now", () => {
  const { chain } = foldBatches(EMPTY_CHAIN, [
    batchOf(1_000, [quoteOf(CALL, { bid: 7.1, ask: 7.3 })]),
    batchOf(2_000, [quoteOf(CALL, { ask: 7.4 })]),
  ]);
  const fields = fieldsOf(chain, CALL);
  assert.deepEqual(fields.bid, { value: 7.1, seenAtMs: 1_000, now: false });
  assert.deepEqual(fields.ask, { value: 7.4, seenAtMs: 2_000, now: true });
});

Deno.test("LK-1 a value that comes back is now again", () => {
  const { chain } = foldBatches(EMPTY_CHAIN, [
    batchOf(1_000, [quoteOf(CALL, { bid: 7.1, ask: 7.3 })]),
    batchOf(2_000, [quoteOf(CALL, { ask: 7.4 })]),
    batchOf(3_000, [quoteOf(CALL, { bid: 7.1, ask: 7.4 })]),
  ]);
  assert.deepEqual(fieldsOf(chain, CALL).bid, { value: 7.1, seenAtMs: 3_000, now: true });
});

Deno.test("LK-2 realValue() knows what is real of every field", () => {
  const table: [Parameters<typeof realValue>[0], number | null, number | null][] = [
    ["bid", 0.05, 0.05],
    ["bid", 0, null],
    ["ask", null, null],
    ["last", 0.00004, null], // 0 at stored precision
    ["volume", 0, 0],
    ["openInterest", 0, 0],
    ["impliedVol", 1e-5, null],
    ["impliedVol", 1e-4, null],
    ["impliedVol", 0.0001004, null], // 1e-4 at stored precision
    ["impliedVol", 0.000101, 0.000101],
    ["impliedVol", 5.2, 5.2],
    ["delta", 0, 0],
    ["delta", -1, -1],
    ["theta", Number.NaN, null],
    ["gamma", Number.POSITIVE_INFINITY, null],
    ["bidSize", 0, null],
    ["askSize", 3, 3],
  ];
  for (const [field, raw, real] of table) {
    assert.equal(realValue(field, raw), real, `${field} ${raw}`);
  }
});

Deno.test("LK-2 realValue() never gives -0, which no database column can hold", () => {
  assert.ok(Object.is(realValue("delta", -1e-9), 0));
});

Deno.test("LK-3 a field that was never real stays unknown, not none now", () => {
  const { chain } = applyBatch(EMPTY_CHAIN, batchOf(1_000, [quoteOf(CALL, { bid: 0, ask: 1 })]));
  assert.equal(fieldsOf(chain, CALL).bid, undefined);
});

Deno.test("LK-4 mid comes only from one row's bid and ask, exact to half a stored unit", () => {
  const { chain } = foldBatches(EMPTY_CHAIN, [
    batchOf(1_000, [quoteOf(CALL, { bid: 146.15, ask: 149.4 })]),
    batchOf(2_000, [quoteOf(CALL, { bid: 146.25 })]),
    batchOf(3_000, [quoteOf(CALL, { ask: 150 })]),
  ]);
  assert.deepEqual(fieldsOf(chain, CALL).mid, { value: 147.775, seenAtMs: 1_000, now: false });
  assert.equal(midOf(0.0001, 0.0002), 0.00015);
});

Deno.test("LK-5 an absent contract says nothing", () => {
  const first = applyBatch(EMPTY_CHAIN, batchOf(1_000, [quoteOf(CALL, { bid: 1, ask: 2 })]));
  const second = applyBatch(first.chain, batchOf(2_000, [quoteOf(PUT, { bid: 1, ask: 2 })]));
  assert.deepEqual(fieldsOf(second.chain, CALL), fieldsOf(first.chain, CALL));
  assert.deepEqual(second.changed, [occ(PUT)]);
});

Deno.test("LK-6 the root is part of the key: SPX and SPXW stay apart", () => {
  const { chain } = applyBatch(
    EMPTY_CHAIN,
    batchOf(1_000, [
      quoteOf("SPX260717C07500000", { bid: 80, ask: 81 }),
      quoteOf("SPXW260717C07500000", { bid: 90, ask: 91 }),
    ]),
  );
  assert.equal(fieldsOf(chain, "SPX260717C07500000").bid?.value, 80);
  assert.equal(fieldsOf(chain, "SPXW260717C07500000").bid?.value, 90);
});

Deno.test("LK-7 a dump in which under 10 % of the known contracts bring a bid or ask sets no none now", () => {
  const first = applyBatch(EMPTY_CHAIN, batchOf(1_000, tenQuotes({ bid: 1, ask: 2, volume: 7 })));
  const blank = applyBatch(first.chain, batchOf(2_000, tenQuotes({ volume: 0, impliedVol: 0.5 })));
  assert.deepEqual(blank.chain.contracts, first.chain.contracts);
  assert.deepEqual(blank.changed, []);
});

Deno.test("LK-7 at exactly 10 % a dump is not blank", () => {
  const first = applyBatch(EMPTY_CHAIN, batchOf(1_000, tenQuotes({ bid: 1, ask: 2 })));
  const one = tenQuotes({}).map((quote, n) => n === 0 ? { ...quote, ask: 2.1 } : quote);
  const { chain } = applyBatch(first.chain, batchOf(2_000, one));
  assert.deepEqual(fieldsOf(chain, "EA270115C00201000").bid, {
    value: 1,
    seenAtMs: 1_000,
    now: false,
  });
});

Deno.test("LK-7 where no listed contract has a known bid or ask a dump is not blank", () => {
  const { chain } = applyBatch(EMPTY_CHAIN, batchOf(1_000, tenQuotes({ volume: 3 })));
  assert.equal(fieldsOf(chain, "EA270115C00200000").volume?.value, 3);
});

Deno.test("LK-8 a row of a blank dump with a bid or ask counts whole, and sets no none now", () => {
  const full = { bid: 1, ask: 2, impliedVol: 0.3, volume: 7 };
  const first = applyBatch(EMPTY_CHAIN, batchOf(1_000, [...tenQuotes(full), quoteOf(PUT, full)]));
  const blank = [...tenQuotes({}), quoteOf(PUT, { ask: 2.2, volume: 0 })];
  const { chain, changed } = applyBatch(first.chain, batchOf(2_000, blank));
  const fields = fieldsOf(chain, PUT);
  assert.deepEqual(changed, [occ(PUT)]);
  assert.deepEqual(fields.ask, { value: 2.2, seenAtMs: 2_000, now: true });
  assert.deepEqual(fields.volume, { value: 0, seenAtMs: 2_000, now: true });
  assert.deepEqual(fields.bid, { value: 1, seenAtMs: 1_000, now: true });
  assert.deepEqual(fields.impliedVol, { value: 0.3, seenAtMs: 1_000, now: true });
});

Deno.test("LK-9 another row of a blank dump gives only its last price and does not move the row's time", () => {
  const first = applyBatch(EMPTY_CHAIN, batchOf(1_000, tenQuotes({ bid: 1, ask: 2, delta: 0.5 })));
  const dump = tenQuotes({ last: 1.4, delta: 0.9, openInterest: 0, kind: "frozen" });
  const { chain } = applyBatch(first.chain, batchOf(2_000, dump));
  const contract = chain.contracts.get(occ(CALL));
  assert.equal(contract?.asOfMs, 1_000);
  assert.equal(contract.kind, null);
  assert.deepEqual(contract.fields.last, { value: 1.4, seenAtMs: 2_000, now: true });
  assert.deepEqual(contract.fields.delta, { value: 0.5, seenAtMs: 1_000, now: true });
  assert.equal(contract.fields.openInterest, undefined);
});

Deno.test("LK-9 a contract that only a blank dump lists is in the chain, without an age", () => {
  const first = applyBatch(EMPTY_CHAIN, batchOf(1_000, tenQuotes({ bid: 1, ask: 2 })));
  const { chain } = applyBatch(
    first.chain,
    batchOf(2_000, [...tenQuotes({}), quoteOf(PUT, { impliedVol: 0.4 })]),
  );
  assert.equal(chain.contracts.get(occ(PUT))?.asOfMs, null);
  assert.deepEqual(fieldsOf(chain, PUT), {});
});

Deno.test("LK-10 kind and multiplier keep the last known, the quote time follows the newest row", () => {
  const { chain } = foldBatches(EMPTY_CHAIN, [
    batchOf(1_000, [quoteOf(CALL, { bid: 1, kind: "delayed", multiplier: 100, quotedAtMs: 990 })]),
    batchOf(2_000, [quoteOf(CALL, { bid: 1 })]),
  ]);
  const contract = chain.contracts.get(occ(CALL));
  assert.equal(contract?.kind, "delayed");
  assert.equal(contract.multiplier, 100);
  assert.equal(contract.quotedAtMs, null);
  assert.equal(contract.asOfMs, 2_000);
});

Deno.test("LK-11 a missing contract keeps its prices and says why; a later listing clears it", () => {
  const first = applyBatch(EMPTY_CHAIN, batchOf(1_000, [quoteOf(CALL, { bid: 1 })]));
  const missing = [{ contract: CALL, reason: "mute_feed" }, { contract: PUT, reason: "mute_feed" }];
  const second = applyBatch(first.chain, batchOf(2_000, [], { missing }));
  assert.equal(second.chain.contracts.get(occ(CALL))?.missingReason, "mute_feed");
  assert.equal(second.chain.contracts.get(occ(CALL))?.asOfMs, 1_000);
  assert.equal(second.chain.contracts.get(occ(PUT))?.asOfMs, null);
  assert.deepEqual(second.changed, [occ(CALL), occ(PUT)]);
  const third = applyBatch(second.chain, batchOf(3_000, [quoteOf(CALL, { bid: 1 })]));
  assert.equal(third.chain.contracts.get(occ(CALL))?.missingReason, null);
});

Deno.test("LK-12 the spot keeps its last real value; absent and 0 say nothing", () => {
  const { chain } = foldBatches(EMPTY_CHAIN, [
    batchOf(1_000, [], { spot: 310.6600036621094 }),
    batchOf(2_000, [], { spot: null }),
    batchOf(3_000, [], { spot: 0 }),
  ]);
  assert.deepEqual(chain.spot, { value: 310.66, seenAtMs: 1_000, now: true });
});

Deno.test("LK-13 a batch that does not come after the chain's position is refused", () => {
  const { chain } = applyBatch(EMPTY_CHAIN, batchOf(2_000, [], { seq: 7 }));
  for (const [asOfMs, seq] of [[1_000, 8], [2_000, 7], [2_000, 6]] as const) {
    const late = batchOf(asOfMs, [], { seq });
    assert.ok(!comesAfter(chain, late));
    assert.throws(() => applyBatch(chain, late), OutOfOrderError);
  }
  assert.ok(comesAfter(chain, batchOf(2_000, [], { seq: 8 })));
});

Deno.test("LK-13 seq is the highest taken: a backfill folded in its place does not lower it", () => {
  const { chain } = foldBatches(EMPTY_CHAIN, [
    batchOf(1_000, [], { seq: 9, late: true }),
    batchOf(2_000, [], { seq: 8 }),
  ]);
  assert.equal(chain.seq, 9);
  assert.equal(chain.asOfSeq, 8);
});

Deno.test("LK-14 applyBatch() leaves the chain it was given as it was", () => {
  const first = applyBatch(EMPTY_CHAIN, batchOf(1_000, [quoteOf(CALL, { bid: 1 })]));
  const plain = () => ({ ...first.chain, contracts: [...first.chain.contracts] });
  const before = structuredClone(plain());
  applyBatch(first.chain, batchOf(2_000, [quoteOf(CALL, {}), quoteOf(PUT, { bid: 3 })]));
  assert.deepEqual(plain(), before);
  assert.equal(EMPTY_CHAIN.contracts.size, 0);
});
