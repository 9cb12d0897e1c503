import { strict as assert } from "node:assert";
import { migrate, migrationNames, pendingMigrations } from "./migrate.ts";
import { withEmptyDatabase } from "./testing.ts";

Deno.test("migrate() brings an empty database to this version, once", async () => {
  await withEmptyDatabase(async (sql, url) => {
    assert.deepEqual(await pendingMigrations(sql), await migrationNames());
    assert.deepEqual(await migrate(url), await migrationNames());
    assert.deepEqual(await pendingMigrations(sql), []);
    assert.deepEqual(await migrate(url), []);
  });
});
