import { strict as assert } from "node:assert";
import { type ManualClock, manualClock } from "../../base/clock.ts";
import type { Quote } from "../../options/quote.ts";
import { quoteOf } from "../../options/testing.ts";
import { silentLog } from "../../telemetry/log.ts";
import { createLines } from "../gateway/lines.ts";
import { at, EA, error, listing, listings, price, WHOLE } from "../test/fake_chain.ts";
import {
  type FakeConnection,
  fakeConnection,
  runClock,
  type Script,
  UNDERLYING_ID,
} from "../test/fake_connection.ts";
import { allExpiries } from "./expiries.ts";
import { type KnownChain, unknownChain } from "./known_chain.ts";
import { type ChainRead, readChain, type ReadOptions } from "./read.ts";
import { tradingDay } from "./trading_day.ts";

const NOW_MS = Date.UTC(2026, 6, 15, 15);

/** The underlying trades at 106; each option brings all that is asked for, and what it is asked for. */
const MARKET: Script = (conId) => at(10, conId === UNDERLYING_ID ? [price(4, 106.2)] : WHOLE);

interface Reading {
  readonly clock: ManualClock;
  readonly connection: FakeConnection;
  readonly known: KnownChain;
  read(more?: Partial<ReadOptions>): Promise<ChainRead>;
}

function gatewayWith(count: number, script: Script = MARKET, nowMs = NOW_MS): Reading {
  const clock = manualClock(nowMs);
  const connection = fakeConnection(clock, script, 0, listings(count));
  const known = unknownChain(tradingDay(nowMs));
  const budget = createLines(20, clock);
  return {
    clock,
    connection,
    known,
    async read(more = {}) {
      const lines = budget.forRead(0);
      const outcome = await runClock(
        clock,
        readChain(connection, {
          ticker: EA,
          readId: "r-1",
          choose: allExpiries,
          clock,
          lines,
          known,
          log: silentLog,
          ...more,
        }),
      );
      if (outcome.kind !== "read") throw new Error(outcome.message);
      assert.equal(budget.used, 0, "every line is given back");
      return outcome.read;
    },
  };
}

Deno.test("readChain() reads near the money first", async () => {
  const { connection, read } = gatewayWith(9);
  await read();
  assert.deepEqual(connection.order, [UNDERLYING_ID, 6, 7, 5, 8, 4, 9, 3, 2, 1]);
});

Deno.test("readChain() with what it learned before asks for no details, parameters or open interest", async () => {
  const { connection, read } = gatewayWith(9);
  const first = await read();
  assert.equal(connection.lookups, 3);
  assert.ok(first.quotes.every((quote) => quote.openInterest === 5));
  const second = await read();
  assert.equal(connection.lookups, 3);
  assert.equal(connection.generics.get(4), "");
  assert.deepEqual(
    second.quotes.map(({ occ, openInterest }) => [occ, openInterest]),
    first.quotes.map(({ occ, openInterest }) => [occ, openInterest]),
  );
});

Deno.test("readChain() asks no more for what left the chain since it was listed", async () => {
  // Half an hour before the contracts expire, at 16:00 New York.
  const { clock, connection, read } = gatewayWith(3, MARKET, Date.UTC(2026, 8, 18, 19, 30));
  assert.equal((await read()).quotes.length, 3);
  clock.advance(1_800_000);
  await assert.rejects(read(), /lists no options/);
  assert.equal(connection.lookups, 3);
});

Deno.test("readChain() asks the denied no more that day, and reports them", async () => {
  const denying: Script = (conId, ...rest) =>
    conId === 2 ? at(10, [error(200)]) : MARKET(conId, ...rest);
  const { connection, read } = gatewayWith(9, denying);
  await read();
  assert.equal(connection.asked.get(2), 2);
  const { missing, quotes } = await read();
  assert.equal(connection.asked.get(2), 2);
  assert.deepEqual(missing, [{ contract: listing(2).contract.occ, reason: "IB 200: no" }]);
  assert.equal(quotes.length, 8);
});

Deno.test("readChain() believes no gateway that denies most of what was listed: it asks all anew", async () => {
  const denying: Script = (conId, ...rest) =>
    conId < 7 ? at(10, [error(200)]) : MARKET(conId, ...rest);
  const { connection, known, read } = gatewayWith(9, denying);
  assert.equal((await read()).missing.length, 6);
  assert.deepEqual([known.denied.size, known.parts, known.underlying], [0, undefined, undefined]);
  await read();
  assert.equal(connection.lookups, 6);
});

Deno.test("readChain() takes what a stream keeps from the stream, as it is at the end", async () => {
  const { connection, read, clock } = gatewayWith(4);
  const { occ } = listing(3).contract;
  const streamed = (asked: string): Quote | undefined =>
    asked === occ ? quoteOf(occ, { bid: clock.monotonicMs() }) : undefined;
  const { quotes } = await read({ streamed });
  assert.equal(connection.asked.get(3), undefined);
  assert.equal(quotes.length, 4);
  const quote = quotes.find((each) => each.occ === occ);
  assert.ok((quote?.bid ?? 0) >= clock.monotonicMs() - 100);
});

Deno.test("readChain() lists a part anew that the gateway did not list, and no other", async () => {
  const { connection, known, read } = gatewayWith(4);
  await read();
  known.parts = known.parts?.map((part) => ({ ...part, listings: null }));
  await read();
  assert.equal(connection.lookups, 4);
  assert.equal(known.parts?.[0]?.listings?.length, 4);
});
