/**
 * Runs all of Lastmark on this machine: the database, the simulated gateway, the server and one
 * agent, each a program of its own, in this order; and ends them in the other.
 */
import { join, resolve } from "node:path";
import { z } from "zod";
import {
  ChildNotReadyError,
  type ChildSpec,
  endText,
  keepRunning,
  type KeptChild,
} from "../../base/child.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { connectDatabase } from "../../db/connect.ts";
import { dataFolder, inspectFolder, lockFolder } from "../../db/embedded/data_folder.ts";
import { migrate } from "../../db/migrate.ts";
import { upkeep, UPKEEP_EVERY_MS } from "../../db/upkeep.ts";
import { Failure, failureLine } from "../failure.ts";
import { keepDatabase } from "./database.ts";
import { endOrphans, ProcessList } from "./orphans.ts";
import { type ProgramName, type ProgramOptions, readPrograms } from "./programs.ts";
import { firstLink } from "./first_user.ts";
import { watchSources } from "./reload.ts";
import { newsOnly, plainLine, readLogLine, type Say, teller } from "./say.ts";
import { agentKey, seedTickers, settleClock } from "./seed.ts";

/** The settings of `start`, as the command line gives them. */
export interface StartSettings {
  readonly port: number;
  readonly data: string;
  readonly replay?: string;
  /** `false` is `--no-auth`. */
  readonly auth: "sign-in" | "none" | false;
  readonly gatewayPort: number;
  readonly controlPort: number;
  readonly database?: URL;
  /** Run a program again when its sources change. */
  readonly reload: boolean;
}

/** Seconds between two reads: the simulated gateway has no limits, and its prices move all the time. */
const COLLECTION_INTERVAL = "30";

/** The name of the agent that `start` runs. */
const AGENT = "local";

/** What each program says on its ready line. */
const READY = {
  gateway: z.object({
    event: z.literal("gateway.listening"),
    port: z.number(),
    controlPort: z.number(),
  }),
  web: z.object({ event: z.literal("web.listening"), url: z.string(), port: z.number() }),
  agent: z.object({ event: z.literal("agent.started") }),
};

/** The signal to end came before all was up. */
class Ended extends Error {}

/** Runs until `end` aborts. Throws a Failure, of one line, where something cannot be. */
export async function start(settings: StartSettings, end: AbortSignal): Promise<void> {
  try {
    await run(settings, end);
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
  }
}

async function run(settings: StartSettings, end: AbortSignal): Promise<void> {
  const clock = systemClock();
  const say = teller(clock, console.log);
  const data = resolve(settings.data);
  const folder = dataFolder(data);
  await using cleanup = new AsyncDisposableStack();

  const replay = settings.replay === undefined ? undefined : resolve(settings.replay);
  if (replay !== undefined) await refuseNoFolder(replay);
  if (!settings.database) await inspectFolder(folder);
  const lock = await lockFolder(folder);
  if (lock === null) {
    throw new Failure(
      `another start is running on ${folder.path}: end that one, or name another folder with --data`,
    );
  }
  cleanup.defer(() => lock.release());
  const list = join(data, "running.json");
  await endOrphans(clock, list);
  refuseBusyPort(settings.port);
  await Deno.mkdir(join(data, "agent"), { recursive: true, mode: 0o700 });
  const specs = await readPrograms();
  const processes = new ProcessList(list);

  const built = buildPages(specs, say);
  built.catch(() => {});
  const database = await keepDatabase({ clock, folder, say, url: settings.database?.href });
  cleanup.defer(() => database.stop());
  if (end.aborted) throw new Ended();
  const migrated = await migrate(database.url);
  if (migrated.length > 0) say("database", `ran ${migrated.join(", ")}`);
  const sql = connectDatabase({ url: database.url, program: "start", max: 2 });
  cleanup.defer(() => sql.end());
  const offset = { CLOCK_OFFSET_MS: String(await settleClock(sql, clock, replay)) };
  await upkeep(sql);
  const daily = clock.every(UPKEEP_EVERY_MS, () => {
    upkeep(sql).catch((error) => say("database", failureLine(error) ?? String(error)));
  });
  cleanup.defer(() => daily.cancel());
  const key = await agentKey(sql, AGENT, join(data, "agent", "key"));

  const keep = <T>(name: ProgramName, kept: Kept<T>): KeptChild<T> => {
    const child = keepProgram(name, kept, { clock, say, processes, specs });
    cleanup.defer(() => child.stop());
    return child;
  };
  const gateway = keep("gateway", {
    ready: READY.gateway,
    options: (before) => ({
      args: [
        ...["--port", String(before?.port ?? settings.gatewayPort)],
        ...["--control-port", String(before?.controlPort ?? settings.controlPort)],
        ...["--message-limit", "0", "--line-limit", "0", "--tick-delay", "0"],
        ...(replay === undefined ? [] : ["--replay", replay]),
      ],
      env: offset,
      folders: replay === undefined ? [] : [replay],
    }),
  });
  const gatewayAt = await upOrEnd("gateway", gateway, end);
  say(
    "gateway",
    `on 127.0.0.1:${gatewayAt.port}, control API http://127.0.0.1:${gatewayAt.controlPort}`,
  );
  const seeded = await seedTickers(sql, gatewayAt.controlPort);
  if (seeded > 0) say("start", `following the ${seeded} tickers of the gateway`);

  await built;
  const isOpen = settings.auth === false || settings.auth === "none";
  const web = keep("web", {
    ready: READY.web,
    options: (before) => ({
      args: ["--port", String(before?.port ?? settings.port)],
      env: { DATABASE_URL: database.url, AUTH: isOpen ? "none" : "sign-in" },
    }),
  });
  const webAt = await upOrEnd("web", web, end);
  say("web", `on ${webAt.url}`);
  const agent = keep("agent", {
    ready: READY.agent,
    options: () => ({
      args: ["run"],
      env: {
        ...offset,
        SERVER_URL: webAt.url,
        AGENT_ID: AGENT,
        AGENT_API_KEY: key,
        IB_HOST: "127.0.0.1",
        IB_PORT: String(gatewayAt.port),
        RATE: "0",
        LINES: "5000",
        COLLECTION_INTERVAL: Deno.env.get("COLLECTION_INTERVAL") || COLLECTION_INTERVAL,
        SPOOL_DIR: join(data, "agent", "spool"),
      },
      folders: [join(data, "agent")],
    }),
  });
  await upOrEnd("agent", agent, end);
  say("agent", `reads from the gateway as ${AGENT}`);
  say("start", `Lastmark is at ${webAt.url} (Ctrl-C ends it)`);
  const link = isOpen ? undefined : await firstLink(sql, webAt.url);
  if (link !== undefined) say("start", `sign in, once, by this link, and set a password: ${link}`);
  say("start", "below: the first read of each ticker, and what goes wrong");

  if (settings.reload) {
    const rebuilt = {
      restart: () => buildPages(specs, say).then(() => web.restart()),
    };
    cleanup.use(watchSources({ gateway, web: rebuilt, agent }, say));
  }
  await aborted(end);
  say("start", "ending");
  cleanup.defer(() => processes.clear());
}

/** A program to keep running. */
interface Kept<T> {
  readonly ready: z.ZodType<T>;
  readonly options: (before: T | undefined) => ProgramOptions;
}

function keepProgram<T>(
  name: ProgramName,
  kept: Kept<T>,
  by: {
    readonly clock: Clock;
    readonly say: Say;
    readonly processes: ProcessList;
    readonly specs: (name: ProgramName, options: ProgramOptions) => ChildSpec;
  },
): KeptChild<T> {
  const isNews = newsOnly();
  return keepRunning({
    clock: by.clock,
    spec: (before) => by.specs(name, kept.options(before)),
    readReady: (line) => kept.ready.safeParse(readLogLine(line)).data,
    onStart: (pid) =>
      by.processes.note(name, pid, `${name === "gateway" ? "gateway-sim" : name}/main.ts`),
    onLine(line) {
      // Whoever waits for the ready line tells of it in its own words.
      if (kept.ready.safeParse(readLogLine(line)).success || !isNews(line)) return;
      by.say(name, plainLine(line));
    },
    onRestart: (ended, delayMs) =>
      by.say(name, `ended by ${endText(ended)}; running it again in ${delayMs / 1000} s`),
  });
}

/** Waits until a program is ready; its own last line says why where it is not. */
async function upOrEnd<T>(name: string, child: KeptChild<T>, end: AbortSignal): Promise<T> {
  try {
    return await Promise.race([
      child.ready,
      aborted(end).then(() => Promise.reject(new Ended())),
    ]);
  } catch (error) {
    if (error instanceof ChildNotReadyError) {
      throw new Failure(`${name}: ${plainLine(error.message)}`);
    }
    throw error;
  }
}

/** Builds the browser's part where it is missing or older than its sources. */
async function buildPages(
  specs: (name: ProgramName, options: ProgramOptions) => ChildSpec,
  say: Say,
): Promise<void> {
  const { command, args, env, cwd } = specs("build", { args: ["--if-needed"], env: {} });
  const output = await new Deno.Command(command, { args: [...args], env, cwd, stdin: "null" })
    .output();
  const words = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).trim();
  if (!output.success) throw new Failure(`the pages could not be built: ${words(output.stderr)}`);
  const last = words(output.stdout).split("\n").at(-1);
  if (last) say("build", last);
}

/** A folder that is not there is told before anything is made. */
async function refuseNoFolder(replay: string): Promise<void> {
  const found = await Deno.stat(replay).catch((error: unknown) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  if (!found?.isDirectory) {
    throw new Failure(`--replay: ${replay} is ${found ? "no folder" : "not there"}`);
  }
}

/** A busy port is told before anything is started. */
function refuseBusyPort(port: number): void {
  if (port === 0) return;
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new Failure(
      `port ${port} is taken by another program: choose another with --port (APP_PORT)`,
    );
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((done) => signal.addEventListener("abort", () => done(), { once: true }));
}
