import { strict as assert } from "node:assert";
import { type BatchNotice, listenBatches, notifyBatches } from "./notify.ts";
import { EA, ticker } from "./test/fixtures.ts";
import { withTestDatabase } from "./testing.ts";

Deno.test("listenBatches() hears what notifyBatches() tells, however many tickers", async () => {
  await withTestDatabase(async (sql) => {
    const sent: BatchNotice[] = Array.from({ length: 450 }, (_, i) => ({
      ticker: ticker(`T${i}`),
      seq: 1_000_000_000 + i,
    }));
    const heard: BatchNotice[] = [];
    const all = Promise.withResolvers<void>();
    const listening = Promise.withResolvers<void>();
    const listener = await listenBatches(sql, (reached) => {
      heard.push(...reached);
      if (heard.length === sent.length) all.resolve();
    }, listening.resolve);
    await listening.promise;
    await notifyBatches(sql, sent);
    await all.promise;
    assert.deepEqual(heard, sent);
    await listener.stop();
  });
});

Deno.test("listenBatches() takes a message of another form as a sign that something came", async () => {
  await withTestDatabase(async (sql) => {
    const heard: (readonly BatchNotice[])[] = [];
    const both = Promise.withResolvers<void>();
    const listener = await listenBatches(sql, (reached) => {
      if (heard.push(reached) === 3) both.resolve();
    }, () => {});
    await sql`SELECT pg_notify('lastmark_batches', 'not JSON')`;
    await sql`SELECT pg_notify('lastmark_batches', '{"v":2}')`;
    await notifyBatches(sql, [{ ticker: EA, seq: 7 }]);
    await both.promise;
    assert.deepEqual(heard, [[], [], [{ ticker: EA, seq: 7 }]]);
    await listener.stop();
  });
});
