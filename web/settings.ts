/** What the server is told: flags, environment, `.env.local`. */
import { command, oneOf, port, setting, url, wholeNumber } from "../base/command.ts";
import { USER_ROLES, type UserRole } from "../db/users.ts";
import { isLoopback } from "../base/loopback.ts";
import { DEFAULT_LIMITS, type LimitSettings } from "./limits/limits.ts";
import type { AuthSettings } from "./server.ts";
import type { LogLevel } from "../telemetry/log.ts";

/** The server's settings. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: URL;
  /** For LISTEN, where a pooler stands between; the same database otherwise. */
  readonly databaseDirectUrl: URL;
  /** How long a ticker belongs to the agent that wrote it last. */
  readonly conflictWindowMs: number;
  readonly limits: LimitSettings;
  /** How long history is kept; `null` keeps all of it. */
  readonly retentionDays: number | null;
  readonly auth: AuthSettings;
  readonly logLevel: LogLevel;
}

const MIB = 1024 * 1024;

const HELP = `
Examples:
  DATABASE_URL=postgres://lastmark@127.0.0.1/lastmark deno task web
  deno task web --host 0.0.0.0 --port 8080 --public-url https://lastmark.example
  deno task web --no-auth                       for this machine alone, without sign-in

The database must have this version's tables: deno task migrate.`;

/** Reads the settings from a command line; a wrong or missing one ends the program with one line. */
export function readSettings(args: readonly string[]): Settings {
  const postgres = url("postgres:", "postgresql:");
  const program = command("web", "The server: takes prices from agents, shows them to people.")
    .addOption(setting({
      flags: "--host <address>",
      help: "address to listen on",
      env: "APP_HOST",
      parse: (text) => text,
      fallback: "127.0.0.1",
    }))
    .addOption(setting({
      flags: "--port <number>",
      help: "port to listen on; 0 lets the system choose",
      env: "APP_PORT",
      parse: port,
      fallback: 8000,
    }))
    .addOption(setting({
      flags: "--database <url>",
      help: "PostgreSQL 15 or newer; needed",
      env: "DATABASE_URL",
      parse: postgres,
    }))
    .addOption(setting({
      flags: "--database-direct <url>",
      help: "the same database without a pooler between, for LISTEN (default: --database)",
      env: "DATABASE_DIRECT_URL",
      parse: postgres,
    }))
    .addOption(setting({
      flags: "--conflict-window <seconds>",
      help: "how long a ticker belongs to the agent that wrote it last",
      env: "CONFLICT_WINDOW",
      parse: wholeNumber(1, 3_600),
      fallback: 60,
    }))
    .addOption(setting({
      flags: "--requests-per-key <number>",
      help: "requests that a key may make in a minute; 0 for any number",
      env: "REQUESTS_PER_KEY",
      parse: wholeNumber(0, 10_000_000),
      fallback: DEFAULT_LIMITS.requestsPerKey,
    }))
    .addOption(setting({
      flags: "--ingest-memory <MiB>",
      help: "memory for the bodies of ingest calls; one may be 16 MiB",
      env: "INGEST_MEMORY",
      parse: wholeNumber(16, 65_536),
      fallback: DEFAULT_LIMITS.ingestMemoryBytes / MIB,
    }))
    .addOption(setting({
      flags: "--live-connections <number>",
      help: "pages that may be open at once",
      env: "LIVE_CONNECTIONS",
      parse: wholeNumber(1, 1_000_000),
      fallback: DEFAULT_LIMITS.liveConnections,
    }))
    .addOption(setting({
      flags: "--retention-days <number>",
      help: "how long history is kept; all of it without",
      env: "RETENTION_DAYS",
      parse: wholeNumber(1, 36_500),
    }))
    .addOption(setting({
      flags: "--public-url <url>",
      help: "where browsers reach the server; with https: cookies go over TLS alone",
      env: "PUBLIC_URL",
      parse: url("http:", "https:"),
    }))
    .addOption(setting({
      flags: "--auth <way>",
      help: "sign-in, or none: whoever sits at this machine may do all (only on loopback)",
      env: "AUTH",
      parse: oneOf("sign-in", "none"),
      fallback: "sign-in",
    }))
    .option("--no-auth", "the same as --auth none")
    .addOption(setting({
      flags: "--oidc-issuer <url>",
      help:
        "an OpenID provider at which users can sign in too; needs the two below and --public-url",
      env: "OIDC_ISSUER",
      parse: url("https:", "http:"),
    }))
    .addOption(setting({
      flags: "--oidc-client-id <id>",
      help: "this server's client ID there",
      env: "OIDC_CLIENT_ID",
      parse: (text) => text,
    }))
    .addOption(setting({
      flags: "--oidc-client-secret <secret>",
      help: "its secret there; better by the environment",
      env: "OIDC_CLIENT_SECRET",
      parse: (text) => text,
    }))
    .addOption(setting({
      flags: "--oidc-role <role>",
      help:
        "the role of who comes for the first time; without, only users who are here already come in",
      env: "OIDC_ROLE",
      parse: oneOf(...USER_ROLES),
    }))
    .addOption(setting({
      flags: "--log-level <level>",
      help: "debug, info, warn or error",
      env: "LOG_LEVEL",
      parse: oneOf("debug", "info", "warn", "error"),
      fallback: "info",
    }))
    .addHelpText("after", HELP)
    .parse(args, { from: "user" });
  const read = program.opts<{
    host: string;
    port: number;
    database?: URL;
    databaseDirect?: URL;
    conflictWindow: number;
    requestsPerKey: number;
    ingestMemory: number;
    liveConnections: number;
    retentionDays?: number;
    publicUrl?: URL;
    auth: "sign-in" | "none" | false;
    oidcIssuer?: URL;
    oidcClientId?: string;
    oidcClientSecret?: string;
    oidcRole?: UserRole;
    logLevel: LogLevel;
  }>();
  if (!read.database) {
    return program.error(
      "error: DATABASE_URL (or --database) is not set. Allowed: a URL that starts with postgres:",
    );
  }
  const isOpen = read.auth === false || read.auth === "none";
  if (isOpen && !isLoopback(read.host)) {
    return program.error(
      `error: --no-auth (AUTH=none) with --host ${read.host}. Allowed: only with a loopback address, such as 127.0.0.1`,
    );
  }
  const { publicUrl = null, oidcIssuer, oidcClientId, oidcClientSecret, oidcRole } = read;
  const isOidcWhole = publicUrl && oidcIssuer && oidcClientId && oidcClientSecret;
  if ((oidcIssuer || oidcClientId || oidcClientSecret) && !isOidcWhole) {
    return program.error(
      "error: OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET and PUBLIC_URL are set in part. Allowed: all of them, or none of the first three",
    );
  }
  const oidc = isOidcWhole
    ? {
      issuer: oidcIssuer,
      clientId: oidcClientId,
      clientSecret: oidcClientSecret,
      newUsers: oidcRole ?? null,
      publicUrl,
    }
    : null;
  return {
    auth: isOpen ? { kind: "open" } : { kind: "sign_in", publicUrl, oidc },
    host: read.host,
    port: read.port,
    databaseUrl: read.database,
    databaseDirectUrl: read.databaseDirect ?? read.database,
    conflictWindowMs: read.conflictWindow * 1_000,
    limits: {
      requestsPerKey: read.requestsPerKey,
      ingestMemoryBytes: read.ingestMemory * MIB,
      liveConnections: read.liveConnections,
    },
    retentionDays: read.retentionDays ?? null,
    logLevel: read.logLevel,
  };
}
