/**
 * The partitions of `batches`: one a week, Monday to Monday in UTC, by the time of receipt. What
 * fits none is kept in the default partition, so that a missing one loses nothing.
 */
import { z } from "zod";
import { type Sql, sqlState } from "./connect.ts";

/** Partitions made ahead: a server that is not restarted for so long keeps to the default one. */
const WEEKS_AHEAD = 8;

/** SQLSTATE "check_violation": the default partition holds rows of that week already. */
const CHECK_VIOLATION = "23514";

const week = z.object({ name: z.string(), from: z.string(), to: z.string() });

/**
 * Makes the partitions of this week and of those to come, and returns the names of the new ones.
 * Safe to call at any time by any number of programs. A week of which rows are in the default
 * partition keeps to that.
 */
export async function ensurePartitions(sql: Sql, weeksAhead = WEEKS_AHEAD): Promise<string[]> {
  const rows = await sql`
    SELECT
      'batches_' || to_char(monday, 'IYYY"w"IW') AS name,
      monday::text AS from,
      (monday + interval '1 week')::text AS to
    FROM generate_series(0, ${weeksAhead}::integer) AS n
    CROSS JOIN LATERAL (
      SELECT date_trunc('week', domain_now() AT TIME ZONE 'UTC') + n * interval '1 week' AS monday
    ) AS m
    WHERE to_regclass('batches_' || to_char(monday, 'IYYY"w"IW')) IS NULL
    ORDER BY monday`;
  const made: string[] = [];
  for (const { name, from, to } of rows.map((row) => week.parse(row))) {
    try {
      // The bounds are constants of the statement, which takes no parameters; both are UTC.
      await sql.unsafe(
        `CREATE TABLE IF NOT EXISTS ${name} PARTITION OF batches ` +
          `FOR VALUES FROM ('${from}+00') TO ('${to}+00')`,
      );
      made.push(name);
    } catch (error) {
      if (sqlState(error) !== CHECK_VIOLATION && !isTakenMeanwhile(error)) throw error;
    }
  }
  return made;
}

/** Another program made it at the same moment: "duplicate_table", "unique_violation", "invalid_object_definition" (overlap). */
function isTakenMeanwhile(error: unknown): boolean {
  return ["42P07", "23505", "42P17"].includes(sqlState(error) ?? "");
}
