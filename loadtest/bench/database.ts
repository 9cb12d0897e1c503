/**
 * The database that is measured: an embedded PostgreSQL with its usual durability (`fsync` and
 * `synchronous_commit` on) in a folder that is removed afterwards, or a new database on a given
 * server, which is dropped.
 */
import { systemClock } from "../../base/clock.ts";
import { connectDatabase, type Sql, sqlState } from "../../db/connect.ts";
import { dataFolder } from "../../db/embedded/data_folder.ts";
import { startEmbedded } from "../../db/embedded/server.ts";
import { migrate } from "../../db/migrate.ts";
import { postmasterOf } from "./cpu.ts";

/** A database with this version's tables, and what it runs on. */
export interface BenchDatabase {
  readonly url: string;
  readonly sql: Sql;
  /** `PostgreSQL 18.4, fsync on, synchronous_commit on`. */
  readonly about: string;
  /** The server's first process, where it is on this machine. */
  readonly postmaster: number | undefined;
}

/** Opens it; `stack` takes what ends it. */
export async function openDatabase(
  given: URL | undefined,
  stack: AsyncDisposableStack,
  folder: string,
  say: (what: string) => void,
): Promise<BenchDatabase> {
  const server = given?.href ?? await embedded(stack, folder, say);
  const name = `lastmark_bench_${crypto.randomUUID().replaceAll("-", "")}`;
  const admin = connectDatabase({ url: server, program: "bench", max: 1 });
  stack.defer(() => admin.end());
  await admin`CREATE DATABASE ${admin(name)}`;
  stack.defer(async () => {
    await admin`DROP DATABASE ${admin(name)} WITH (FORCE)`;
  });
  const url = new URL(server);
  url.pathname = `/${name}`;
  await migrate(url.href);
  const sql = connectDatabase({ url: url.href, program: "bench", max: 20 });
  stack.defer(() => sql.end({ timeout: 5 }));
  const [row] = await sql`SELECT pg_backend_pid() AS pid`;
  const postmaster = isHere(url) ? postmasterOf(Number(row?.["pid"])) : undefined;
  return { url: url.href, sql, about: await aboutServer(sql), postmaster };
}

async function embedded(
  stack: AsyncDisposableStack,
  folder: string,
  say: (what: string) => void,
): Promise<string> {
  const path = `${folder}/database`;
  await Deno.mkdir(path);
  const server = await startEmbedded({ clock: systemClock(), folder: dataFolder(path), say });
  stack.defer(() => server.stop());
  return server.url;
}

function isHere(server: URL): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].includes(server.hostname);
}

async function aboutServer(sql: Sql): Promise<string> {
  const [row] = await sql`
    SELECT format(
      'PostgreSQL %s, fsync %s, synchronous_commit %s',
      current_setting('server_version'),
      current_setting('fsync'),
      current_setting('synchronous_commit')
    ) AS about`;
  return String(row?.["about"]);
}

/** Has all that was written so far be written out, so that the next measurement does not pay for it. */
export async function settle(sql: Sql): Promise<void> {
  try {
    await sql`CHECKPOINT`;
  } catch (error) {
    // On a given server the user may not be allowed to.
    if (sqlState(error) !== INSUFFICIENT_PRIVILEGE) throw error;
  }
}

/** SQLSTATE "insufficient_privilege". */
const INSUFFICIENT_PRIVILEGE = "42501";

/** The tables of what Lastmark is compared with, each with the index that its readers need. */
export async function createBaselineTables(sql: Sql): Promise<void> {
  const quotes = `
    ticker text NOT NULL,
    occ text NOT NULL,
    as_of timestamptz NOT NULL DEFAULT now(),
    bid double precision,
    ask double precision,
    mid double precision,
    last double precision,
    volume integer,
    open_interest integer,
    implied_vol double precision,
    delta double precision,
    bid_size integer,
    ask_size integer,
    PRIMARY KEY (ticker, as_of, occ)`;
  await sql.unsafe(`
    CREATE TABLE bench_copy (${quotes});
    CREATE TABLE bench_rows (${quotes});
    CREATE TABLE bench_snapshots (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      ticker text NOT NULL,
      received_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE bench_floor (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      block bytea STORAGE EXTERNAL NOT NULL
    );
    CREATE TABLE bench_jsonb (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      ticker text NOT NULL,
      snapshot_date timestamptz NOT NULL DEFAULT now(),
      agent_id text NOT NULL,
      agent_timestamp timestamptz NOT NULL,
      spot_price numeric(10, 4),
      chain_data jsonb NOT NULL
    );
    CREATE INDEX ON bench_jsonb (ticker, snapshot_date);
  `);
}
