/**
 * The embedded PostgreSQL of a data folder. It ends when the pipe to this process closes, so that
 * no kill of this process leaves it behind; where one was left all the same, the next start ends
 * it first.
 */
import { type Clock, sleep } from "../../base/clock.ts";
import { linesOf } from "../../base/child_lines.ts";
import { connectDatabase, sqlState } from "../connect.ts";
import { EmbeddedServerError, type PostgresPrograms, postgresPrograms } from "./binaries.ts";
import { EMBEDDED_NAME, initCluster, PLAIN_ENV, serverArgs, serverUrl } from "./cluster.ts";
import { clearUnfinished, type DataFolder, inspectFolder, markWhole } from "./data_folder.ts";
import { endPostmaster, runningPostmaster } from "./postmaster.ts";
import { whoRunsPostgres } from "./run_as.ts";

/** A running embedded server. */
export interface EmbeddedServer {
  readonly url: string;
  readonly port: number;
  /** Resolves when the server has ended, asked to or not. */
  readonly ended: Promise<void>;
  /** Ends it in order: what was committed is on disk. */
  stop(): Promise<void>;
}

/** What `startEmbedded()` needs. The caller holds the folder's lock. */
export interface StartOptions {
  readonly clock: Clock;
  readonly folder: DataFolder;
  /** Told what is being done, in a few words. */
  readonly say: (what: string) => void;
  /** The port to use if it is free; by default the system chooses. */
  readonly port?: number;
}

/**
 * Runs the server ($@) with a lifeline: standard input is a pipe to the parent, and when that
 * closes the server gets SIGINT, which is PostgreSQL's fast and orderly shutdown. The pipe is
 * moved to 3 because a shell gives its background commands /dev/null as standard input.
 */
const GUARD = `
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
{ read -r _ <&3; kill -INT "$server"; } >/dev/null 2>&1 &
lifeline=$!
exec 3<&-
wait "$server"
status=$?
kill "$lifeline" 2>/dev/null
exit "$status"
`;

/** How long the remains of a killed server may stand in the way of a new one. */
const RETRY_MS = 10_000;
const RETRY_EVERY_MS = 100;
const READY = "database system is ready to accept connections";

/**
 * Starts the server of a data folder, making its files at the first start.
 * Throws an EmbeddedServerError, of one clear line, where that cannot be.
 */
export async function startEmbedded(options: StartOptions): Promise<EmbeddedServer> {
  const { clock, folder } = options;
  const programs = await postgresPrograms();
  if (await inspectFolder(folder) !== "whole") {
    options.say("making the database (first start)");
    await makeFiles(folder, programs);
  }
  await markWhole(folder);
  const left = await runningPostmaster(folder.database);
  if (left) {
    options.say("ending the database that an earlier start left running");
    await endPostmaster(clock, folder.database);
  }
  const password = (await Deno.readTextFile(folder.password)).trim();
  const running = await startServer(clock, folder, programs, options.port ?? left?.port ?? 0);
  const url = serverUrl(running.port, password);
  try {
    await ensureDatabase(serverUrl(running.port, password, "postgres"));
  } catch (error) {
    await running.stop();
    if (sqlState(error) !== INVALID_PASSWORD) throw error;
    throw new EmbeddedServerError(
      `${folder.password} does not hold the password of ${folder.database}: ` +
        `put it back from a backup, or remove ${folder.path} to begin anew without its data`,
    );
  }
  return { url, ...running };
}

/** The URL of the server that another process runs on a data folder; `undefined` where none does. */
export async function runningUrl(folder: DataFolder): Promise<string | undefined> {
  const running = await runningPostmaster(folder.database);
  if (!running) return undefined;
  return serverUrl(running.port, (await Deno.readTextFile(folder.password)).trim());
}

async function makeFiles(
  folder: DataFolder,
  programs: PostgresPrograms,
): Promise<void> {
  await clearUnfinished(folder);
  const password = crypto.randomUUID() + crypto.randomUUID();
  await Deno.writeTextFile(folder.password, `${password}\n`, { mode: 0o600 });
  const runAs = await whoRunsPostgres(programs.postgres, null);
  const database = `${folder.database}.new`;
  await initCluster(programs, runAs, { database, passwordFile: folder.password });
  await Deno.rename(database, folder.database);
}

type Running = Omit<EmbeddedServer, "url">;

async function startServer(
  clock: Clock,
  folder: DataFolder,
  programs: PostgresPrograms,
  preferredPort: number,
): Promise<Running> {
  const owner = (await Deno.stat(folder.database)).uid;
  const runAs = await whoRunsPostgres(programs.postgres, owner);
  const deadline = clock.monotonicMs() + RETRY_MS;
  let port = await freePort(preferredPort);
  for (;;) {
    const command = [...runAs.prefix, programs.postgres, ...serverArgs(folder.database, port)];
    const tried = await tryServer(clock, folder, command, port);
    if ("port" in tried) return tried;
    // The words of PostgreSQL's pqcomm.c, and of sysv_shmem.c and miscinit.c after a SIGKILL.
    const portTaken = tried.some((line) => line.includes("Address already in use"));
    const remains = tried.some((line) =>
      /pre-existing shared memory|lock file ".*" already exists/.test(line)
    );
    if (!(portTaken || remains) || clock.monotonicMs() > deadline) {
      throw new EmbeddedServerError(
        `PostgreSQL did not start on ${folder.database}: ${whyNot(tried)}`,
      );
    }
    if (portTaken) port = await freePort(0);
    else await sleep(clock, RETRY_EVERY_MS);
  }
}

/** The running server, or, where it ended before it was ready, the lines it wrote. */
async function tryServer(
  clock: Clock,
  folder: DataFolder,
  command: readonly string[],
  port: number,
): Promise<Running | string[]> {
  const child = new Deno.Command("sh", {
    args: ["-c", GUARD, "sh", ...command],
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
    env: PLAIN_ENV,
    // A terminal's Ctrl-C is for the parent, which ends the server after all that use it.
    detached: true,
  }).spawn();
  const written: string[] = [];
  const lines = linesOf(child.stderr);
  for (let next = await lines.next(); !next.done; next = await lines.next()) {
    written.push(next.value);
    if (!next.value.includes(READY)) continue;
    const ended = drained(lines, child.status);
    return {
      port,
      ended,
      async stop() {
        await child.stdin.close();
        const late = clock.after(STOP_MS, () => void endPostmaster(clock, folder.database));
        await ended;
        late.cancel();
      },
    };
  }
  await child.stdin.close();
  await child.status;
  return written;
}

/** How long a shutdown may take before the server is told again. */
const STOP_MS = 20_000;

async function drained(lines: AsyncGenerator<string>, status: Promise<unknown>): Promise<void> {
  // A server whose standard error is not read would stand still once the pipe is full.
  for await (const _ of lines) { /* its own log; errors reach the client that made them */ }
  await status;
}

function whyNot(lines: readonly string[]): string {
  const fatal = lines.findLast((line) => /\b(FATAL|PANIC):/.test(line));
  return (fatal ?? lines.findLast((line) => line.trim() !== "") ?? "it said nothing")
    .replace(/^.*?\b(FATAL|PANIC):\s*/, "");
}

async function freePort(preferred: number): Promise<number> {
  for (const port of preferred === 0 ? [0] : [preferred, 0]) {
    try {
      using listener = Deno.listen({ hostname: "127.0.0.1", port });
      return listener.addr.port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse) || port === 0) throw error;
    }
  }
  return await freePort(0);
}

/** SQLSTATE "duplicate_database". */
const DUPLICATE_DATABASE = "42P04";
/** SQLSTATE "invalid_password". */
const INVALID_PASSWORD = "28P01";

async function ensureDatabase(url: string): Promise<void> {
  const sql = connectDatabase({ url, program: "start", max: 1 });
  try {
    const found = await sql`SELECT FROM pg_database WHERE datname = ${EMBEDDED_NAME}`;
    if (found.length === 0) await sql`CREATE DATABASE ${sql(EMBEDDED_NAME)}`;
  } catch (error) {
    if (sqlState(error) !== DUPLICATE_DATABASE) throw error;
  } finally {
    await sql.end();
  }
}
