import { strict as assert } from "node:assert";
import { SecType } from "@stoqey/ib";
import { manualClock } from "../../base/clock.ts";
import { createLines } from "../gateway/lines.ts";
import { fakeConnection, runClock, type Script } from "../test/fake_connection.ts";
import { spotOf, watchUnderlying } from "./spot.ts";

const UNDERLYING = { contract: { conId: 7 }, conId: 7, secType: SecType.STK };

/** No subscription to live data; delayed data has a last price. */
const DELAYED_ONLY: Script = (_conId, _attempt, marketData) =>
  marketData === "live"
    ? [{ atMs: 100, event: { type: "error", code: 354, message: "Not subscribed" } }]
    : [{ atMs: 100, event: { type: "price", tick: 68, value: 206.41 } }];

Deno.test("spotOf() takes the last, else the middle of bid and ask, else the close, else nothing", () => {
  assert.equal(spotOf({ last: 12, bid: 10, ask: 11, close: 9 }), 12);
  assert.equal(spotOf({ bid: 10, ask: 11, close: 9 }), 10.5);
  assert.equal(spotOf({ bid: 10, close: 9 }), 9);
  assert.equal(spotOf({ bid: 10 }), null);
});

Deno.test("an underlying without live data is asked for delayed data", async () => {
  const clock = manualClock();
  const connection = fakeConnection(clock, DELAYED_ONLY);
  const lines = createLines(2, clock).forRead(0);
  const watch = await runClock(clock, watchUnderlying(connection, clock, lines, UNDERLYING));
  await runClock(clock, watch.firstPrice());
  assert.equal(watch.spot(), 206.41);
  await runClock(clock, watch.end());
  assert.equal(connection.subscribed.size, 0);
  assert.equal(lines.used, 0);
});

Deno.test("an end while the underlying is asked for anew leaves no subscription behind", async () => {
  const clock = manualClock();
  const connection = fakeConnection(clock, DELAYED_ONLY, 20);
  const lines = createLines(2, clock).forRead(0);
  const watch = await runClock(clock, watchUnderlying(connection, clock, lines, UNDERLYING));
  clock.advance(100); // the refusal; what is asked for next has to wait for its turn
  await Promise.all([connection.send(() => {}), watch.end()]);
  await runClock(clock, connection.send(() => {}));
  await runClock(clock, connection.send(() => {}));
  assert.equal(connection.order.length, 2, "it was asked for anew");
  assert.equal(connection.subscribed.size, 0);
  assert.equal(connection.strayCancels, 0);
  assert.equal(clock.pending, 0);
});
