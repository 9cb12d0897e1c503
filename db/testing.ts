/**
 * A fresh, migrated database for a test: on the server of `TEST_DATABASE_URL`, or on an embedded
 * one, which the first test that needs it starts for the whole process and which ends by itself
 * when the process does. Durability is off there; tests of durability use a data folder.
 */
import { strict as assert } from "node:assert";
import { connectDatabase, type Sql } from "./connect.ts";
import { initCluster, PLAIN_ENV, serverArgs, serverUrl } from "./embedded/cluster.ts";
import { postgresPrograms } from "./embedded/binaries.ts";
import { whoRunsPostgres } from "./embedded/run_as.ts";
import { migrate, migrationNames } from "./migrate.ts";

const VARIABLE = "TEST_DATABASE_URL";

/** Runs a test on a fresh database with this version's tables, and drops it afterwards. */
export async function withTestDatabase(
  test: (sql: Sql, url: string) => Promise<void>,
): Promise<void> {
  await withDatabase(await template(), test);
}

/** Runs a test on a fresh database without any table. */
export async function withEmptyDatabase(
  test: (sql: Sql, url: string) => Promise<void>,
): Promise<void> {
  await withDatabase("template0", test);
}

async function withDatabase(
  from: string,
  test: (sql: Sql, url: string) => Promise<void>,
): Promise<void> {
  const server = await testServer();
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  const admin = connectDatabase({ url: server, program: "test", max: 1 });
  try {
    await admin`CREATE DATABASE ${admin(name)} TEMPLATE ${admin(from)}`;
    const url = withName(server, name);
    const sql = connectDatabase({ url, program: "test", max: 8 });
    try {
      await test(sql, url);
    } finally {
      await sql.end({ timeout: 5 });
      await admin`DROP DATABASE ${admin(name)} WITH (FORCE)`;
    }
  } finally {
    await admin.end();
  }
}

/** The database that new ones are copied from: migrated once for each state of the migrations. */
async function template(): Promise<string> {
  const server = await testServer();
  const name = `lastmark_template_${await fingerprint()}`;
  const admin = connectDatabase({ url: server, program: "test", max: 1 });
  try {
    // Test processes may share a server; the lock is the session's and ends with it.
    await admin`SELECT pg_advisory_lock(hashtext(${name}))`;
    const found = await admin`SELECT FROM pg_database WHERE datname = ${name}`;
    if (found.length === 1) return name;
    const making = `${name}_new`;
    await admin`DROP DATABASE IF EXISTS ${admin(making)} WITH (FORCE)`;
    await admin`CREATE DATABASE ${admin(making)} TEMPLATE template0`;
    await migrate(withName(server, making));
    await stopWorkers(withName(server, making));
    await admin`ALTER DATABASE ${admin(making)} RENAME TO ${admin(name)}`;
    return name;
  } finally {
    await admin.end();
  }
}

/** A database to which TimescaleDB's workers are connected cannot be copied. */
async function stopWorkers(url: string): Promise<void> {
  const sql = connectDatabase({ url, program: "test", max: 1 });
  try {
    const stop = "_timescaledb_functions.stop_background_workers";
    const [found] = await sql`SELECT to_regproc(${stop}) IS NOT NULL AS there`;
    if (found?.["there"] === true) await sql.unsafe(`SELECT ${stop}()`);
  } finally {
    await sql.end();
  }
}

async function fingerprint(): Promise<string> {
  const texts = (await migrationNames()).map((name) =>
    Deno.readTextFile(new URL(`./migrations/${name}.sql`, import.meta.url))
  );
  const bytes = new TextEncoder().encode((await Promise.all(texts)).join("\0"));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return hash.toHex().slice(0, 16);
}

function withName(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/**
 * The server to test on. Test modules of one process share nothing but its environment, so the
 * embedded server's URL is put there, by the first of those that may run side by side.
 */
async function testServer(): Promise<string> {
  const given = Deno.env.get(VARIABLE);
  if (given !== undefined && given !== "") return given;
  const lock = `${Deno.env.get("TMPDIR") ?? "/tmp"}/lastmark-test-${Deno.pid}.lock`;
  using turn = await Deno.open(lock, { write: true, create: true });
  const exclusive = true;
  await turn.lock(exclusive);
  const started = Deno.env.get(VARIABLE);
  if (started !== undefined && started !== "") return started;
  const url = await startTestServer(lock);
  Deno.env.set(VARIABLE, url);
  return url;
}

/**
 * The server runs in the background of a shell, on a lifeline as in `embedded/server.ts`, except
 * that the pipe's other end is a loop which ends with the test process ($1): a pipe of this module
 * would close with the module. The folder ($2) and the lock ($3) go with the server.
 */
const BACKGROUND = `
process=$1 folder=$2 lock=$3
shift 3
(
  while kill -0 "$process"; do sleep 1; done | {
    "$@" </dev/null &
    read -r _
    kill -INT $!
    wait $!
    rm -rf "$folder" "$lock"
  }
) </dev/null >"$folder/log" 2>&1 &
`;

async function startTestServer(lock: string): Promise<string> {
  const programs = await postgresPrograms();
  const runAs = await whoRunsPostgres(programs.postgres, null);
  const folder = await Deno.makeTempDir({ prefix: "lastmark-test-" });
  const database = `${folder}/database`;
  const passwordFile = `${folder}/password`;
  const password = crypto.randomUUID();
  await Deno.writeTextFile(passwordFile, password, { mode: 0o600 });
  if (runAs.owner) await Deno.chown(folder, runAs.owner.uid, runAs.owner.gid);
  await initCluster(programs, runAs, { database, passwordFile, flags: ["--no-sync"] });
  const port = freePort();
  const quick = { fsync: "off", full_page_writes: "off", synchronous_commit: "off" };
  const command = [
    ...runAs.prefix,
    programs.postgres,
    ...serverArgs(database, port, { ...quick, max_connections: "200" }),
  ];
  const { success } = await new Deno.Command("sh", {
    args: ["-c", BACKGROUND, "sh", String(Deno.pid), folder, lock, ...command],
    stdin: "null",
    stdout: "null",
    stderr: "null",
    env: PLAIN_ENV,
    detached: true,
  }).output();
  assert.ok(success, "the shell that runs the test database did not start");
  const url = serverUrl(port, password, "postgres");
  await reachable(url, `${folder}/log`);
  return url;
}

/** Tries until the server answers; PostgreSQL has no better way of saying that it is ready to one who is not its parent. */
async function reachable(url: string, log: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const sql = connectDatabase({ url, program: "test", max: 1 });
    try {
      await sql`SELECT 1`;
      return;
    } catch (error) {
      if (performance.now() > deadline) {
        throw new Error(`the test database does not answer: ${await Deno.readTextFile(log)}`, {
          cause: error,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      await sql.end();
    }
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
