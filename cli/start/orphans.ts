/**
 * The processes of a `start`, written down so that the next one ends what outlived it. They end by
 * themselves when their pipe closes; this waits for that, and ends one that hangs.
 */
import { commandLineOf, signalProcess } from "../../base/child_pid.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import { z } from "zod";

const processes = z.record(z.string(), z.object({ pid: z.number(), script: z.string() }));
type Processes = z.infer<typeof processes>;

const PATIENCE_MS = 5_000;
const LOOK_AGAIN_MS = 20;

/** Keeps the list of one `start`'s processes in a file. */
export class ProcessList {
  #all: Processes = {};

  constructor(private readonly file: string) {}

  /** Notes the process in which a program runs now. */
  note(name: string, pid: number, script: string): void {
    this.#all = { ...this.#all, [name]: { pid, script } };
    // Synchronous, so that no kill can come between the start of a process and its note.
    Deno.writeTextFileSync(this.file, JSON.stringify(this.#all));
  }

  /** All have ended in order. */
  clear(): void {
    Deno.removeSync(this.file);
  }
}

/** Waits until the processes of an earlier start are gone, and ends what stays. */
export async function endOrphans(clock: Clock, file: string): Promise<void> {
  const deadline = clock.monotonicMs() + PATIENCE_MS;
  for (const { pid, script } of Object.values(await readList(file))) {
    while ((await commandLineOf(pid)).includes(script)) {
      if (clock.monotonicMs() > deadline) signalProcess(pid, "SIGKILL");
      await sleep(clock, LOOK_AGAIN_MS);
    }
  }
}

async function readList(file: string): Promise<Processes> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
  try {
    return processes.parse(JSON.parse(text));
  } catch {
    // Cut off while it was written: that start had just begun its first process.
    return {};
  }
}
