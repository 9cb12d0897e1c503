/**
 * The maintenance of the database: partitions made ahead, history past its time dropped, market
 * conditions worked out that an import or an older version left open, older days rewritten. Any program may call it at any time; one at a time does it.
 */
import { z } from "zod";
import { backfillConditions } from "./conditions.ts";
import type { Sql } from "./connect.ts";
import { ensurePartitions, partitionsOf } from "./partitions.ts";
import { dropHistory, type Dropped } from "./retention.ts";
import { rewriteDays } from "./rewrite.ts";
import { upkeep } from "./upkeep.ts";

const DAY_MS = 86_400_000;

/** After how many days a batch is rewritten: late ones of the same day have come by then. */
export const REWRITE_AFTER_DAYS = 2;

/** The name of the lock that the one that maintains holds. */
const LOCK = "lastmark maintenance";

/** How long history is kept and when it is rewritten, in days of the installation's time. */
export interface MaintenanceOptions {
  /** `null` keeps all of it. */
  readonly retentionDays: number | null;
  readonly rewriteAfterDays?: number;
}

/** What was done; `null` where another program is at it. */
export interface Maintained extends Dropped {
  readonly made: readonly string[];
  /** Batches rewritten. */
  readonly rewritten: number;
}

/** Does what is to be done, unless another program does it now. */
export async function maintain(sql: Sql, options: MaintenanceOptions): Promise<Maintained | null> {
  // The lock is the transaction's, which does nothing else: it ends with the program, however that ends.
  return await sql.begin(async (transaction) => {
    const [lock] = await transaction`SELECT pg_try_advisory_xact_lock(hashtext(${LOCK})) AS taken`;
    return lock?.["taken"] === true ? await maintainAlone(sql, options) : null;
  });
}

async function maintainAlone(
  sql: Sql,
  { retentionDays, rewriteAfterDays = REWRITE_AFTER_DAYS }: MaintenanceOptions,
): Promise<Maintained> {
  const [time] = await sql`
    SELECT (extract(epoch FROM domain_now()) * 1000)::double precision AS "nowMs"`;
  const { nowMs } = z.object({ nowMs: z.number() }).parse(time);
  const made = await ensurePartitions(sql);
  await upkeep(sql);
  const dropped = retentionDays === null
    ? { partitions: [], kept: [] }
    : await dropHistory(sql, nowMs - retentionDays * DAY_MS);
  await backfillConditions(sql);
  const rewritten = await rewriteDays(sql, nowMs - rewriteAfterDays * DAY_MS);
  await giveBackSpace(sql);
  return { made, ...dropped, rewritten };
}

/**
 * Gives the space of the blocks back that were taken away. A partition in which none is left is
 * written anew, once, which locks it for as long as its rows without quotes take: about a second for
 * a week of 500 tickers; while somebody reads it, that waits for another day. In one that still gets
 * batches, these use the space again.
 */
async function giveBackSpace(sql: Sql): Promise<void> {
  for (const { name } of await partitionsOf(sql)) {
    const [row] = await sql`
      SELECT
        bool_or(packed OR block IS NULL) AS rewritten,
        NOT bool_and(packed OR block IS NULL) AS blocks,
        -- A third more than what is left needs: pages and rows of their own.
        (
          SELECT pg_relation_size(reltoastrelid)
          FROM pg_class
          WHERE oid = ${name}::text::regclass
        ) > 1.3 * coalesce(sum(pg_column_size(block)), 0) AS "hasSpace"
      FROM ${sql(name)}`;
    if (row?.["rewritten"] !== true || row["hasSpace"] !== true) continue;
    if (row["blocks"] === true) await sql`VACUUM ${sql(name)}`;
    else await sql`VACUUM (FULL, ANALYZE, SKIP_LOCKED) ${sql(name)}`;
  }
}

/** A partition as `db status` shows it. */
export interface PartitionState {
  readonly name: string;
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly batches: number;
  /** Of them with their quotes in slabs. */
  readonly rewritten: number;
  /** Table, indexes and what lies apart. */
  readonly bytes: number;
}

const state = z.object({ batches: z.number(), rewritten: z.number(), bytes: z.number() });

/** The partitions of `batches` in the order of their time, with what is in them. */
export async function partitionStates(sql: Sql): Promise<PartitionState[]> {
  const states: PartitionState[] = [];
  for (const partition of await partitionsOf(sql)) {
    const [row] = await sql`
      SELECT
        count(*)::integer AS batches,
        count(*) FILTER (WHERE packed OR day_id IS NOT NULL)::integer AS rewritten,
        pg_total_relation_size(${partition.name}::text::regclass)::double precision AS bytes
      FROM ${sql(partition.name)}`;
    states.push({ ...partition, ...state.parse(row) });
  }
  return states;
}
