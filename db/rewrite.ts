/**
 * Writes older days contract after contract (db/slab.ts): a contract's history is then read without
 * the rest of its chains, and a day takes a third of the space. Batches of a day with few are packed
 * instead (db/packed.ts), each by itself.
 *
 * Each group of batches is one transaction that writes them, reads them back and takes the blocks
 * away: whenever it ends, all of it happened or nothing.
 */
import { Buffer } from "node:buffer";
import type postgres from "postgres";
import { z } from "zod";
import type { OccSymbol } from "../options/contract.ts";
import type { QuoteColumns } from "../options/columns.ts";
import { decodeBlock, encodeBlock, wholeColumns } from "./block.ts";
import type { Sql } from "./connect.ts";
import { encodePacked } from "./packed.ts";
import { namesOf, stepsOf } from "./set_names.ts";
import { encodeSlab, readDay, type Slab } from "./slab.ts";

/** Snapshots of a day at most: a ticker may have been imported in an hour. */
const MOST_SNAPSHOTS = 128;

/** Batches of a day with fewer are packed, each by itself: widths of their own cost more than they save. */
const FEWEST_TOGETHER = 12;

/** Quotes of a slab, about: 50 kB, of which a reader of one contract needs a few hundred bytes. */
const SLAB_QUOTES = 8_192;

const group = z.object({ tickerId: z.number(), day: z.string(), set: z.instanceof(Uint8Array) });

const member = z.object({
  seq: z.string(),
  receivedAt: z.string(),
  block: z.instanceof(Uint8Array),
});

/**
 * Rewrites what was received before a time, by New York's days of `as_of`, and returns how many
 * batches that were. To be run by one program at a time (`db/maintain.ts`).
 */
export async function rewriteDays(sql: Sql, beforeMs: number): Promise<number> {
  const before = new Date(beforeMs).toISOString();
  const groups = await sql`
    SELECT DISTINCT
      ticker_id AS "tickerId",
      (as_of AT TIME ZONE 'America/New_York')::date::text AS day,
      contract_set AS set
    FROM batches
    WHERE received_at < ${before}::text::timestamptz AND block IS NOT NULL AND NOT packed
    ORDER BY 1, 2`;
  let rewritten = 0;
  for (const found of groups) {
    const { tickerId, day, set } = group.parse(found);
    for (let done = Infinity; done > 0;) {
      done = await rewriteSome(sql, { tickerId, day, set, before });
      rewritten += done;
    }
  }
  return rewritten;
}

/** Rewrites up to {@link MOST_SNAPSHOTS} batches of a day that list the same; 0 where none is left. */
async function rewriteSome(
  sql: Sql,
  { tickerId, day, set, before }: z.infer<typeof group> & { readonly before: string },
): Promise<number> {
  return await sql.begin(async (transaction) => {
    const rows = await transaction`
      SELECT
        b.seq::text,
        b.received_at::text AS "receivedAt",
        b.block
      FROM batches AS b
      WHERE b.ticker_id = ${tickerId}
        AND b.as_of >= ${day}::text::timestamp AT TIME ZONE 'America/New_York'
        AND b.as_of < (${day}::text::timestamp + interval '1 day') AT TIME ZONE 'America/New_York'
        AND b.contract_set = ${set}
        AND b.received_at < ${before}::text::timestamptz
        AND b.block IS NOT NULL
        AND NOT b.packed
      ORDER BY b.as_of, b.seq
      LIMIT ${MOST_SNAPSHOTS}
      FOR UPDATE`;
    const members = rows.map((row) => member.parse(row));
    if (members.length === 0) return 0;
    const occ = await packSet(transaction, set);
    const alike = { tickerId, occ, members };
    if (members.length < FEWEST_TOGETHER) await packDay(transaction, alike);
    else await writeDay(transaction, alike);
    return members.length;
  });
}

/** Packs a contract set, unless it is, and returns it. */
async function packSet(sql: postgres.TransactionSql, set: Uint8Array): Promise<OccSymbol[]> {
  const [row] = await sql`
    SELECT coalesce(strikes, array_to_string(occ, ',')) AS text FROM contract_sets WHERE hash = ${set}`;
  const { text } = z.object({ text: z.string() }).parse(row);
  const occ = namesOf(text);
  const strikes = stepsOf(occ);
  if (namesOf(strikes).join() !== occ.join()) throw new Error("a contract set cannot be packed");
  if (strikes !== text) {
    await sql`UPDATE contract_sets SET occ = NULL, strikes = ${strikes} WHERE hash = ${set}`;
  }
  return occ;
}

/** Batches of a day that list the same. */
interface Day {
  readonly tickerId: number;
  readonly occ: readonly OccSymbol[];
  readonly members: readonly z.infer<typeof member>[];
}

/** Packs each block by itself. */
async function packDay(
  sql: postgres.TransactionSql,
  { tickerId, occ, members }: Day,
): Promise<void> {
  for (const { seq, receivedAt, block } of members) {
    const chain = decodeBlock(block, occ);
    const packed = encodePacked(wholeColumns(chain), occ.length);
    mustBeEqual([chain], [decodeBlock(packed, occ)]);
    await sql`
      UPDATE batches
      SET block = ${packed}, packed = true
      WHERE ticker_id = ${tickerId}
        AND seq = ${seq}
        AND received_at = ${receivedAt}::text::timestamptz`;
  }
}

/** Writes them as slabs. */
async function writeDay(
  sql: postgres.TransactionSql,
  { tickerId, occ, members }: Day,
): Promise<void> {
  const chains = members.map(({ block }) => decodeBlock(block, occ));
  const snapshots = chains.map(wholeColumns);
  const inSlab = Math.ceil(SLAB_QUOTES / members.length);
  const slabs: Slab[] = [];
  for (let first = 0; first < occ.length; first += inSlab) {
    const end = Math.min(first + inSlab, occ.length);
    slabs.push({ first, contracts: end - first, body: encodeSlab(snapshots, first, end) });
  }
  mustBeEqual(chains, readDay(slabs, occ, members.length));
  const times = members.map(({ receivedAt }) => receivedAt);
  const [made] = await sql`SELECT nextval('rewritten_days')::text AS id`;
  const { id } = z.object({ id: z.string() }).parse(made);
  for (const { first, contracts, body } of slabs) {
    await sql`
      INSERT INTO slabs (day_id, snapshots, first, contracts, body)
      VALUES (${id}, ${members.length}, ${first}, ${contracts}, ${body})`;
  }
  const { count } = await sql`
    UPDATE batches AS b
    SET block = NULL, day_id = ${id}, day_place = m.place - 1
    FROM unnest(
      string_to_array(${members.map(({ seq }) => seq).join(",")}, ',')::bigint[],
      string_to_array(${times.join(",")}, ',')::timestamptz[]
    ) WITH ORDINALITY AS m (seq, received_at, place)
    WHERE b.ticker_id = ${tickerId} AND b.seq = m.seq AND b.received_at = m.received_at`;
  if (count !== members.length) {
    throw new Error(`${count} batches were rewritten where ${members.length} were read`);
  }
}

/** Throws where two lists of chains differ in any value: the blocks would not go. */
function mustBeEqual(before: readonly QuoteColumns[], after: readonly QuoteColumns[]): void {
  for (const [at, chain] of before.entries()) {
    const read = after[at];
    if (!read || Buffer.compare(encodeBlock(chain), encodeBlock(read)) !== 0) {
      throw new Error("a rewritten day does not read as it did before; it was left as it is");
    }
  }
}
