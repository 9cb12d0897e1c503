/**
 * PostgreSQL refuses to run as root, and initdb refuses a user without a name. This finds, for
 * such a user, a command to put before theirs:
 *
 * - `unshare`: a user namespace in which root has another user's number. Files stay root's, so a
 *   home that only root may enter is no obstacle.
 * - `setpriv`: another user for real, who may still enter such a home (CAP_DAC_OVERRIDE). For
 *   containers, which mostly forbid user namespaces.
 */
import { EmbeddedServerError } from "./binaries.ts";

/** A user to run as: a command to put before another, and who owns the files then. */
export interface RunAs {
  readonly prefix: readonly string[];
  /** The owner to give the database's files, where it is not who runs this program. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
}

const AS_MYSELF: RunAs = { prefix: [], owner: null };

/**
 * Who is to run PostgreSQL. `folderOwner` is the user ID that owns the database's files, where
 * there are any; `postgres` is tried with `--version`, which proves that the user reaches it.
 */
export async function whoRunsPostgres(
  postgres: string,
  folderOwner: number | null,
): Promise<RunAs> {
  const me = Deno.uid();
  if (me !== 0 && folderOwner !== null && folderOwner !== me) {
    throw new EmbeddedServerError(
      `the database's files belong to user ${folderOwner} and you are user ${me}: start as that user or as root`,
    );
  }
  if (me !== 0 && await succeeds(["id", "-un"])) return AS_MYSELF;
  for (const candidate of await candidates(folderOwner)) {
    if (await succeeds([...candidate.prefix, postgres, "--version"])) return candidate;
  }
  throw new EmbeddedServerError(
    me === 0
      ? "PostgreSQL refuses to run as root, and neither unshare nor setpriv (package util-linux) can run it " +
        "as another user here: start as another user, or set DATABASE_URL"
      : `user ${me} has no name in /etc/passwd, which PostgreSQL needs, and unshare cannot lend one: ` +
        "add the user, or set DATABASE_URL",
  );
}

/** The commands to try, the best first. */
async function candidates(folderOwner: number | null): Promise<RunAs[]> {
  const other = await namedUser();
  const namespace: RunAs = {
    prefix: ["unshare", "--user", `--map-user=${other.uid}`, `--map-group=${other.gid}`],
    owner: null,
  };
  if (Deno.uid() !== 0) return [namespace];
  if (folderOwner === null || folderOwner === 0) return [namespace, asUser(other)];
  return [asUser({ uid: folderOwner, gid: other.gid })];
}

function asUser(owner: { readonly uid: number; readonly gid: number }): RunAs {
  const capability = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"];
  const user = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, "--clear-groups"];
  return { prefix: ["setpriv", ...user, ...capability], owner };
}

/** A user that is not root and has a name: `nobody`, which is everywhere. */
async function namedUser(): Promise<{ uid: number; gid: number }> {
  const users = (await Deno.readTextFile("/etc/passwd")).split("\n").flatMap((line) => {
    const [name, , uid, gid] = line.split(":");
    return Number(uid) > 0 ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
  const user = users.find(({ name }) => name === "nobody") ?? users[0];
  if (user) return user;
  throw new EmbeddedServerError(
    "/etc/passwd names no user but root, and PostgreSQL refuses to run as root",
  );
}

async function succeeds(argv: readonly string[]): Promise<boolean> {
  const [program = "", ...args] = argv;
  try {
    const { success } = await new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
