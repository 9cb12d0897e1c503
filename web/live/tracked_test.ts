import { strict as assert } from "node:assert";
import fc from "fast-check";
import { columnsOf } from "../../options/columns.ts";
import { EMPTY_CHAIN, type StoredBatch } from "../../options/chain.ts";
import { makeContract, type OccSymbol, parseIsoDate } from "../../options/contract.ts";
import { foldBatches } from "../../options/fold.ts";
import type { Quote } from "../../options/quote.ts";
import { advance, changedSince, replace, track, type TrackedChain } from "./tracked.ts";

const expiry = parseIsoDate("2026-12-18");
const symbols: readonly OccSymbol[] = [100, 105, 110].flatMap((strike) =>
  (expiry && makeContract("EA", expiry, "C", strike)?.occ) ?? []
);

const price = fc.constantFrom(null, 1, 1.05, 2);
const quote: fc.Arbitrary<Quote> = fc.record({
  occ: fc.constantFrom(...symbols),
  kind: fc.constant("realtime" as const),
  multiplier: fc.constant(100),
  quotedAtMs: fc.constant(null),
  bid: price,
  ask: price,
  last: price,
  volume: fc.constantFrom(null, 0, 7),
  openInterest: fc.constant(null),
  impliedVol: fc.constant(null),
  delta: fc.constant(null),
  gamma: fc.constant(null),
  theta: fc.constant(null),
  vega: fc.constant(null),
  bidSize: fc.constant(null),
  askSize: fc.constant(null),
});

/** Batches as they were stored one after the other; some are late: dated before what came earlier. */
const history: fc.Arbitrary<readonly StoredBatch[]> = fc.array(
  fc.record({
    quotes: fc.uniqueArray(quote, { selector: (q) => q.occ, maxLength: symbols.length }),
    backMs: fc.constantFrom(0, 0, 0, 1_500, 3_500),
  }),
  { maxLength: 8 },
).map((list) =>
  list.map(({ quotes, backMs }, index) => ({
    seq: index + 1,
    asOfMs: (index + 1) * 1_000 - backMs,
    receivedAtMs: (index + 1) * 1_000,
    agentTimeMs: (index + 1) * 1_000 - backMs,
    agentId: "desk-1",
    mode: "snapshot" as const,
    late: backMs > 0,
    readId: null,
    traceId: null,
    snapshotId: String(index + 1),
    spot: null,
    columns: columnsOf(quotes),
    missing: [],
  }))
);

const inOrder = (batches: readonly StoredBatch[]): StoredBatch[] =>
  batches.toSorted((a, b) => a.asOfMs - b.asOfMs || a.seq - b.seq);

/** What a server that knows so much has after it took the tail, or folded anew for a late batch. */
function catchUp(known: TrackedChain, stored: readonly StoredBatch[]): TrackedChain {
  const tail = inOrder(stored.filter((batch) => batch.seq > known.chain.seq));
  const next = advance(known, tail);
  return next ?? replace(known, foldBatches(EMPTY_CHAIN, inOrder(stored)).chain);
}

Deno.test("a reader that takes the changes since its seq has the same chain as one that takes the whole, on whatever server", () => {
  fc.assert(
    fc.property(history, fc.nat(), (batches, cut) => {
      // One server sees every batch at once; another wakes up once on the way, then at the end.
      const states = [track()];
      for (let n = 1; n <= batches.length; n++) {
        states.push(catchUp(states[n - 1] ?? track(), batches.slice(0, n)));
      }
      const other = catchUp(
        catchUp(track(), batches.slice(0, cut % (batches.length + 1))),
        batches,
      );
      for (const server of [states.at(-1) ?? track(), other]) {
        for (const then of states) {
          const changed = changedSince(server, then.chain.seq);
          assert.ok(changed);
          const resumed = new Map(then.chain.contracts.entries());
          for (const occ of changed) {
            const contract = server.chain.contracts.get(occ);
            assert.ok(contract);
            resumed.set(occ, contract);
          }
          assert.deepEqual(resumed, new Map(server.chain.contracts.entries()));
        }
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("changedSince() names only what changed, so that a quiet chain costs nothing", () => {
  const [first] = symbols;
  assert.ok(first);
  const row = fc.sample(quote, 1)[0];
  assert.ok(row);
  const batch = (seq: number): StoredBatch => ({
    seq,
    asOfMs: seq,
    receivedAtMs: seq,
    agentTimeMs: seq,
    agentId: "desk-1",
    mode: "snapshot",
    late: false,
    readId: null,
    traceId: null,
    snapshotId: String(seq),
    spot: 206.41,
    columns: columnsOf(seq === 1 ? [{ ...row, occ: first, bid: 1 }] : []),
    missing: [],
  });
  const one = advance(track(), [batch(1)]);
  const state = one && advance(one, [batch(2)]);
  assert.ok(state);
  assert.deepEqual(changedSince(state, 0), new Set([first]));
  assert.deepEqual(changedSince(state, 1), new Set());
});

Deno.test("changedSince() cannot tell a reader from before what it remembers, nor one from nowhere", () => {
  const loaded = track({ ...EMPTY_CHAIN, seq: 7 });
  assert.equal(changedSince(loaded, 6), undefined);
  assert.equal(changedSince(loaded, 8), undefined);
  assert.deepEqual(changedSince(loaded, 7), new Set());
});

Deno.test("advance() refuses a late batch, which the chain must be folded anew for", () => {
  const late = fc.sample(history.filter((batches) => batches.length > 0), 1)[0]?.[0];
  assert.ok(late);
  const known = track({ ...EMPTY_CHAIN, seq: 3, asOfSeq: 3, asOfMs: 9_000 });
  assert.equal(advance(known, [{ ...late, seq: 4, asOfMs: 8_000 }]), undefined);
});
