/** The system's list of processes, where it has one as files. */

/** The names in a folder; none where it cannot be read. */
export function readDir(path: string): readonly string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => name);
  } catch (error) {
    if (isNotTold(error)) return [];
    throw error;
  }
}

/** The text of a file; `undefined` where it cannot be read, as of a process that ended meanwhile. */
export function readTextFile(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (isNotTold(error)) return undefined;
    throw error;
  }
}

function isNotTold(error: unknown): boolean {
  const { errors } = Deno;
  return [errors.NotFound, errors.PermissionDenied, errors.NotCapable].some((kind) =>
    error instanceof kind
  ) || (error instanceof Error && /ESRCH|os error 3\b/.test(error.message));
}
