/** The day's course and volatility by day, as the database has them. */
import { strict as assert } from "node:assert";
import { conditionsByDay, spotsOf } from "../../db/day_facts.ts";
import { historyAround } from "../../db/positions.ts";
import { bodyOf, EA, mustPost, withServer } from "./harness.ts";

const DAY_MS = 86_400_000;
/** A Friday, 10:00 in New York. */
const FRIDAY_MS = Date.parse("2026-11-20T15:00:00Z");

Deno.test("a day's volatility is its last, days without one are left out, and the course has the last of each step", async () => {
  await withServer(async ({ server, key, sql }) => {
    const moments = [
      [FRIDAY_MS, 0.3, 200],
      [FRIDAY_MS + 1_800_000, 0.32, 201],
      [FRIDAY_MS + DAY_MS, null, 202],
      // After midnight in UTC, and still Monday in New York.
      [FRIDAY_MS + 3 * DAY_MS + 12 * 3_600_000, 0.2, 203],
    ] as const;
    for (const _ of moments) await mustPost(server, key, bodyOf());
    for (const [at, [ms, atmIv, spot]] of moments.entries()) {
      await sql`
        UPDATE batches
        SET
          as_of = ${new Date(ms).toISOString()}::timestamptz,
          received_at = ${new Date(ms).toISOString()}::timestamptz,
          atm_iv = ${atmIv === null ? null : Math.round(atmIv * 1e6)}::integer,
          spot = ${spot}
        WHERE seq = ${at + 1}`;
    }
    const period = { fromMs: FRIDAY_MS - DAY_MS, toMs: FRIDAY_MS + 9 * DAY_MS };
    assert.deepEqual(
      (await conditionsByDay(sql, EA, period)).map(({ day, atmIv }) => [day, atmIv]),
      [["2026-11-20", 0.32], ["2026-11-23", 0.2]],
    );
    const course = await spotsOf(sql, EA, { ...period, stepMs: 2 * 3_600_000 });
    assert.deepEqual(course.map(({ spot }) => spot), [201, 202, 203]);
    const around = await historyAround(sql, EA, 2);
    assert.deepEqual(around, {
      firstMs: FRIDAY_MS,
      lastMs: moments[3][0],
      earlierMs: FRIDAY_MS,
      laterMs: FRIDAY_MS + DAY_MS,
    });
  });
});
