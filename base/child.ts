/**
 * Child programs: run with a lifeline (a pipe as standard input, see `lifetime.ts`), watched, run
 * again when they die, ended in order.
 */
import type { Clock } from "./clock.ts";
import { linesOf } from "./child_lines.ts";
import { LIFELINE_VARIABLE } from "./lifetime.ts";

/** Which program to run, and how. */
export interface ChildSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Added to this program's environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** What a child is watched by. `T` is what its ready line tells. */
export interface ChildOptions<T> {
  readonly clock: Clock;
  /** The program; after the first time with what the run before told, so that ports stay the same. */
  readonly spec: (before: T | undefined) => ChildSpec;
  /** What a line of standard output tells when it is the ready line; `undefined` for all others. */
  readonly readReady: (line: string) => T | undefined;
  /** Each line the child writes. */
  readonly onLine: (line: string, stream: "stdout" | "stderr") => void;
  /** A process of it has begun. */
  readonly onStart: (pid: number) => void;
  /** The child ended unasked and is run again after `delayMs`. */
  readonly onRestart: (end: ChildEnd, delayMs: number) => void;
}

/** How a child ended. */
export interface ChildEnd {
  readonly code: number;
  readonly signal: Deno.Signal | null;
}

/** A child that is kept running. */
export interface KeptChild<T> {
  /** What the first ready line told; rejects with a {@link ChildNotReadyError} where there is none. */
  readonly ready: Promise<T>;
  /** The process, while one runs. */
  readonly pid: number | undefined;
  /** Ends it in order and runs it again at once: its sources have changed. */
  restart(): Promise<void>;
  /** Ends it for good: closes the pipe, after 5 s sends SIGTERM, after 10 s SIGKILL. */
  stop(): Promise<void>;
}

/** A child ended before it was ready; `lastWords` is the last line it wrote to standard error. */
export class ChildNotReadyError extends Error {
  constructor(readonly end: ChildEnd, readonly lastWords: string) {
    super(lastWords === "" ? `it ended with ${endText(end)}` : lastWords);
  }
}

/** `exit code 1` or the name of the signal. */
export function endText(end: ChildEnd): string {
  return end.signal ?? `exit code ${end.code}`;
}

const TERMINATE_AFTER_MS = 5_000;
const KILL_AFTER_MS = 10_000;
const FIRST_DELAY_MS = 250;
const MOST_DELAY_MS = 15_000;
/** A run this long was a good one: the next delay begins small again. */
const GOOD_RUN_MS = 30_000;

/** Runs a child until `stop()`, again and again, with a delay that doubles while it keeps dying. */
export function keepRunning<T>(options: ChildOptions<T>): KeptChild<T> {
  const { clock } = options;
  const first = Promise.withResolvers<T>();
  // Who does not wait for `ready` hears of a failure by `stop()` or not at all.
  first.promise.catch(() => {});
  const stopped = Promise.withResolvers<void>();
  let told: T | undefined;
  let delayMs = FIRST_DELAY_MS;
  let stopping = false;
  let restarting = false;
  let running: Deno.ChildProcess | undefined;
  let pause: { cancel(): void } | undefined;

  const begin = (): void => {
    run().catch((error: unknown) => {
      // It could not be run at all: nothing that a second try would mend.
      stopping = true;
      first.reject(error);
      stopped.resolve();
    });
  };
  const run = async (): Promise<void> => {
    const startedMs = clock.monotonicMs();
    const child = running = spawn(options.spec(told));
    options.onStart(child.pid);
    let lastWords = "";
    const [status] = await Promise.all([
      child.status,
      eachLine(child.stdout, (line) => {
        const ready = options.readReady(line);
        if (ready !== undefined) {
          told = ready;
          first.resolve(ready);
        }
        options.onLine(line, "stdout");
      }),
      eachLine(child.stderr, (line) => {
        if (line.trim() !== "") lastWords = line;
        options.onLine(line, "stderr");
      }),
    ]);
    running = undefined;
    // Fails where stop() closed the pipe already.
    await child.stdin.close().catch(() => {});
    const end = { code: status.code, signal: status.signal };
    if (stopping) return stopped.resolve();
    if (restarting) {
      restarting = false;
      return begin();
    }
    if (told === undefined) {
      first.reject(new ChildNotReadyError(end, lastWords));
      stopping = true;
      return stopped.resolve();
    }
    if (clock.monotonicMs() - startedMs > GOOD_RUN_MS) delayMs = FIRST_DELAY_MS;
    options.onRestart(end, delayMs);
    pause = clock.after(delayMs, begin);
    delayMs = Math.min(delayMs * 2, MOST_DELAY_MS);
  };
  begin();

  return {
    ready: first.promise,
    get pid() {
      return running?.pid;
    },
    async restart() {
      if (!running || stopping || restarting) return;
      restarting = true;
      await endInOrder(clock, running);
    },
    async stop() {
      if (!stopping) {
        stopping = true;
        pause?.cancel();
        if (running) await endInOrder(clock, running);
        else stopped.resolve();
      }
      await stopped.promise;
    },
  };
}

function spawn(spec: ChildSpec): Deno.ChildProcess {
  return new Deno.Command(spec.command, {
    args: [...spec.args],
    cwd: spec.cwd,
    env: { ...spec.env, [LIFELINE_VARIABLE]: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    // A terminal's Ctrl-C is for this program, which ends its children in the right order.
    detached: true,
  }).spawn();
}

async function endInOrder(clock: Clock, child: Deno.ChildProcess): Promise<void> {
  const later = [
    // A program of ours that is still ending takes this for a second wish and exits at once.
    clock.after(TERMINATE_AFTER_MS, () => kill(child, "SIGTERM")),
    clock.after(KILL_AFTER_MS, () => kill(child, "SIGKILL")),
  ];
  // Fails where the child has closed its end already.
  await child.stdin.close().catch(() => {});
  await child.status;
  for (const timer of later) timer.cancel();
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    // It ended in the meantime.
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function eachLine(
  stream: ReadableStream<Uint8Array>,
  take: (line: string) => void,
): Promise<void> {
  for await (const line of linesOf(stream)) take(line);
}
