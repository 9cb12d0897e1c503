/** A real server on a real database, for tests: HTTP and WebSocket on a port of the system's choice. */
import { keepOutput } from "../../base/testing.ts";
import { createKey } from "../../db/keys.ts";
import type { Sql } from "../../db/connect.ts";
import { withTestDatabase } from "../../db/testing.ts";
import { saveDeal } from "../../db/deals.ts";
import { setClockOffset } from "../../db/installation.ts";
import { addWatch } from "../../db/watches.ts";
import { parseTicker, type Ticker } from "../../options/contract.ts";
import { DEFAULT_LIMITS, type LimitSettings } from "../limits/limits.ts";
import { jsonLog } from "../../telemetry/log.ts";
import { type AuthSettings, type RunningServer, startServer } from "../server.ts";

/** What a test is given. */
export interface TestServer {
  readonly server: RunningServer;
  readonly sql: Sql;
  readonly databaseUrl: string;
  /** A key of the agents `deals`, `deals-0`, `deals-1` … */
  readonly key: string;
  /** What the server logged, at level info and above. */
  readonly lines: readonly Record<string, unknown>[];
  /** Starts another server on the same database; it is closed after the test. */
  another(limits?: Partial<LimitSettings>): Promise<RunningServer>;
}

/** A ticker that is a deal in every test database. */
export const EA: Ticker = ticker("EA");

/** A ticker that is watched, and no deal, in every test database. */
export const SPX: Ticker = ticker("SPX");

/** Runs a test against a server; EA is a deal there, SPX is watched. */
export async function withServer(
  test: (given: TestServer) => Promise<void>,
  installation: { readonly clockOffsetMs: number } = { clockOffsetMs: 0 },
): Promise<void> {
  await withTestDatabase(async (sql, databaseUrl) => {
    await setClockOffset(sql, installation.clockOffsetMs);
    await saveDeal(sql, { ticker: EA, cash: 210, close: "2026-12-31" });
    await addWatch(sql, SPX);
    const { key } = await createKey(sql, { agent: "deals" });
    const lines: Record<string, unknown>[] = [];
    await using servers = new AsyncDisposableStack();
    const another = async (limits?: Partial<LimitSettings>): Promise<RunningServer> => {
      const server = await serverOn(databaseUrl, lines, limits);
      servers.defer(() => server.close());
      return server;
    };
    await test({ server: await another(), sql, databaseUrl, key, lines, another });
  });
}

/** A server whose log goes into `lines`, but for its debug lines. */
export function serverOn(
  databaseUrl: string,
  lines: Record<string, unknown>[],
  limits: Partial<LimitSettings> = {},
  auth: AuthSettings = { kind: "open" },
  port = 0,
): Promise<RunningServer> {
  return startServer({
    host: "127.0.0.1",
    port,
    databaseUrl,
    databaseDirectUrl: databaseUrl,
    conflictWindowMs: 60_000,
    limits: { ...DEFAULT_LIMITS, ...limits },
    retentionDays: null,
    auth,
    log: jsonLog({
      program: "web",
      level: "debug",
      nowMs: () => Date.now(),
      write: (line, level) => {
        keepOutput(line);
        if (level !== "debug") lines.push(JSON.parse(line));
      },
    }),
  });
}

/** One contract of an ingest body. */
export type WireContract = Readonly<Record<string, unknown>>;

/** A body that is taken, with some of it replaced. */
export function bodyOf(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    ticker: "EA",
    agentId: "deals",
    agentTimestamp: new Date().toISOString(),
    spotPrice: 206.41,
    contracts: [contractOf()],
    ...change,
  };
}

/** A contract that is taken, with some of it replaced. */
export function contractOf(change: WireContract = {}): WireContract {
  return {
    symbol: "EA",
    expiry: "2030-12-20",
    strike: 210,
    right: "C",
    bid: 1.05,
    ask: 1.15,
    last: 1.1,
    volume: 5,
    open_interest: 100,
    implied_vol: 0.21,
    delta: 0.3,
    ...change,
  };
}

/** Posts to the ingest call; a body that is no text is written as JSON. */
export function post(
  server: Pick<RunningServer, "url">,
  key: string | null,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const isRaw = typeof body === "string" || body instanceof Uint8Array;
  return fetch(`${server.url}/api/price-agent/ingest-chain`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...headers,
    },
    // Only the two kinds of the line above are left.
    body: isRaw ? body as BodyInit : JSON.stringify(body),
  });
}

/** Posts a body that must be taken, and returns the answer. */
export async function mustPost(
  server: Pick<RunningServer, "url">,
  key: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Record<string, unknown>> {
  const response = await post(server, key, body, headers);
  const answer = await response.json();
  if (response.status !== 200) throw new Error(`${response.status}: ${JSON.stringify(answer)}`);
  return answer;
}

export function ticker(text: string): Ticker {
  const parsed = parseTicker(text);
  if (!parsed) throw new Error(`${text} is no ticker`);
  return parsed;
}
