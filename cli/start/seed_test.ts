import { strict as assert } from "node:assert";
import { systemClock } from "../../base/clock.ts";
import type { Sql } from "../../db/connect.ts";
import { setClockOffset } from "../../db/installation.ts";
import { withTestDatabase } from "../../db/testing.ts";
import { addWatch } from "../../db/watches.ts";
import { parseTicker } from "../../options/contract.ts";
import { Failure } from "../failure.ts";
import { settleClock } from "./seed.ts";

const clock = systemClock();
const A_MONTH_AGO_MS = -30 * 86_400_000;

async function storePrice(sql: Sql): Promise<void> {
  await addWatch(sql, parseTicker("EA") ?? assert.fail(), null);
  await sql`UPDATE tickers SET last_write_at = domain_now()`;
}

Deno.test("settleClock() keeps made-up and recorded prices apart once any are stored", async () => {
  await withTestDatabase(async (sql) => {
    assert.equal(await settleClock(sql, clock, undefined), 0);
    await storePrice(sql);
    assert.equal(await settleClock(sql, clock, undefined), 0);
    await assert.rejects(settleClock(sql, clock, "chains"), (error) => {
      return error instanceof Failure &&
        /^--replay needs a data folder of its own/.test(error.message);
    });
  });
  await withTestDatabase(async (sql) => {
    await setClockOffset(sql, A_MONTH_AGO_MS);
    await storePrice(sql);
    assert.equal(await settleClock(sql, clock, "chains"), A_MONTH_AGO_MS);
    await assert.rejects(settleClock(sql, clock, undefined), (error) => {
      return error instanceof Failure &&
        /is a replay's.*give its --replay again/.test(error.message);
    });
  });
});
