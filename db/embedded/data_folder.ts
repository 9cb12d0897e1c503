/**
 * The data folder of `start`: what is in it, whether it is whole, and whose it is now.
 *
 * | entry | what it is |
 * |---|---|
 * | `database/` | the files of PostgreSQL |
 * | `database.password` | the password of its one user, readable by the owner only |
 * | `lastmark.json` | the folder has held a database: one without is not whole |
 * | `agent/` | the key of the agent that `start` runs, and its spool |
 * | `lock` | held while a program uses the folder; the system frees it however that one ends |
 * | `running.json` | the processes of the last `start`, for the next one to end what outlived it |
 */
import { join } from "node:path";
import { EmbeddedServerError } from "./binaries.ts";

/** The major version whose files `database/` holds. */
export const POSTGRES_MAJOR = "18";

/** The paths in a data folder. */
export interface DataFolder {
  readonly path: string;
  readonly database: string;
  readonly password: string;
  readonly marker: string;
  readonly lock: string;
}

/** The paths in the data folder at `path`. */
export function dataFolder(path: string): DataFolder {
  return {
    path,
    database: join(path, "database"),
    password: join(path, "database.password"),
    marker: join(path, "lastmark.json"),
    lock: join(path, "lock"),
  };
}

/** What a folder is found to be: `new` is also one whose first start was cut off. */
export type FolderState = "new" | "whole";

/** Entries of `database/` without which PostgreSQL does not start. */
const REQUIRED = [
  "PG_VERSION",
  "base",
  "global/pg_control",
  "pg_hba.conf",
  "pg_wal",
  "pg_xact",
  "postgresql.conf",
] as const;

/** What a data folder without a database may hold. */
const BEFORE_DATABASE = new Set([
  "agent",
  "database.new",
  "database.password",
  "lock",
  "running.json",
]);

/**
 * Looks at a data folder. Throws an EmbeddedServerError, which names what is missing, where the
 * folder was whole once, or is another program's. `database/` gets its name when it is complete,
 * so one that is there was in use and is never made anew.
 */
export async function inspectFolder(folder: DataFolder): Promise<FolderState> {
  const entries = await namesIn(folder.path);
  if (!entries.has("database")) {
    if (entries.has("lastmark.json")) throw new EmbeddedServerError(broken(folder, "database"));
    const foreign = [...entries].find((name) => !BEFORE_DATABASE.has(name));
    if (foreign === undefined) return "new";
    throw new EmbeddedServerError(
      `${folder.path} is not empty and holds no data of Lastmark (it has ${foreign}): ` +
        "name another folder with --data",
    );
  }
  for (const name of [...REQUIRED.map((name) => `database/${name}`), "database.password"]) {
    if (!(await exists(join(folder.path, name)))) {
      throw new EmbeddedServerError(broken(folder, name));
    }
  }
  const major = (await Deno.readTextFile(join(folder.database, "PG_VERSION"))).trim();
  if (major !== POSTGRES_MAJOR) {
    throw new EmbeddedServerError(
      `${folder.database} is of PostgreSQL ${major} and this version has ${POSTGRES_MAJOR}: ` +
        "start it with the version that wrote it, or name another folder with --data",
    );
  }
  return "whole";
}

function broken(folder: DataFolder, missing: string): string {
  return `the data folder ${folder.path} is not whole, ${missing} is missing: ` +
    `put it back from a backup, or remove ${folder.path} to begin anew without its data`;
}

/** Removes what a first start that was cut off left behind. */
export async function clearUnfinished(folder: DataFolder): Promise<void> {
  for (const path of [`${folder.database}.new`, folder.password]) {
    await Deno.remove(path, { recursive: true }).catch(ignoreNotFound);
  }
}

/** Says that the folder holds a database from now on. */
export async function markWhole(folder: DataFolder): Promise<void> {
  if (await exists(folder.marker)) return;
  const text = JSON.stringify({ format: 1, postgres: POSTGRES_MAJOR, createdAt: new Date() });
  await Deno.writeTextFile(`${folder.marker}.new`, `${text}\n`);
  await Deno.rename(`${folder.marker}.new`, folder.marker);
}

/** The hold on a data folder. */
export interface FolderLock {
  release(): void;
}

/**
 * Takes hold of a data folder for this process, or returns `null` where another process has it.
 * It is a lock on an open file, so that the system frees it when the process ends, SIGKILL
 * included. Makes the folder where there is none.
 */
export async function lockFolder(folder: DataFolder): Promise<FolderLock | null> {
  await Deno.mkdir(folder.path, { recursive: true, mode: 0o700 });
  const file = await Deno.open(folder.lock, { read: true, write: true, create: true });
  const exclusive = true;
  if (await file.tryLock(exclusive)) return { release: () => file.close() };
  file.close();
  return null;
}

async function namesIn(path: string): Promise<Set<string>> {
  const names = new Set<string>();
  try {
    for await (const entry of Deno.readDir(path)) names.add(entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return names;
    if (error instanceof Deno.errors.NotADirectory) {
      throw new EmbeddedServerError(
        `${path} is a file and no folder: name another folder with --data`,
      );
    }
    throw error;
  }
  return names;
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
