/**
 * The file that a record is written to. Lines of all connections follow each other whole, each in
 * the file before the one who wrote it goes on: a crash of the program loses nothing that was said
 * before it.
 */
import type { Log } from "../../telemetry/log.ts";
import { headingLine } from "./record.ts";

/** Takes lines. */
export interface RecordFile {
  /** Whether the disk refused a line; nothing is written after it. */
  readonly failed: boolean;
  /** Resolves when the lines are in the file, or cannot be written. */
  append(lines: string): Promise<void>;
  close(): Promise<void>;
}

const encoder = new TextEncoder();

/**
 * Begins a record in a new file, which only its owner may read.
 *
 * @throws {Deno.errors.AlreadyExists} when there is one already: no record is overwritten.
 */
export async function createRecordFile(
  path: string,
  startedAtMs: number,
  log: Log,
): Promise<RecordFile> {
  const file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  let failed = false;
  const write = async (lines: string): Promise<void> => {
    if (failed) return;
    try {
      const bytes = encoder.encode(lines);
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    } catch (error) {
      failed = true;
      const reason = error instanceof Error ? error.message : String(error);
      log.error("recorder.failed", `The record ends here, ${path} takes no more: ${reason}`);
    }
  };
  let last = write(headingLine(startedAtMs));
  await last;
  return {
    get failed() {
      return failed;
    },
    append(lines) {
      last = last.then(() => write(lines));
      return last;
    },
    async close() {
      await last;
      file.close();
    },
  };
}
