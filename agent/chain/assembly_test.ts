import { strict as assert } from "node:assert";
import fc from "fast-check";
import { type Contract, parseOcc } from "../../options/contract.ts";
import type { Quote } from "../../options/quote.ts";
import type { GatewayEvent } from "../gateway/events.ts";
import { assembleQuote } from "./assembly.ts";

function contract(occ: string): Contract {
  const read = parseOcc(occ);
  assert.ok(read);
  return read;
}

const CALL = contract("EA260918C00210000");
const PUT = contract("EA260918P00210000");

const price = (tick: number, value: number): GatewayEvent => ({ type: "price", tick, value });
const size = (tick: number, value: number): GatewayEvent => ({ type: "size", tick, value });
const model = (tick: number, impliedVol: number | null, delta: number | null): GatewayEvent => ({
  type: "computation",
  tick,
  values: { impliedVol, delta, gamma: null, theta: null, vega: null },
});

function quoteOf(events: readonly GatewayEvent[], of = CALL): Quote {
  const assembly = assembleQuote(of, 100);
  for (const event of events) assembly.take(event);
  return assembly.quote();
}

const LIVE: readonly GatewayEvent[] = [
  price(1, 3.1),
  size(0, 12),
  price(2, 3.3),
  size(3, 7),
  price(4, 3.2),
  size(8, 0),
  size(27, 309_130),
  size(28, 0),
  model(13, 0.25, 0.5),
];

Deno.test("assembleQuote() takes live ticks", () => {
  const quote = quoteOf(LIVE);
  assert.deepEqual(
    [quote.bid, quote.bidSize, quote.ask, quote.askSize, quote.last, quote.volume],
    [3.1, 12, 3.3, 7, 3.2, 0],
  );
  assert.deepEqual([quote.openInterest, quote.impliedVol, quote.delta], [309_130, 0.25, 0.5]);
});

Deno.test("assembleQuote() takes a price that the server cannot keep for none, not for the end of the chain", () => {
  const quote = quoteOf([...LIVE, price(2, 200_000), price(4, 199_999.99)]);
  assert.deepEqual([quote.bid, quote.ask, quote.last], [3.1, null, 199_999.99]);
});

Deno.test("assembleQuote() takes delayed ticks and says that they are, without IB's own word", () => {
  const quote = quoteOf([
    price(66, 3.1),
    size(69, 12),
    price(67, 3.3),
    size(70, 7),
    price(68, 3.2),
    size(74, 5),
    model(83, 0.25, 0.5),
  ]);
  assert.deepEqual([quote.bid, quote.ask, quote.last, quote.volume], [3.1, 3.3, 3.2, 5]);
  assert.deepEqual([quote.bidSize, quote.askSize, quote.delta], [12, 7, 0.5]);
  assert.equal(quote.kind, "delayed");
});

Deno.test("assembleQuote() believes IB's word on the kind of data over the tick numbers", () => {
  assert.equal(
    quoteOf([{ type: "kind", kind: "delayed_frozen" }, price(66, 1)]).kind,
    "delayed_frozen",
  );
});

Deno.test("assembleQuote() takes the open interest of the contract's own side", () => {
  assert.equal(quoteOf([size(27, 0), size(28, 41)], PUT).openInterest, 41);
  assert.equal(quoteOf([size(27, 41), size(28, 0)], CALL).openInterest, 41);
});

Deno.test("assembleQuote() keeps an open interest of 0 and a volume of 0", () => {
  const quote = quoteOf([size(27, 0), size(8, 0)]);
  assert.deepEqual([quote.openInterest, quote.volume], [0, 0]);
});

Deno.test("assembleQuote() takes a price of -1 or 0 as the answer none, size included", () => {
  for (const none of [-1, 0]) {
    const quote = quoteOf([...LIVE, price(1, none), size(0, 0), price(4, none)]);
    assert.deepEqual([quote.bid, quote.bidSize, quote.last], [null, null, null]);
    assert.equal(quote.ask, 3.3);
  }
});

Deno.test("assembleQuote() takes only the model's computation, not those of bid, ask and last", () => {
  const others = [10, 11, 12, 80, 81, 82].map((tick) => model(tick, 9, 9));
  assert.equal(quoteOf([...LIVE, ...others]).impliedVol, 0.25);
});

Deno.test("an assembly is complete when every value was answered, none included", () => {
  const assembly = assembleQuote(CALL, 100);
  for (const event of LIVE) {
    assert.ok(!assembly.complete);
    assembly.take(event);
  }
  assert.ok(assembly.complete);
});

Deno.test("an assembly takes a bid of none for the answer of its size, too", () => {
  const assembly = assembleQuote(CALL, 100);
  for (const event of LIVE.slice(2)) assembly.take(event);
  assembly.take(price(1, -1));
  assert.ok(assembly.complete);
});

Deno.test("an assembly waits for a model that computed nothing yet", () => {
  const assembly = assembleQuote(CALL, 100);
  for (const event of LIVE.slice(0, -1)) assembly.take(event);
  assembly.take(model(13, null, null));
  assert.ok(!assembly.complete);
  assert.equal(assembly.quote().impliedVol, null);
});

Deno.test("an assembly's count of answers does not grow when a price only moves", () => {
  const assembly = assembleQuote(CALL, 100);
  assembly.take(price(1, 3.1));
  const { answered } = assembly;
  assembly.take(price(1, 3.2));
  assert.equal(assembly.answered, answered);
  assert.equal(assembly.quote().bid, 3.2);
});

const ticks = fc.oneof(
  fc.record({
    type: fc.constant("price" as const),
    tick: fc.integer({ min: 0, max: 110 }),
    value: fc.oneof(
      fc.double({ noNaN: true }),
      fc.constantFrom(-1, 0, 2_147_483_647, Number.MAX_VALUE),
    ),
  }),
  fc.record({
    type: fc.constant("size" as const),
    tick: fc.integer({ min: 0, max: 110 }),
    value: fc.constantFrom(-1, 0, 1, 2.5, 309_130, 2_147_483_647, 9_223_372_036_854_775_807),
  }),
  fc.record({
    type: fc.constant("computation" as const),
    tick: fc.constantFrom(10, 13, 83),
    values: fc.record({
      impliedVol: fc.option(fc.double({ noNaN: true })),
      delta: fc.option(fc.double({ noNaN: true })),
      gamma: fc.option(fc.double({ noNaN: true })),
      theta: fc.option(fc.double({ noNaN: true })),
      vega: fc.option(fc.double({ noNaN: true })),
    }),
  }),
);

Deno.test("assembleQuote() makes of any ticks only numbers that the server takes", () => {
  fc.assert(fc.property(fc.array(ticks), (events) => {
    const quote = quoteOf(events);
    for (const value of [quote.bid, quote.ask, quote.last]) {
      assert.ok(value === null || (value > 0 && value < 200_000));
    }
    for (const value of [quote.volume, quote.openInterest, quote.bidSize, quote.askSize]) {
      assert.ok(value === null || (Number.isInteger(value) && value >= 0 && value < 2 ** 31));
    }
    assert.ok(quote.impliedVol === null || (quote.impliedVol >= 0 && quote.impliedVol <= 2_147));
    for (const value of [quote.delta, quote.gamma, quote.theta, quote.vega]) {
      assert.ok(value === null || Math.abs(value) <= 2_147);
    }
  }));
});

Deno.test("assembleQuote() does not mind the order of the ticks", () => {
  fc.assert(fc.property(fc.shuffledSubarray([...LIVE], { minLength: LIVE.length }), (events) => {
    assert.deepEqual(quoteOf(events), quoteOf(LIVE));
  }));
});
