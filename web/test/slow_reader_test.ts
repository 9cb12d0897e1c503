import { strict as assert } from "node:assert";
import { bodyOf, contractOf, mustPost, withServer } from "./harness.ts";
import { LiveClient } from "./live_client.ts";
import { SlowReader } from "./slow_reader.ts";

const CONTRACTS = 1_000;
const POSTS = 60;

function bigChain(bid: number) {
  const contracts = Array.from(
    { length: CONTRACTS },
    (_, i) => contractOf({ strike: 100 + i, bid, ask: 1_000 }),
  );
  return bodyOf({ contracts, mode: "update" });
}

Deno.test("a slow reader is told the newest when it reads again, not all it missed", async () => {
  await withServer(async ({ server, key }) => {
    await mustPost(server, key, bigChain(0.5));
    const slow = await SlowReader.open(server.port, { type: "subscribe", ticker: "EA" });
    const quick = await LiveClient.open(server);
    quick.say({ type: "subscribe", ticker: "EA" });
    await quick.reaches(1);
    let deltaBytes = 0;
    for (let i = 1; i <= POSTS; i++) {
      await mustPost(server, key, bigChain(i));
      await quick.reaches(i + 1);
      deltaBytes += JSON.stringify(quick.messages.at(-1)).length;
      quick.messages.length = 0;
    }
    // Far more than the system's buffers of one connection hold.
    assert.ok(deltaBytes > 30e6, `${deltaBytes} bytes`);

    const rows = new Map<string, unknown>();
    let messages = 0;
    for (let seq = 0; seq < POSTS + 1;) {
      const message = await slow.next();
      if (message.type !== "chain" && message.type !== "delta") continue;
      messages++;
      const isWhole = message.type === "chain";
      if (!isWhole) assert.ok(message.fromSeq <= seq, "a gap");
      const told = isWhole ? message.chain : message;
      for (const row of told.contracts) rows.set(row.symbol, row);
      seq = told.seq;
    }
    assert.ok(messages < POSTS / 2, `${messages} messages of ${POSTS}`);
    assert.deepEqual([...rows].sort(([a], [b]) => String(a) < String(b) ? -1 : 1), quick.chain());
    slow.close();
    await quick.close();
  });
});
