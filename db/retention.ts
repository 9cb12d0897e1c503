/** Which history goes, and how: whole partitions of `batches`, and what only they needed. */
import { z } from "zod";
import { type Sql, sqlState } from "./connect.ts";
import { isHypertable, type Partition, partitionsOf } from "./partitions.ts";

/** SQLSTATE "lock_not_available". */
const LOCK_NOT_AVAILABLE = "55P03";

/** What {@link dropHistory} did. */
export interface Dropped {
  /** Partitions that are gone. */
  readonly partitions: readonly string[];
  /** Partitions that are past their time and stay for now: a chain could not be folded without, or it is being read. */
  readonly kept: readonly string[];
}

/**
 * Drops the partitions of which all was received before a time. One stays as long as a ticker has
 * no checkpoint that covers its batches: the last-known chain would lose what only they say.
 */
export async function dropHistory(sql: Sql, beforeMs: number): Promise<Dropped> {
  const past = (await partitionsOf(sql)).filter(({ toMs }) => toMs !== null && toMs <= beforeMs);
  const partitions: string[] = [];
  const kept: string[] = [];
  for (const partition of past) {
    if (await isCovered(sql, partition) && await drop(sql, partition)) {
      partitions.push(partition.name);
      continue;
    }
    // What is newer is needed as well, to fold what this one has.
    kept.push(...past.slice(partitions.length).map(({ name }) => name));
    break;
  }
  if (partitions.length > 0) await dropOrphans(sql);
  return { partitions, kept };
}

/** Whether each ticker with batches in a partition has a checkpoint at or after the last of them. */
async function isCovered(sql: Sql, { name }: Partition): Promise<boolean> {
  const [row] = await sql`
    SELECT count(*)::integer AS open
    FROM (SELECT ticker_id, max(seq) AS seq FROM ${sql(name)} GROUP BY ticker_id) AS newest
    WHERE NOT EXISTS (
      SELECT
      FROM checkpoints AS c
      WHERE c.ticker_id = newest.ticker_id
        AND c.seq >= newest.seq
        AND c.state IS NOT NULL
        -- A late batch that the checkpoint is older than makes it useless.
        AND NOT EXISTS (
          SELECT
          FROM batches AS late
          WHERE late.ticker_id = c.ticker_id
            AND late.late
            AND late.seq > c.seq
            AND (late.as_of, late.seq) < (c.as_of, c.as_of_seq)
        )
    )`;
  return z.object({ open: z.number() }).parse(row).open === 0;
}

/** Drops a partition, unless somebody reads batches all the while. */
async function drop(sql: Sql, { name, toMs }: Partition): Promise<boolean> {
  if (await isHypertable(sql)) {
    const before = new Date(toMs ?? 0).toISOString();
    await sql`SELECT drop_chunks('batches', older_than => ${before}::text::timestamptz)`;
    return true;
  }
  try {
    await sql.begin(async (transaction) => {
      // It waits for who reads batches, and who comes after waits for it.
      await transaction`SET LOCAL lock_timeout = '2s'`;
      await transaction`DROP TABLE IF EXISTS ${transaction(name)}`;
    });
    return true;
  } catch (error) {
    if (sqlState(error) === LOCK_NOT_AVAILABLE) return false;
    throw error;
  }
}

/** Slabs and contract sets that no batch has any more. */
async function dropOrphans(sql: Sql): Promise<void> {
  await sql`
    DELETE FROM slabs
    WHERE NOT EXISTS (SELECT FROM batches AS b WHERE b.day_id = slabs.day_id)`;
  // A set that a batch takes meanwhile stays, or the batch is refused and sent with the set.
  await sql`
    DELETE FROM contract_sets AS s
    WHERE NOT EXISTS (SELECT FROM batches AS b WHERE b.contract_set = s.hash)`;
}
