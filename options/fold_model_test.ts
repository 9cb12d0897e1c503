/**
 * The fold against a plain model, which says of each field on its own what the stored batches make
 * of it, by looking through all of them.
 */
import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import {
  EMPTY_CHAIN,
  type LastKnownChain,
  type LastKnownContract,
  type LastKnownField,
  type Seen,
  type StoredBatch,
} from "./chain.ts";
import { parseChain, serializeChain } from "./checkpoint.ts";
import type { OccSymbol } from "./contract.ts";
import { applyBatch, foldBatches, realValue } from "./fold.ts";
import { quotesOf } from "./columns.ts";
import { type Quote, QUOTE_FIELDS } from "./quote.ts";
import { batchOf, occ, quoteOf } from "./testing.ts";

const SYMBOLS: readonly OccSymbol[] = Array.from(
  { length: 24 },
  (_, n) => occ(`${n % 2 ? "SPX" : "SPXW"}260717C075${String(n).padStart(2, "0")}000`),
);

const price = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom(0, 0.00004, 0.05) },
  { weight: 3, arbitrary: fc.double({ min: 0, max: 199_999, noNaN: true }) },
);
const count = fc.option(fc.nat({ max: 2_147_483_647 }));
const greek = fc.option(fc.double({ min: -2_147, max: 2_147, noNaN: true }));

const quote = (symbol: OccSymbol, blank: boolean): fc.Arbitrary<Quote> =>
  fc.record({
    occ: fc.constant(symbol),
    kind: fc.constantFrom(null, "realtime", "delayed"),
    multiplier: fc.constantFrom(null, 100),
    quotedAtMs: fc.constantFrom(null, 5),
    bid: blank ? fc.constant(null) : price,
    ask: blank ? fc.constant(0) : price,
    last: price,
    volume: count,
    openInterest: count,
    impliedVol: fc.oneof(
      fc.constantFrom(null, 0, 1e-5, 0.0001, 0.00011),
      fc.double({ min: 0, max: 9, noNaN: true }),
    ),
    delta: greek,
    gamma: greek,
    theta: greek,
    vega: greek,
    bidSize: count,
    askSize: count,
  });

const listed = fc.oneof(
  fc.constant([...SYMBOLS]),
  fc.constant(SYMBOLS.slice(0, 20)),
  fc.subarray([...SYMBOLS]),
);

const quotes: fc.Arbitrary<Quote[]> = fc.tuple(listed, fc.constantFrom(0, 0, 1))
  .chain(([symbols, zeroed]) =>
    // Of a zeroed dump one row in twelve or so keeps its prices, so that it may or may not be blank.
    fc.tuple(...symbols.map((symbol) =>
      fc.nat({ max: 11 }).chain((n) => quote(symbol, zeroed === 1 && n > 0))
    ))
  );

const batches: fc.Arbitrary<StoredBatch[]> = fc.array(
  fc.record({
    quotes,
    step: fc.constantFrom(0, 1, 60_000),
    spot: price,
    mode: fc.constantFrom("snapshot", "update"),
    missing: fc.array(
      fc.record({
        contract: fc.constantFrom<string>(...SYMBOLS, "not a contract"),
        reason: fc.constantFrom("mute_feed", "line_budget"),
      }),
      { maxLength: 2 },
    ),
  }),
  { maxLength: 8 },
).map((parts) => {
  let asOfMs = 1_000;
  return parts.map(({ quotes, step, spot, mode, missing }, index) => {
    asOfMs += step;
    return batchOf(asOfMs, quotes, { seq: index + 1, spot, mode, missing });
  });
});

/** What the batches make of one contract, said without a fold. */
class Model {
  readonly #history: readonly (StoredBatch & { readonly quotes: readonly Quote[] })[];
  readonly #blank: readonly boolean[];

  constructor(stored: readonly StoredBatch[]) {
    const history = stored.map((batch) => ({ ...batch, quotes: quotesOf(batch.columns) }));
    this.#history = history;
    this.#blank = history.map((batch, index) => {
      const known = batch.quotes.filter((row) =>
        history.slice(0, index).some((earlier) =>
          earlier.quotes.some((other) => other.occ === row.occ && this.#quoted(other))
        )
      );
      return known.length > 0 &&
        known.filter((row) => this.#quoted(row)).length / known.length < 0.1;
    });
  }

  contract(symbol: OccSymbol): LastKnownContract | undefined {
    const reported = this.#history.some(({ missing }) =>
      missing.some((m) => m.contract === symbol)
    );
    const rows = this.#history.flatMap((batch, index) =>
      batch.quotes.filter((row) => row.occ === symbol).map((row) => ({
        row,
        batch,
        index,
        blank: this.#blank[index] === true,
        whole: !this.#blank[index] || this.#quoted(row),
      }))
    );
    if (rows.length === 0 && !reported) return undefined;
    const whole = rows.filter((row) => row.whole);
    const fields: Partial<Record<LastKnownField, Seen>> = {};
    for (const field of [...QUOTE_FIELDS, "mid"] as const) {
      const value = (row: Quote): number | null =>
        field === "mid" ? this.#mid(row) : realValue(field, row[field]);
      const seen = rows.findLast(({ row, whole }) =>
        (whole || field === "last") && value(row) !== null
      );
      if (!seen) continue;
      const noneSince = rows.some(({ row, blank, index }) =>
        index > seen.index && !blank && value(row) === null
      );
      fields[field] = {
        value: value(seen.row) ?? Number.NaN,
        seenAtMs: seen.batch.asOfMs,
        now: !noneSince,
      };
    }
    return {
      occ: symbol,
      asOfMs: whole.at(-1)?.batch.asOfMs ?? null,
      kind: whole.findLast(({ row }) => row.kind !== null)?.row.kind ?? null,
      multiplier: whole.findLast(({ row }) => row.multiplier !== null)?.row.multiplier ?? null,
      quotedAtMs: whole.at(-1)?.row.quotedAtMs ?? null,
      fields,
      missingReason: this.#missingReason(symbol, whole.at(-1)?.index ?? -1),
    };
  }

  #missingReason(symbol: OccSymbol, lastListed: number): string | null {
    return this.#history.flatMap(({ missing }, index) =>
      index > lastListed ? missing.filter((m) => m.contract === symbol) : []
    ).at(-1)?.reason ?? null;
  }

  #quoted(row: Quote): boolean {
    return realValue("bid", row.bid) !== null || realValue("ask", row.ask) !== null;
  }

  #mid(row: Quote): number | null {
    const bid = realValue("bid", row.bid);
    const ask = realValue("ask", row.ask);
    return bid === null || ask === null ? null : Number(((bid + ask) / 2).toFixed(5));
  }
}

function assertChain(chain: LastKnownChain, history: readonly StoredBatch[]): void {
  const model = new Model(history);
  for (const symbol of SYMBOLS) {
    assert.deepEqual(chain.contracts.get(symbol), model.contract(symbol));
  }
}

Deno.test("LK-1 to LK-12 foldBatches() is what a plain model says, field by field", () => {
  fc.assert(fc.property(batches, (history) => {
    assertChain(foldBatches(EMPTY_CHAIN, history).chain, history);
  }));
});

Deno.test("LK-13 folding one by one, or in two parts, gives the same chain and the same changes", () => {
  fc.assert(fc.property(batches, fc.nat({ max: 8 }), (history, cut) => {
    const whole = foldBatches(EMPTY_CHAIN, history);
    let chain = EMPTY_CHAIN;
    const changed = new Set<OccSymbol>();
    for (const batch of history) {
      const applied = applyBatch(chain, batch);
      for (const symbol of SYMBOLS) {
        if (applied.changed.includes(symbol)) continue;
        assert.deepEqual(chain.contracts.get(symbol), applied.chain.contracts.get(symbol));
      }
      for (const symbol of applied.changed) changed.add(symbol);
      chain = applied.chain;
    }
    assert.deepEqual(plain(chain), plain(whole.chain));
    assert.deepEqual([...changed].sort(), whole.changed.toSorted());
    const head = foldBatches(EMPTY_CHAIN, history.slice(0, cut)).chain;
    assert.deepEqual(plain(foldBatches(head, history.slice(cut)).chain), plain(whole.chain));
  }));
});

Deno.test("LK-15 parseChain() gives back exactly the chain that serializeChain() wrote", () => {
  fc.assert(fc.property(batches, (history) => {
    const { chain } = foldBatches(EMPTY_CHAIN, history);
    const read = parseChain(serializeChain(chain));
    assert.deepEqual(read && plain(read), plain(chain));
  }));
});

Deno.test("LK-15 parseChain() knows no checkpoint of another version, nor a damaged one", () => {
  const { chain } = foldBatches(EMPTY_CHAIN, [
    batchOf(1_000, SYMBOLS.map((symbol) => quoteOf(symbol, { bid: 1, ask: 2 }))),
  ]);
  const bytes = serializeChain(chain);
  assert.ok(parseChain(bytes));
  const older = '{"version":1,"contracts":[]}';
  assert.equal(parseChain(new TextEncoder().encode(older)), undefined);
  assert.equal(parseChain(new Uint8Array()), undefined);
  for (let at = 0; at < bytes.length; at++) {
    assert.equal(parseChain(bytes.slice(0, at)), undefined, `cut at ${at}`);
    const flipped = bytes.slice();
    flipped[at] = (flipped[at] ?? 0) ^ 16;
    const read = parseChain(flipped);
    // Of the frame's header a bit or two says nothing of the content.
    if (read) assert.deepEqual(plain(read), plain(chain), `flipped at ${at}`);
  }
});

Deno.test("LK-14 folding on from one chain in two ways changes neither it nor the other way", () => {
  fc.assert(fc.property(batches, batches, (first, second) => {
    const base = foldBatches(EMPTY_CHAIN, first).chain;
    const before = plain(base);
    const later = (seq: number, list: readonly StoredBatch[]) =>
      list.map((batch, index) => ({ ...batch, asOfMs: 1e9 + batch.asOfMs, seq: seq + index }));
    const one = foldBatches(base, later(100, second)).chain;
    const said = plain(one);
    foldBatches(base, later(100, second.toReversed().map((b, i) => ({ ...b, asOfMs: i }))));
    assert.deepEqual(plain(base), before);
    assert.deepEqual(plain(one), said);
  }));
});

/** A chain as plain objects: what a class holds in private is not compared by `deepEqual()`. */
function plain({ contracts, ...head }: LastKnownChain): unknown {
  return { ...head, contracts: [...contracts] };
}
