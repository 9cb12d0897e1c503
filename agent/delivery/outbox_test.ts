import { strict as assert } from "node:assert";
import { setImmediate } from "node:timers";
import { manualClock } from "../../base/clock.ts";
import { parseTicker } from "../../options/contract.ts";
import { quoteOf } from "../../options/testing.ts";
import { silentLog } from "../../telemetry/log.ts";
import { startServer } from "../test/server.ts";
import { createOutbox } from "./outbox.ts";
import { openSpool } from "./spool.ts";

const EA = parseTicker("EA") ?? assert.fail();
const QUOTE = quoteOf("EA260918C00210000", { bid: 3.1, ask: 3.3 });

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

Deno.test("no update of a ticker is sent while an older snapshot of it waits", async () => {
  await using server = startServer();
  const folder = await Deno.makeTempDir({ prefix: "lastmark-outbox-" });
  const clock = manualClock();
  const spool = openSpool({ folder, clock, log: silentLog });
  try {
    let spooled = 0;
    const outbox = createOutbox({
      server: { url: server.url, key: "k", clock },
      agentId: "deals",
      spool,
      clock,
      log: silentLog,
      onSpooled: () => spooled++,
      onConflict: () => {},
    });
    const content = { ticker: EA, readAtMs: 0, spot: 206, quotes: [QUOTE], missing: [] };
    outbox.snapshot({ ...content, readId: "r-1" });
    assert.equal(spooled, 1);
    const stream = outbox.streamUpdates(EA, () => "r-2");
    const early = outbox.earlyUpdates(EA, "r-3", () => {});
    stream.add([QUOTE], 207);
    early.add(QUOTE, 208);
    clock.advance(10_000);
    await turns();
    assert.equal(server.posted.length, 0);
    for (const waiting of spool.waiting()) spool.remove(waiting.id);
    stream.add([], 209);
    await server.received(({ body }) => body.spotPrice === 209);
    clock.advance(10_000);
    await server.received(({ body }) => body.spotPrice === 208);
    await early.end();
    assert.deepEqual(server.posted.map(({ body }) => body.spotPrice), [209, 208]);
  } finally {
    spool.close();
    await Deno.remove(folder, { recursive: true });
  }
});
