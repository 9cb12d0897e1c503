/** Two servers on one database, each a process of its own as in production, for tests that race or kill them. */
import type { Sql } from "../../db/connect.ts";
import { saveDeal } from "../../db/deals.ts";
import { createKey } from "../../db/keys.ts";
import { withTestDatabase } from "../../db/testing.ts";
import { addWatch } from "../../db/watches.ts";
import { EA, SPX } from "./harness.ts";
import { startWeb, type WebProcess } from "./web_process.ts";

/** What a test is given. */
export interface Processes {
  readonly servers: readonly [WebProcess, WebProcess];
  readonly sql: Sql;
  readonly databaseUrl: string;
  /** A key of the agents `deals`, `deals-0`, `deals-1` … */
  readonly key: string;
  /** Starts another, by the way to the database that is given; it is killed after the test. */
  start(databaseUrl?: string): Promise<WebProcess>;
}

/** Runs a test against two servers; EA is a deal there, SPX is watched. */
export async function withProcesses(
  test: (given: Processes) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  await withTestDatabase(async (sql, databaseUrl) => {
    await saveDeal(sql, { ticker: EA, cash: 210, close: "2026-12-31" });
    await addWatch(sql, SPX);
    const { key } = await createKey(sql, { agent: "deals" });
    await using started = new AsyncDisposableStack();
    const start = async (by = databaseUrl): Promise<WebProcess> => {
      const server = await startWeb({
        databaseUrl: by,
        port: 0,
        env: { DATABASE_DIRECT_URL: databaseUrl, ...env },
      });
      started.defer(() => server.kill());
      return server;
    };
    const servers = await Promise.all([start(), start()]);
    await test({ servers, sql, databaseUrl, key, start });
  });
}
