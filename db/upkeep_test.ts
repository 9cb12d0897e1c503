import { ingestBatch } from "./ingest.ts";
import { expectKind, follow } from "./test/fixtures.ts";
import { withTestDatabase } from "./testing.ts";
import { upkeep } from "./upkeep.ts";

Deno.test("upkeep() forgets an idempotency key after 30 days, and not before", async () => {
  await withTestDatabase(async (sql) => {
    const { request } = await follow(sql);
    const keyed = request({ idempotencyKey: "k" });
    expectKind(await ingestBatch(sql, keyed), "stored");
    await sql`UPDATE idempotency SET created_at = now() - interval '29 days 23 hours'`;
    await upkeep(sql);
    expectKind(await ingestBatch(sql, keyed), "repeated");
    await sql`UPDATE idempotency SET created_at = now() - interval '30 days 1 hour'`;
    await upkeep(sql);
    expectKind(await ingestBatch(sql, keyed), "stored");
  });
});
