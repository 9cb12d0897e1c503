/**
 * The running server as its own files tell of it: `postmaster.pid` names its process and port.
 */
import { join } from "node:path";
import { commandLineOf, signalProcess } from "../../base/child_pid.ts";
import { type Clock, sleep } from "../../base/clock.ts";

/** A server that runs on a database folder. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/** How long a server may take to end in order before it is told to end at once. */
const FAST_SHUTDOWN_MS = 15_000;
const IMMEDIATE_SHUTDOWN_MS = 5_000;
const LOOK_AGAIN_MS = 20;

/**
 * The server that runs on a folder, or `undefined`. A `postmaster.pid` can outlive its server
 * (SIGKILL) and its number be another program's by now, so the process is looked at too.
 */
export async function runningPostmaster(database: string): Promise<Postmaster | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(join(database, "postmaster.pid"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  // Lines: process, data folder, start time, port, … (PostgreSQL's miscadmin.h, LOCK_FILE_LINE_*).
  const [pid = "", , , port = ""] = text.split("\n");
  if (!(await commandLineOf(Number(pid))).includes(database)) return undefined;
  return { pid: Number(pid), port: Number(port) };
}

/** Ends the server that runs on a folder, in order, and waits until it is gone. */
export async function endPostmaster(clock: Clock, database: string): Promise<void> {
  const running = await runningPostmaster(database);
  if (!running) return;
  signalProcess(running.pid, "SIGINT");
  if (await gone(clock, database, running.pid, FAST_SHUTDOWN_MS)) return;
  signalProcess(running.pid, "SIGQUIT");
  if (await gone(clock, database, running.pid, IMMEDIATE_SHUTDOWN_MS)) return;
  throw new Error(`PostgreSQL (process ${running.pid}) on ${database} does not end`);
}

async function gone(
  clock: Clock,
  database: string,
  pid: number,
  withinMs: number,
): Promise<boolean> {
  const deadline = clock.monotonicMs() + withinMs;
  for (;;) {
    if ((await runningPostmaster(database))?.pid !== pid) return true;
    if (clock.monotonicMs() > deadline) return false;
    await sleep(clock, LOOK_AGAIN_MS);
  }
}
