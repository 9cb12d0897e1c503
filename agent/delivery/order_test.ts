import { strict as assert } from "node:assert";
import fc from "fast-check";
import { parseTicker, type Ticker } from "../../options/contract.ts";
import { type Attempts, nextDueMs, nextToSend, type Waiting } from "./order.ts";

function ticker(text: string): Ticker {
  const read = parseTicker(text);
  assert.ok(read);
  return read;
}

const EA = ticker("EA");
const SPX = ticker("SPX");
const NONE: Attempts = {
  newestDone: new Map(),
  parkedUntilMs: new Map(),
  notBeforeMs: new Map(),
};

/** The order in which all are sent when every attempt succeeds at once. */
function sentOrder(waiting: readonly Waiting[]): number[] {
  const newestDone = new Map<Ticker, number>();
  const order: number[] = [];
  let left = waiting;
  for (;;) {
    const next = nextToSend(left, { ...NONE, newestDone }, 0);
    if (!next) return order;
    order.push(next.id);
    newestDone.set(next.ticker, Math.max(next.id, newestDone.get(next.ticker) ?? -1));
    left = left.filter((each) => each !== next);
  }
}

Deno.test("SP-12: nextToSend() sends the newest of each ticker first, then the rest in order", () => {
  const waiting = [
    { id: 1, ticker: EA },
    { id: 2, ticker: SPX },
    { id: 3, ticker: EA },
    { id: 4, ticker: SPX },
    { id: 5, ticker: EA },
  ];
  assert.deepEqual(sentOrder(waiting), [4, 5, 1, 2, 3]);
});

Deno.test("SP-12: nextToSend() sends each once, and after the newest of the tickers in order", () => {
  const some = fc.uniqueArray(
    fc.record({ id: fc.nat(50), ticker: fc.constantFrom(EA, SPX, ticker("BKNG")) }),
    { selector: (each) => each.id },
  );
  fc.assert(fc.property(some, (waiting) => {
    const tickers = new Set(waiting.map((each) => each.ticker)).size;
    const order = sentOrder(waiting);
    const rest = order.slice(tickers);
    assert.deepEqual(
      order.toSorted((a, b) => a - b),
      waiting.map((w) => w.id).toSorted((a, b) => a - b),
    );
    assert.deepEqual(rest, rest.toSorted((a, b) => a - b));
  }));
});

Deno.test("nextToSend() passes over a parked ticker and a snapshot that failed, until they are due", () => {
  const waiting = [{ id: 1, ticker: EA }, { id: 2, ticker: SPX }];
  const attempts: Attempts = {
    ...NONE,
    parkedUntilMs: new Map([[EA, 1_000]]),
    notBeforeMs: new Map([[2, 500]]),
  };
  assert.equal(nextToSend(waiting, attempts, 499), undefined);
  assert.equal(nextDueMs(waiting, attempts), 500);
  assert.equal(nextToSend(waiting, attempts, 500)?.id, 2);
  assert.equal(nextToSend(waiting, attempts, 1_000)?.id, 1);
});

Deno.test("nextDueMs() says nothing where nothing waits", () => {
  assert.equal(nextDueMs([], NONE), undefined);
});
