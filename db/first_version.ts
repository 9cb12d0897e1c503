/** Reads the first version's tables, which Prisma made, out of its own database. */
import type postgres from "postgres";
import { z } from "zod";
import {
  dealRow,
  type FirstVersionRow,
  isDealTable,
  isSnapshotTable,
  saysTickers,
  snapshotRow,
  spelled,
} from "../options/formats/first_version.ts";
import type { Sql } from "./connect.ts";

/** Rows fetched at a time: the chain of one is some hundred kilobytes. */
const FETCH = 16;

type Fragment = postgres.PendingQuery<postgres.Row[]>;

const table = z.object({ schema: z.string(), name: z.string(), columns: z.string() });

/**
 * The rows of the table of snapshots, in the order of their time; `undefined` where the database
 * has no such table.
 */
export async function firstVersionRows(
  sql: Sql,
): Promise<AsyncGenerator<FirstVersionRow, void, void> | undefined> {
  const tables = z.array(table).parse([
    ...await sql`
      SELECT
        c.table_schema AS schema,
        c.table_name AS name,
        string_agg(c.column_name, ',' ORDER BY c.ordinal_position) AS columns
      FROM information_schema.columns AS c
      WHERE c.table_schema NOT IN ('pg_catalog', 'information_schema')
      GROUP BY c.table_schema, c.table_name`,
  ]);
  const snapshots = tables.find(({ name }) => isSnapshotTable(name));
  if (!snapshots) return undefined;
  const deals = tables.find(({ schema, name, columns }) =>
    schema === snapshots.schema && isDealTable(name) && saysTickers(columns.split(","))
  );
  return readRows(sql, snapshots, deals);
}

async function* readRows(
  sql: Sql,
  snapshots: z.infer<typeof table>,
  deals: z.infer<typeof table> | undefined,
): AsyncGenerator<FirstVersionRow, void, void> {
  const tickers = new Map<string, string>();
  if (deals) {
    for (const row of await sql`SELECT ${texts(sql, deals)} FROM ${named(sql, deals)}`) {
      const deal = dealRow(valuesOf(row));
      if (deal) tickers.set(...deal);
    }
  }
  const columns = snapshots.columns.split(",");
  const time = columns.find((name) => spelled(name) === "snapshotdate") ?? columns[0] ?? "";
  const pages = sql`
    SELECT ${texts(sql, snapshots)}
    FROM ${named(sql, snapshots)}
    ORDER BY ${sql(time)}`.cursor(FETCH);
  for await (const page of pages) {
    for (const row of page) yield snapshotRow(valuesOf(row), (id) => tickers.get(id));
  }
}

function named(sql: Sql, { schema, name }: z.infer<typeof table>): Fragment {
  return sql`${sql(schema)}.${sql(name)}`;
}

/** Every column as text, as a dump has it. */
function texts(sql: Sql, { columns }: z.infer<typeof table>): Fragment {
  return columns.split(",")
    .map((name): Fragment => sql`${sql(name)}::text AS ${sql(name)}`)
    .reduce((before, one) => sql`${before}, ${one}`);
}

const values = z.record(z.string(), z.string().nullable());

function valuesOf(row: unknown): ReadonlyMap<string, string | null> {
  return new Map(Object.entries(values.parse(row)));
}
