/** The server as a program: `deno task web`. */
import { sleep, systemClock } from "../base/clock.ts";
import { readEnvLocal } from "../base/command.ts";
import { endOfProgram, LIFELINE_VARIABLE } from "../base/lifetime.ts";
import { isDatabaseAway } from "../db/connect.ts";
import { consoleLog, type Log } from "../telemetry/log.ts";
import { type RunningServer, startServer } from "./server.ts";
import { readSettings, type Settings } from "./settings.ts";

/** How long a server that starts waits for a database that is starting too. */
const DATABASE_WAIT_MS = 60_000;

const RETRY_MS = 250;

async function main(): Promise<void> {
  readEnvLocal();
  const settings = readSettings(Deno.args);
  const log = consoleLog("web", settings.logLevel);
  const end = endOfProgram({ lifeline: Deno.env.get(LIFELINE_VARIABLE) === "1" });
  const server = await start(settings, log, end);
  if (!server) return;
  log.info("web.listening", `Listening on ${server.url}`, { url: server.url, port: server.port });
  if (!end.aborted) await new Promise((resolve) => end.addEventListener("abort", resolve));
  log.info("web.ending", "Ending");
  await server.close();
}

/** Starts as soon as the database answers; `undefined` where the program is ended before. */
async function start(
  settings: Settings,
  log: Log,
  end: AbortSignal,
): Promise<RunningServer | undefined> {
  const clock = systemClock();
  const deadlineMs = clock.monotonicMs() + DATABASE_WAIT_MS;
  for (let tries = 0;; tries++) {
    try {
      return await startServer({
        host: settings.host,
        port: settings.port,
        databaseUrl: settings.databaseUrl.href,
        databaseDirectUrl: settings.databaseDirectUrl.href,
        conflictWindowMs: settings.conflictWindowMs,
        limits: settings.limits,
        retentionDays: settings.retentionDays,
        auth: settings.auth,
        log,
      });
    } catch (error) {
      if (!isDatabaseAway(error) || clock.monotonicMs() > deadlineMs) throw error;
      if (tries === 0) log.warn("web.waiting", `Waiting for the database: ${sentence(error)}`);
      if (end.aborted) return undefined;
      await sleep(clock, RETRY_MS);
    }
  }
}

/** One line that says what is so. */
function complain(error: unknown): void {
  if (error instanceof Deno.errors.AddrInUse) {
    const { host, port } = readSettings(Deno.args);
    console.error(`Port ${port} of ${host} is in use; choose another with --port or APP_PORT.`);
  } else console.error(sentence(error));
}

function sentence(error: unknown): string {
  return error instanceof Error && error.message !== "" ? error.message : String(error);
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    complain(error);
    Deno.exit(1);
  }
  Deno.exit(0); // the read of the lifeline is still under way
}
