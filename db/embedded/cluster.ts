/**
 * Makes the files of a new PostgreSQL (initdb) and says how its server is called.
 */
import { EmbeddedServerError, type PostgresPrograms } from "./binaries.ts";
import type { RunAs } from "./run_as.ts";

/** The one user and the one database of an embedded server. */
export const EMBEDDED_NAME = "lastmark";

/**
 * Makes the files of a new server in `database`, whose user has the password in `passwordFile`.
 * The locale is PostgreSQL's own C.UTF-8, so that no package of the machine changes an order.
 */
export async function initCluster(
  programs: PostgresPrograms,
  runAs: RunAs,
  options: {
    readonly database: string;
    readonly passwordFile: string;
    readonly flags?: readonly string[];
  },
): Promise<void> {
  await Deno.mkdir(options.database, { mode: 0o700 });
  if (runAs.owner) await Deno.chown(options.database, runAs.owner.uid, runAs.owner.gid);
  const [program = "", ...args] = [
    ...runAs.prefix,
    programs.initdb,
    `--pgdata=${options.database}`,
    `--username=${EMBEDDED_NAME}`,
    `--pwfile=${options.passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--no-instructions",
    ...(options.flags ?? []),
  ];
  const made = await new Deno.Command(program, { args, stdin: "null", env: PLAIN_ENV }).output();
  if (made.success) return;
  const words = new TextDecoder().decode(made.stderr).trim().split("\n");
  throw new EmbeddedServerError(
    `PostgreSQL cannot make its files in ${options.database}: ${words.slice(-2).join(" ")}`,
  );
}

/** Messages in English, whatever the machine speaks: this program reads them. */
export const PLAIN_ENV: Readonly<Record<string, string>> = { LC_ALL: "C", TZ: "UTC" };

/** The arguments of the server: on loopback TCP only, without a Unix socket. */
export function serverArgs(
  database: string,
  port: number,
  settings: Readonly<Record<string, string>> = {},
): string[] {
  const all: Readonly<Record<string, string>> = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    port: String(port),
    max_connections: "100",
    timezone: "UTC",
    log_timezone: "UTC",
    log_min_messages: "log",
    log_checkpoints: "off",
    ...settings,
  };
  return [
    "-D",
    database,
    ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
}

/** The URL of a database on an embedded server. */
export function serverUrl(port: number, password: string, database = EMBEDDED_NAME): string {
  return `postgres://${EMBEDDED_NAME}:${password}@127.0.0.1:${port}/${database}`;
}
