/** The running server: its pools, its chains in memory, its lines to pages, and the address it answers at. */
import { type Clock, systemClock } from "../base/clock.ts";
import { connectDatabase, type Sql } from "../db/connect.ts";
import { checkedInstallation, tokenKeyOf } from "../db/installation.ts";
import { findKey, markKeysUsed } from "../db/keys.ts";
import { pendingMigrations } from "../db/pending.ts";
import { maintain } from "../db/maintain.ts";
import { UPKEEP_EVERY_MS } from "../db/upkeep.ts";
import { StoredSets } from "../db/stored_sets.ts";
import { IngestReader } from "../options/wire/ingest_reader.ts";
import type { Log } from "../telemetry/log.ts";
import { buildApp } from "./app.ts";
import { KeyCache } from "./auth/key_cache.ts";
import { Oidc, type OidcSettings } from "./auth/oidc.ts";
import { UserDoor } from "./auth/door.ts";
import { SignInRate } from "./auth/sign_in_rate.ts";
import { LastUsed } from "./auth/last_used.ts";
import { askForBars } from "./bars/ask.ts";
import { BarsDesk } from "./bars/desk.ts";
import { type Database, inTime, QUICK_DEADLINE_MS } from "./database.ts";
import { DatabaseWatch } from "./database_watch.ts";
import about from "./deno.json" with { type: "json" };
import { type LimitSettings, limitsOf } from "./limits/limits.ts";
import { ChainCache } from "./live/chains.ts";
import { Closes } from "./live/closes.ts";
import { Days } from "./live/days.ts";
import { LiveFeed } from "./live/feed.ts";
import { Hub } from "./live/hub.ts";
import { routes } from "./routes.ts";
import { errorPage } from "./routes/_error.tsx";
import type { Door, Services } from "./services.ts";
import { AgentDesk } from "./session/desk.ts";
import { AgentSessions } from "./session/sessions.ts";

/** What a server is started with. */
export interface ServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly databaseUrl: string;
  /** The same database without a pooler between. */
  readonly databaseDirectUrl: string;
  readonly conflictWindowMs: number;
  readonly limits: LimitSettings;
  /** How long history is kept; `null` keeps all of it. */
  readonly retentionDays: number | null;
  readonly auth: AuthSettings;
  readonly log: Log;
}

/** Who may come in. */
export type AuthSettings =
  /** Whoever sits at this machine. */
  | { readonly kind: "open" }
  /** Who signs in; `publicUrl` is the address at which browsers reach the server. */
  | {
    readonly kind: "sign_in";
    readonly publicUrl: URL | null;
    readonly oidc: OidcSettings | null;
  };

/** A server that answers. */
export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** Lets the requests under way end, then closes every line and pool. */
  close(): Promise<void>;
}

/** Connections for the work; the quick questions and LISTEN have their own. */
const WORK_CONNECTIONS = 10;
const QUICK_CONNECTIONS = 3;

/** The database lacks tables of this version. */
export class MigrationsMissingError extends Error {
  constructor(readonly names: readonly string[]) {
    super(
      `The database lacks ${names.join(", ")} of this version's migrations; run: deno task migrate`,
    );
  }
}

/**
 * Starts a server. Throws {@link MigrationsMissingError}, `ClockBehindDataError`,
 * `Deno.errors.AddrInUse`, and what PostgreSQL throws (`isDatabaseAway` tells whether to try again).
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { log } = options;
  // Ended in the reverse order: first the door, then the lines and the hub, last the pools.
  await using running = new AsyncDisposableStack();
  const pool = (url: string, max: number): Sql => {
    const sql = connectDatabase({ url, max, program: "web" });
    running.defer(() => sql.end({ timeout: 2 }));
    return sql;
  };
  const database: Database = {
    work: pool(options.databaseUrl, WORK_CONNECTIONS),
    quick: pool(options.databaseUrl, QUICK_CONNECTIONS),
  };
  const missing = await pendingMigrations(database.quick);
  if (missing.length > 0) throw new MigrationsMissingError(missing);
  const { clockOffsetMs } = await checkedInstallation(database.quick);
  const clock = systemClock({ offsetMs: clockOffsetMs });
  const watch = new DatabaseWatch(clock, () => database.quick`SELECT 1`);
  const keys = new KeyCache({
    clock,
    find: (hash) => watch.run(() => findKey(database.quick, hash), QUICK_DEADLINE_MS),
  });
  const lastUsed = new LastUsed({
    clock,
    log,
    write: (uses) => inTime(clock, markKeysUsed(database.quick, uses)),
  });
  running.defer(() => lastUsed.stop());
  const chains = new ChainCache({ database, clock, log });
  const direct = pool(options.databaseDirectUrl, 1);
  running.defer(() => chains.close());
  const hub = new Hub({ clock, log, database, direct, chains });
  running.defer(() => hub.stop());
  await hub.start();
  const door = await doorOf(options.auth, { clock, database });
  running.defer(() => door.kind === "open" ? undefined : door.users.close());
  const days = new Days({ clock, database });
  const feed = new LiveFeed({ clock, log, chains, hub, days });
  running.defer(() => feed.close());
  const { conflictWindowMs } = options;
  const agents = new AgentDesk({ clock, log, database, direct, conflictWindowMs });
  running.defer(() => agents.stop());
  await agents.start();
  const sessions = new AgentSessions({
    clock,
    log,
    database,
    watch,
    keys,
    conflictWindowMs,
    desk: agents,
  });

  const hourly = clock.every(UPKEEP_EVERY_MS, () => {
    maintain(database.work, { retentionDays: options.retentionDays }).catch((error: unknown) => {
      log.warn("database.maintenance", `The database's maintenance broke off: ${error}`);
    });
  });
  running.defer(() => hourly.cancel());

  const services: Services = {
    clock,
    log,
    version: about.version,
    database,
    watch,
    keys,
    lastUsed,
    limits: limitsOf(clock, options.limits),
    chains,
    door,
    days,
    closes: new Closes({ clock, database }),
    reader: new IngestReader(),
    storedSets: new StoredSets(),
    committed: (ticker, batch) => hub.committed(ticker, batch),
    openLive: (socket) => feed.open(socket),
    bars: new BarsDesk({
      clock,
      database,
      ask: (wish) => askForBars(agents, wish),
    }),
    agents,
    sessions,
    conflictWindowMs,
  };
  const http = listen(options, services);
  running.defer(() => http.shutdown());
  // Lines to pages and agents are requests under way to the server: they must end before it can.
  running.defer(() => {
    feed.close();
    sessions.close();
  });
  chains.warm();
  const { port } = http.addr;
  const cleanUp = running.move();
  return { url: urlOf(options.host, port), port, close: () => cleanUp.disposeAsync() };
}

function listen(options: ServerOptions, services: Services): Deno.HttpServer<Deno.NetAddr> {
  const app = buildApp({ services, routes, errorPage });
  return Deno.serve({
    hostname: options.host,
    port: options.port,
    automaticCompression: true,
    onListen: () => {},
    handler: (request, info) => app.fetch(request, { peer: info.remoteAddr.hostname }),
  });
}

async function doorOf(
  auth: AuthSettings,
  { clock, database }: { readonly clock: Clock; readonly database: Database },
): Promise<Door> {
  if (auth.kind === "open") return auth;
  const tokenKey = await tokenKeyOf(database.quick);
  return {
    kind: "sign_in",
    users: new UserDoor({ clock, database, tokenKey }),
    rate: new SignInRate(clock),
    transport: auth.publicUrl?.protocol === "https:" ? "tls" : "plain",
    oidc: auth.oidc && new Oidc(auth.oidc, tokenKey),
  };
}

/** The address as a browser takes it; a server on every address is reached at loopback too. */
function urlOf(host: string, port: number): string {
  const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}
