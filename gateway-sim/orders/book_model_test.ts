/** Whatever is ordered and quoted: what must hold of every book after every step. */
import { strict as assert } from "node:assert";
import fc from "fast-check";
import { EA, EA_CALL, EA_PUT } from "../test/small_market.ts";
import type { BookEvent, Execution, Order } from "./order.ts";
import { ACCOUNT, type BookBench, bookBench, request, single } from "./test_book.ts";

const INSTRUMENTS = [EA, EA_CALL, EA_PUT];
const RUNS = 300;

/** A thing that happens to a book, and what it says. */
type Step = (bench: BookBench) => readonly BookEvent[];

const tick = fc.integer({ min: 1, max: 400 }).map((cents) => cents / 100);
const instrument = fc.constantFrom(...INSTRUMENTS);
const orderId = fc.integer({ min: 1, max: 6 });
const action = fc.constantFrom("BUY" as const, "SELL" as const);
const quantity = fc.integer({ min: 1, max: 60 });

const combination = fc.record({
  kind: fc.constant("combination" as const),
  legs: fc.tuple(action, action, fc.integer({ min: 1, max: 3 })).map(([first, second, ratio]) => [
    { instrument: EA_CALL, ratio: 1, action: first },
    { instrument: EA_PUT, ratio, action: second },
  ]),
});

const order = fc.record({
  clientId: fc.constantFrom(1, 2),
  orderId,
  contract: fc.oneof(instrument.map(single), combination),
  action,
  quantity,
  type: fc.constantFrom("LMT" as const, "MKT" as const, "STP" as const, "STP LMT" as const),
  limitPrice: tick,
  stopPrice: tick,
  tif: fc.constantFrom("DAY" as const, "GTC" as const, "IOC" as const),
  transmit: fc.boolean(),
  whatIf: fc.boolean(),
}).map(({ limitPrice, stopPrice, ...rest }) =>
  request({
    ...rest,
    limitPrice: rest.type.endsWith("LMT") ? limitPrice : undefined,
    stopPrice: rest.type.startsWith("STP") ? stopPrice : undefined,
  })
);

const quote = fc.record({
  bid: tick,
  ask: tick,
  bidSize: fc.integer({ min: 0, max: 40 }),
  askSize: fc.integer({ min: 0, max: 40 }),
  last: tick,
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: order.map((it): Step => ({ book }) => book.place(it)) },
  {
    weight: 4,
    arbitrary: fc.tuple(instrument, quote).map(([it, shown]): Step => (bench) =>
      bench.quote(it, shown)
    ),
  },
  orderId.map((id): Step => ({ book }) => book.cancel(1, id)),
  fc.constant<Step>(({ book }) => book.cancelAll()),
  fc.boolean().map((open): Step => (bench) => {
    bench.open = open;
    return bench.book.tick();
  }),
  fc.constant<Step>((bench) => {
    bench.nowMs += 3_600_000;
    return bench.book.tick();
  }),
);

/** Runs steps and looks after each; `look` gets all events so far, and those of the step. */
function always(
  look: (bench: BookBench, all: BookEvent[], now: readonly BookEvent[]) => void,
): void {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const bench = bookBench();
      const all: BookEvent[] = [];
      for (const one of steps) {
        const now = one(bench);
        all.push(...now);
        look(bench, all, now);
      }
    }),
    { numRuns: RUNS },
  );
}

function orders(events: readonly BookEvent[]): readonly Order[] {
  return events.flatMap((event) => event.kind === "order" ? [event.order] : []);
}

function executions(events: readonly BookEvent[]): readonly Execution[] {
  return events.flatMap((event) => event.kind === "execution" ? [event.execution] : []);
}

Deno.test("an order is never filled beyond its quantity, and what its fills say adds up", () => {
  always(({ book }) => {
    for (const { request: { quantity: wanted, contract }, filled, permId } of book.completed()) {
      assert.ok(filled <= wanted && filled >= 0);
      const own = book.executions().filter((it) => it.order.permId === permId);
      const whole = contract.kind === "single" ? own : own.filter((it) => !it.instrument);
      assert.equal(whole.reduce((sum, it) => sum + it.quantity, 0), filled);
    }
  });
});

Deno.test("a fill is never worse than the limit", () => {
  always((_bench, _all, now) => {
    for (const { order: { request: asked }, price, instrument: leg } of executions(now)) {
      if (asked.limitPrice === undefined || (asked.contract.kind === "combination" && leg)) {
        continue;
      }
      assert.ok(asked.action === "BUY" ? price <= asked.limitPrice : price >= asked.limitPrice);
    }
  });
});

Deno.test("no more is had of a quote than it shows", () => {
  fc.assert(
    fc.property(quote, fc.array(order, { maxLength: 20 }), (shown, placed) => {
      const bench = bookBench();
      for (const it of INSTRUMENTS) bench.quote(it, shown);
      const fills = placed.flatMap((it) => executions(bench.book.place(it)))
        .filter((it) => it.instrument);
      for (const it of INSTRUMENTS) {
        for (const [side, size] of [["BUY", shown.askSize], ["SELL", shown.bidSize]] as const) {
          const had = fills.filter((fill) => fill.instrument === it && fill.action === side)
            .reduce((sum, fill) => sum + fill.quantity, 0);
          assert.ok(had <= size, `${had} of ${size}`);
        }
      }
    }),
    { numRuns: RUNS },
  );
});

Deno.test("cash changes by what was traded and its commissions, and by nothing else", () => {
  always(({ book }) => {
    let cash = 1_000_000;
    for (
      const { instrument: leg, action: side, quantity: units, price, commission } of book
        .executions()
    ) {
      if (!leg || !commission) continue;
      const value = units * price * (leg.option?.multiplier ?? 1);
      cash += (side === "BUY" ? -value : value) - commission.amount;
    }
    assert.ok(Math.abs(book.figures(ACCOUNT).cash - cash) < 0.01);
  });
});

Deno.test("nothing is heard of an order that is over, and its permanent ID never changes", () => {
  const over = ["Filled", "Cancelled"];
  always((_bench, all) => {
    const told = Map.groupBy(orders(all), (it) => `${it.request.clientId}/${it.request.orderId}`);
    for (const states of told.values()) {
      const end = states.findIndex((it) => over.includes(it.status));
      assert.ok(end < 0 || end === states.length - 1, JSON.stringify(states));
      assert.equal(new Set(states.map((it) => it.permId)).size, 1);
    }
    const permIds = [...told.values()].map(([first]) => first?.permId);
    assert.equal(new Set(permIds).size, permIds.length);
  });
});

Deno.test("a what-if order changes nothing", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 15 }), order, (steps, asked) => {
      const bench = bookBench();
      for (const one of steps) one(bench);
      const look = (): unknown => [
        bench.book.open(),
        bench.book.completed(),
        bench.book.executions().length,
        bench.book.figures(ACCOUNT),
        bench.book.holdings(ACCOUNT),
      ];
      const before = look();
      bench.book.place({ ...asked, whatIf: true });
      assert.deepEqual(look(), before);
    }),
    { numRuns: RUNS },
  );
});
