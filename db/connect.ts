/**
 * The connection to PostgreSQL, by postgres.js.
 */
import postgres from "postgres";

/** A pool of connections (or one transaction's connection). */
export type Sql = postgres.Sql;

/** Where the database is and how it is used. */
export interface ConnectOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** The name by which the program shows in `pg_stat_activity`. */
  readonly program: string;
  /** Connections at most. */
  readonly max?: number;
}

/** Seconds that one try to connect may take. */
const CONNECT_TIMEOUT_S = 5;

/**
 * Opens a pool; connections are made when they are needed. End it with `sql.end()`.
 * Rows come back as text where postgres.js knows no plainer form: arrays too, as no list of types
 * is read at each connection (`fetch_types`), and `db/batch_columns.ts` reads the arrays itself.
 */
export function connectDatabase(options: ConnectOptions): Sql {
  return postgres(options.url, {
    max: options.max ?? 10,
    connect_timeout: CONNECT_TIMEOUT_S,
    fetch_types: false,
    // A database that is away is told to the caller at once; who waits between tries is theirs.
    backoff: () => 0,
    connection: { application_name: `lastmark ${options.program}`, TimeZone: "UTC" },
    onnotice: () => {},
    types: { bytea: BYTEA },
  });
}

/**
 * Bytes as PostgreSQL writes them, in hexadecimal. What postgres.js has for it goes through Deno's
 * Buffer, which reads hexadecimal ten times as slowly as V8 does.
 */
const BYTEA = {
  to: 17,
  from: [17],
  serialize: (bytes: Uint8Array): string => `\\x${bytes.toHex()}`,
  parse: (text: string): Uint8Array => Uint8Array.fromHex(text.slice(2)),
};

/** What PostgreSQL refused, by its five-letter code (SQLSTATE); `undefined` for any other error. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof postgres.PostgresError ? error.code : undefined;
}

/** Codes of postgres.js and of the system that say the database cannot be reached. */
const AWAY = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);

/**
 * Whether an error says that the database cannot be reached or is starting or ending
 * (SQLSTATE classes 08, 57P and 53: connections, operator's intervention, no resources).
 */
export function isDatabaseAway(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return /^(08|57P|53)/.test(state);
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && AWAY.has(code);
}
