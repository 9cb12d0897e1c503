/** The files of a spool's folder, and what is kept of a database that was damaged. */

/** The names of the files in a folder. */
export interface SpoolFiles {
  readonly folder: string;
  readonly database: string;
  readonly ledger: string;
  /** Locked by all who have the spool open; by one alone while it is built anew. */
  readonly lock: string;
  /** A new database that is being filled. */
  readonly rebuilding: string;
  /** A new database that is complete, and not yet in its place. */
  readonly rebuilt: string;
}

/** Damaged databases that are kept for a person to look at. */
const MOST_BROKEN = 3;

/** Where the files of the folder are. */
export function spoolFiles(folder: string): SpoolFiles {
  const database = `${folder}/spool.sqlite`;
  return {
    folder,
    database,
    ledger: `${folder}/spool.ledger`,
    lock: `${folder}/spool.lock`,
    rebuilding: `${database}.rebuilding`,
    rebuilt: `${database}.rebuilt`,
  };
}

/** Renames the damaged database and its log; returns its new name, `undefined` where there is none. */
export function setAside({ database }: SpoolFiles, nowMs: number): string | undefined {
  if (!exists(database)) return undefined;
  const time = new Date(nowMs).toISOString().replaceAll(/[:.]/g, "");
  let aside = `${database}.broken-${time}`;
  for (let more = 2; exists(aside); more++) aside = `${database}.broken-${time}-${more}`;
  // The log goes first: beside a new database of its name it would be taken for that one's.
  removeIfThere(`${database}-shm`);
  if (exists(`${database}-wal`)) Deno.renameSync(`${database}-wal`, `${aside}-wal`);
  Deno.renameSync(database, aside);
  return aside;
}

/** Deletes the oldest damaged databases, beyond three or `mostBytes` together. */
export function boundBroken({ folder, database }: SpoolFiles, mostBytes: number): void {
  const name = database.slice(folder.length + 1);
  const broken = [...Deno.readDirSync(folder)]
    .map((entry) => entry.name)
    .filter((each) => each.startsWith(`${name}.broken-`) && !/-(wal|shm)$/.test(each))
    .toSorted().reverse();
  let bytes = 0;
  for (const [index, each] of broken.entries()) {
    const path = `${folder}/${each}`;
    bytes += sizeOf(path) + sizeOf(`${path}-wal`);
    if (index < MOST_BROKEN && bytes <= mostBytes) continue;
    for (const suffix of ["", "-wal", "-shm"]) removeIfThere(path + suffix);
  }
}

/** Deletes a database that was not completed. */
export function removeDatabase(path: string): void {
  for (const suffix of ["", "-wal", "-shm"]) removeIfThere(path + suffix);
}

/** Whether there is a file of this name. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function sizeOf(path: string): number {
  return exists(path) ? Deno.statSync(path).size : 0;
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
