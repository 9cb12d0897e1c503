import { strict as assert } from "node:assert";
import { EA, EA_CALL, EA_PUT } from "../test/small_market.ts";
import type { BookEvent, Execution, OrderRequest } from "./order.ts";
import { ACCOUNT, bookBench, lastOrder, MORNING_MS, request, single, story } from "./test_book.ts";

function executions(events: readonly BookEvent[]): readonly Execution[] {
  return events.flatMap((event) => event.kind === "execution" ? [event.execution] : []);
}

/** Buys the call and sells the put, one for one. */
const COMBINATION: OrderRequest["contract"] = {
  kind: "combination",
  legs: [
    { instrument: EA_CALL, ratio: 1, action: "BUY" },
    { instrument: EA_PUT, ratio: 2, action: "SELL" },
  ],
};

Deno.test("a market order takes the touch, and costs IB's commission", () => {
  const { book } = bookBench();
  const events = book.place(request({ quantity: 3 }));
  assert.deepEqual(story(events), ["Submitted 0", "Filled 3"]);
  const [execution, ...more] = executions(events);
  assert.deepEqual(more, []);
  assert.deepEqual([execution?.price, execution?.quantity], [1.35, 3]);
  assert.deepEqual(execution?.commission, { amount: 1.95, realizedPnl: undefined });
  assert.equal(book.figures(ACCOUNT).cash, 1_000_000 - 405 - 1.95);
  assert.equal(book.holdings(ACCOUNT).find((it) => it.instrument === EA_CALL)?.averageCost, 135);
});

Deno.test("a limit order rests until the quote comes to it, and has the quote's price", () => {
  const bench = bookBench();
  assert.deepEqual(story(bench.book.place(request({ limitPrice: 1.3 }))), ["Submitted 0"]);
  assert.deepEqual(bench.quote(EA_CALL, { bid: 1.2, ask: 1.31, askSize: 5 }), []);
  const events = bench.quote(EA_CALL, { bid: 1.2, ask: 1.28, askSize: 5 });
  assert.deepEqual(story(events), ["Filled 1"]);
  assert.equal(lastOrder(events).averagePrice, 1.28);
});

Deno.test("a large order is filled in parts: what it took comes again only with another quote", () => {
  const bench = bookBench();
  const placed = bench.book.place(request({ quantity: 50, limitPrice: 1.4 }));
  assert.deepEqual(story(placed), ["Submitted 0", "Submitted 20"]);
  assert.deepEqual(bench.book.tick(), []);
  assert.deepEqual(bench.quote(EA_CALL, { bid: 1.3, ask: 1.35, askSize: 20 }), []);
  const more = bench.quote(EA_CALL, { bid: 1.3, ask: 1.4, askSize: 100 });
  assert.deepEqual(story(more), ["Filled 50"]);
  assert.equal(lastOrder(more).averagePrice, 1.38);
  // 50 contracts at 0.65, charged as they were filled.
  const charged = bench.book.executions().map((it) => it.commission?.amount);
  assert.deepEqual(charged, [13, 19.5]);
});

Deno.test("two orders do not have the same contracts of one quote", () => {
  const { book } = bookBench();
  book.place(request({ orderId: 1, quantity: 15 }));
  const second = book.place(request({ orderId: 2, quantity: 15 }));
  assert.deepEqual(story(second), ["Submitted 0", "Submitted 5"]);
});

Deno.test("a size that the market does not know is without end", () => {
  const bench = bookBench();
  bench.quote(EA_CALL, { bid: 1.25, ask: 1.35 });
  assert.deepEqual(story(bench.book.place(request({ quantity: 500 }))).at(-1), "Filled 500");
});

Deno.test("an option's stop to buy waits for the bid, a share's for the last price", () => {
  const bench = bookBench();
  const stop = request({ type: "STP", stopPrice: 1.4 });
  assert.deepEqual(story(bench.book.place(stop)), ["PreSubmitted 0"]);
  assert.deepEqual(bench.quote(EA_CALL, { bid: 1.35, ask: 1.45, askSize: 5, last: 1.5 }), []);
  const events = bench.quote(EA_CALL, { bid: 1.4, ask: 1.5, askSize: 5 });
  assert.deepEqual(story(events), ["Submitted 0", "Filled 1"]);
  const shares = { contract: single(EA), orderId: 2, action: "SELL", quantity: 10 } as const;
  bench.book.place(request({ ...shares, type: "STP", stopPrice: 202 }));
  const sold = bench.quote(EA, { bid: 201.9, ask: 202.1, last: 202 });
  assert.deepEqual(story(sold), ["Submitted 0", "Filled 10"]);
});

Deno.test("a stop limit order becomes a limit order once it is triggered, and stays one", () => {
  const bench = bookBench();
  bench.book.place(request({ type: "STP LMT", stopPrice: 1.4, limitPrice: 1.45 }));
  const triggered = bench.quote(EA_CALL, { bid: 1.4, ask: 1.6, askSize: 5 });
  assert.deepEqual(story(triggered), ["Submitted 0"]);
  const filled = bench.quote(EA_CALL, { bid: 1.3, ask: 1.45, askSize: 5 });
  assert.deepEqual(story(filled), ["Filled 1"]);
});

Deno.test("a combination's legs are filled together, in their ratio, at its net price", () => {
  const bench = bookBench();
  const limit = { contract: COMBINATION, quantity: 9, limitPrice: -1.05 };
  const events = bench.book.place(request(limit));
  // 11 puts are bid for, two a combination.
  assert.deepEqual(story(events), ["Submitted 0", "Submitted 5"]);
  const parts = executions(events).map((it) =>
    [it.instrument?.conId, it.action, it.quantity, it.price] as const
  );
  assert.deepEqual(parts, [
    [undefined, "BUY", 5, -1.05],
    [EA_CALL.conId, "BUY", 5, 1.35],
    [EA_PUT.conId, "SELL", 10, 1.2],
  ]);
  assert.equal(new Set(executions(events).map((it) => it.order.permId)).size, 1);
  assert.deepEqual(story(bench.quote(EA_PUT, { bid: 1.1, ask: 1.3, bidSize: 50 })), []);
});

Deno.test("a combination that is sold has each leg the other way round", () => {
  const { book } = bookBench();
  const sold = { contract: COMBINATION, action: "SELL", limitPrice: -1.4 } as const;
  const [, call, put] = executions(book.place(request(sold)));
  assert.deepEqual([call?.action, call?.price], ["SELL", 1.25]);
  assert.deepEqual([put?.action, put?.quantity, put?.price], ["BUY", 2, 1.3]);
});

Deno.test("a cancelled order goes through PendingCancel, and error 202 tells of it", () => {
  const { book } = bookBench();
  book.place(request({ limitPrice: 1 }));
  assert.deepEqual(story(book.cancel(1, 1)), ["PendingCancel 0", "Cancelled 0", "error 202"]);
  assert.deepEqual(book.open(), []);
  assert.equal(book.completed().length, 1);
});

Deno.test("what is not there or over cannot be cancelled", () => {
  const { book } = bookBench();
  assert.deepEqual(story(book.cancel(1, 7)), ["error 10147"]);
  book.place(request());
  assert.deepEqual(story(book.cancel(1, 1)), ["error 10148"]);
  assert.deepEqual(story(book.cancel(2, 1)), ["error 10147"], "it is another client's");
});

Deno.test("cancelAll() ends the orders of every client", () => {
  const { book } = bookBench();
  book.place(request({ clientId: 1, limitPrice: 1 }));
  book.place(request({ clientId: 2, limitPrice: 1 }));
  assert.equal(story(book.cancelAll()).filter((it) => it === "Cancelled 0").length, 2);
});

Deno.test("an order takes another price and quantity under its ID, and keeps its permanent one", () => {
  const { book } = bookBench();
  const { permId } = lastOrder(book.place(request({ limitPrice: 1, quantity: 5 })));
  const changed = book.place(request({ limitPrice: 1.35, quantity: 4 }));
  assert.deepEqual(story(changed), ["Submitted 0", "Filled 4"]);
  assert.equal(lastOrder(changed).permId, permId);
});

const refusals: readonly [string, number, Partial<OrderRequest>][] = [
  ["an account that is not there", 321, { account: "DU9" }],
  ["a quantity of nothing", 434, { quantity: 0 }],
  ["a broken quantity", 321, { quantity: 1.5 }],
  ["a price between two steps", 110, { limitPrice: 1.355 }],
  ["a price below 0", 321, { limitPrice: -1 }],
  ["a limit order without a limit", 321, { type: "LMT" }],
  ["a stop without a price", 321, { type: "STP" }],
  ["a combination's stop", 321, { contract: COMBINATION, type: "STP", stopPrice: 1 }],
];
for (const [what, code, given] of refusals) {
  Deno.test(`${what} is refused with ${code}, and there is no order`, () => {
    const { book } = bookBench();
    assert.deepEqual(story(book.place(request(given))), [`error ${code}`]);
    assert.deepEqual([...book.open(), ...book.completed()], []);
  });
}

Deno.test("an order that is over cannot be changed, nor can what it is for", () => {
  const { book } = bookBench();
  book.place(request());
  assert.deepEqual(story(book.place(request())), ["error 104"]);
  book.place(request({ orderId: 2, limitPrice: 1 }));
  const other = { orderId: 2, limitPrice: 1, contract: single(EA_PUT) };
  assert.deepEqual(story(book.place(request(other))), ["error 105"]);
  book.cancel(1, 2);
  assert.deepEqual(story(book.place(request({ orderId: 2, limitPrice: 1 }))), ["error 103"]);
});

Deno.test("an order that the account cannot pay is told with 201 and left Inactive", () => {
  const { book } = bookBench();
  const events = book.place(request({ quantity: 10_000, limitPrice: 1.35 }));
  assert.deepEqual(story(events), ["error 201", "Inactive 0"]);
  assert.deepEqual(
    story(book.place(request({ quantity: 10, limitPrice: 1.35 }))).at(-1),
    "Filled 10",
  );
});

Deno.test("a limit far outside of the market is told with 201 and cancelled", () => {
  const { book } = bookBench();
  const events = book.place(request({ limitPrice: 20 }));
  assert.deepEqual(story(events), ["error 201", "Cancelled 0"]);
  const stop = { orderId: 2, type: "STP LMT", stopPrice: 19, limitPrice: 20 } as const;
  assert.deepEqual(story(book.place(request(stop))), ["PreSubmitted 0"], "it is far from now only");
});

Deno.test("a what-if order tells margin and commission, and changes nothing", () => {
  const { book } = bookBench();
  const before = book.figures(ACCOUNT);
  const [event, ...more] = book.place(request({ quantity: 10, action: "SELL", whatIf: true }));
  assert.deepEqual(more, []);
  assert.ok(event?.kind === "preview");
  assert.equal(event.preview.commission, 6.5);
  // One call is covered by the hundred shares. Nine are naked: premium and 20 % of the share.
  const naked = (1.3 + 0.2 * 202.5) * 100;
  assert.equal(Math.round(event.preview.after.initial), Math.round(before.initial + 9 * naked));
  assert.deepEqual(book.figures(ACCOUNT), before);
  assert.deepEqual([...book.open(), ...book.completed()], []);
});

Deno.test("closing realizes what a position brought, commission deducted", () => {
  const bench = bookBench();
  bench.book.place(request({ quantity: 2 }));
  bench.quote(EA_CALL, { bid: 2, ask: 2.1, bidSize: 10 });
  const [sold] = executions(bench.book.place(request({ orderId: 2, action: "SELL", quantity: 2 })));
  assert.deepEqual(sold?.commission, { amount: 1.3, realizedPnl: 130 - 1.3 });
  const figures = bench.book.figures(ACCOUNT);
  assert.equal(figures.realizedPnl, 128.7);
  assert.equal(figures.cash, 1_000_000 + 130 - 2.6);
});

Deno.test("an order outside hours waits with warning 399 until the market opens", () => {
  const bench = bookBench();
  bench.open = false;
  assert.deepEqual(story(bench.book.place(request())), ["PreSubmitted 0", "error 399"]);
  assert.deepEqual(bench.book.tick(), []);
  bench.open = true;
  assert.deepEqual(story(bench.book.tick()), ["Submitted 0", "Filled 1"]);
});

Deno.test("an order of the day ends at the close of liquid hours, one until cancelled does not", () => {
  const bench = bookBench();
  bench.book.place(request({ orderId: 1, limitPrice: 1 }));
  bench.book.place(request({ orderId: 2, limitPrice: 1, tif: "GTC" }));
  bench.nowMs = MORNING_MS + 6 * 3_600_000 - 1;
  assert.deepEqual(bench.book.tick(), []);
  bench.nowMs++;
  assert.deepEqual(story(bench.book.tick()), ["Cancelled 0"]);
  assert.deepEqual(bench.book.open().map((order) => order.request.orderId), [2]);
});

Deno.test("an order that is not transmitted waits until it is", () => {
  const { book } = bookBench();
  assert.deepEqual(story(book.place(request({ transmit: false }))), ["ApiPending 0"]);
  assert.deepEqual(book.tick(), []);
  assert.deepEqual(story(book.place(request())), ["Submitted 0", "Filled 1"]);
});

Deno.test("immediate or cancel: what cannot be had at once is cancelled", () => {
  const { book } = bookBench();
  const events = book.place(request({ quantity: 30, tif: "IOC" }));
  assert.deepEqual(story(events).slice(1, 4), ["Submitted 20", "PendingCancel 20", "Cancelled 20"]);
});

Deno.test("permanent and execution IDs of another seed are others", () => {
  const ids = [1, 2].map((seed) => {
    const [execution] = executions(bookBench(seed).book.place(request()));
    return [execution?.execId, execution?.order.permId];
  });
  assert.notEqual(ids[0]?.[0], ids[1]?.[0]);
  assert.notEqual(ids[0]?.[1], ids[1]?.[1]);
});
