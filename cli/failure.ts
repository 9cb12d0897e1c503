/** Failures of commands that are no defects: they are told in one line, without a stack. */
import { isDatabaseAway, sqlState } from "../db/connect.ts";
import { EmbeddedServerError } from "../db/embedded/binaries.ts";
import { ClockBehindDataError } from "../db/installation.ts";
import { ChainFileError } from "../options/formats/recorded.ts";

/** What was asked for cannot be; the message says in one line why and what to do. */
export class Failure extends Error {}

/** Runs a command's work; ends the program with one line and exit code 1 where it fails. */
export async function orFail(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const line = failureLine(error);
    if (line === undefined) throw error;
    console.error(line);
    Deno.exit(1);
  }
}

/** The line that tells of a failure; `undefined` for a defect, whose stack should be seen. */
export function failureLine(error: unknown): string | undefined {
  if (isDatabaseAway(error)) {
    return `the database cannot be reached (${message(error)}): ` +
      "is PostgreSQL running, and is DATABASE_URL right?";
  }
  // Classes 28 and 3D of SQLSTATE: who asks, and for which database.
  if (error instanceof Error && /^(28|3D)/.test(sqlState(error) ?? "")) {
    return `the database refuses: ${error.message}; is DATABASE_URL right?`;
  }
  // Deno's own words name the file and what was tried with it.
  if (UNUSABLE.some((kind) => error instanceof kind)) return `cannot go on: ${message(error)}`;
  const known = error instanceof Failure || error instanceof EmbeddedServerError ||
    error instanceof ClockBehindDataError || error instanceof ChainFileError;
  return known ? error.message : undefined;
}

/** What is told of files and folders that a program may not use, or that are of the wrong kind. */
const UNUSABLE = [
  Deno.errors.PermissionDenied,
  Deno.errors.NotCapable,
  Deno.errors.IsADirectory,
  Deno.errors.NotADirectory,
] as const;

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
