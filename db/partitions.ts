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

/** Whether `batches` is a hypertable of TimescaleDB, which makes its partitions itself. */
export async function isHypertable(sql: Sql): Promise<boolean> {
  const [view] = await sql`
    SELECT to_regclass('timescaledb_information.hypertables') IS NOT NULL AS there`;
  if (view?.["there"] !== true) return false;
  const found = await sql`
    SELECT FROM timescaledb_information.hypertables
    WHERE hypertable_schema = current_schema AND hypertable_name = 'batches'`;
  return found.length > 0;
}

/** A partition of `batches`; one without a bound has `null`. */
export interface Partition {
  readonly name: string;
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

const found = z.object({
  name: z.string(),
  fromMs: z.number().nullable(),
  toMs: z.number().nullable(),
});

/** The partitions of `batches` by time, the default one last. */
export async function partitionsOf(sql: Sql): Promise<Partition[]> {
  const rows = await isHypertable(sql)
    ? await sql`
      SELECT
        quote_ident(chunk_schema) || '.' || quote_ident(chunk_name) AS name,
        (extract(epoch FROM range_start) * 1000)::double precision AS "fromMs",
        (extract(epoch FROM range_end) * 1000)::double precision AS "toMs"
      FROM timescaledb_information.chunks
      WHERE hypertable_schema = current_schema AND hypertable_name = 'batches'
      ORDER BY range_start`
    : await sql`
      SELECT
        c.relname AS name,
        (extract(epoch FROM bounds[1]::timestamptz) * 1000)::double precision AS "fromMs",
        (extract(epoch FROM bounds[2]::timestamptz) * 1000)::double precision AS "toMs"
      FROM pg_inherits AS i
      JOIN pg_class AS c ON c.oid = i.inhrelid
      LEFT JOIN LATERAL regexp_match(
        pg_get_expr(c.relpartbound, c.oid), $$FROM \\('([^']+)'\\) TO \\('([^']+)'\\)$$
      ) AS bounds ON true
      WHERE i.inhparent = 'batches'::regclass
      ORDER BY 2 NULLS LAST`;
  return rows.map((row) => found.parse(row));
}

const week = z.object({ name: z.string(), from: z.string(), to: z.string() });

/**
 * Makes the partitions of this week and of those to come, and returns the names of the new ones.
 * Safe to call at any time by any number of programs. A week of which rows are in the default
 * partition keeps to that.
 */
export async function ensurePartitions(sql: Sql, weeksAhead = WEEKS_AHEAD): Promise<string[]> {
  if (await isHypertable(sql)) return [];
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
