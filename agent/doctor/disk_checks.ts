/** The checks of the folder in which snapshots wait. */
import { statfs } from "node:fs/promises";
import { spoolFolder } from "../settings.ts";
import { type Check, failed, type Finding, ok, warning } from "./check.ts";
import type { Patient } from "./patient.ts";

const MIB = 1024 * 1024;
/** What the spool may hold at most (`docs/specs/spool.md`), and a little for its log. */
const WANTED_BYTES = 300 * MIB;
/** Less than this is full within an hour. */
const LEAST_BYTES = 20 * MIB;
/** Enough for one snapshot of a large chain. */
const TRIED_BYTES = 256 * 1024;

const FREE_DISK = "Free some space there, or choose another folder with SPOOL_DIR.";

/** The checks, in their order. */
export function diskChecks(): readonly Check<Patient>[] {
  return [writableCheck, spaceCheck];
}

const writableCheck: Check<Patient> = {
  name: "spool folder",
  needs: [],
  deadlineMs: 5_000,
  whenSilent: "The disk is slow or gone: choose another folder with SPOOL_DIR.",
  async run({ settings }) {
    const folder = folderOf(settings);
    const path = `${folder}/doctor-${crypto.randomUUID()}`;
    try {
      await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
      using file = await Deno.open(path, { write: true, createNew: true });
      const bytes = new Uint8Array(TRIED_BYTES);
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      await file.sync();
      return ok(`${folder} can be written to`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return failed(`${folder} cannot be written to: ${reason}`, FREE_DISK);
    } finally {
      await Deno.remove(path).catch(() => {/* it was never made */});
    }
  },
};

const spaceCheck: Check<Patient> = {
  name: "disk space",
  needs: ["spool folder"],
  deadlineMs: 5_000,
  whenSilent: writableCheck.whenSilent,
  async run({ settings }) {
    const { bavail, bsize } = await statfs(folderOf(settings));
    return spaceFinding(bavail * bsize);
  },
};

/** What so much free space means for the spool. */
export function spaceFinding(freeBytes: number): Finding {
  const says = `${Math.floor(freeBytes / MIB)} MiB free`;
  if (freeBytes < LEAST_BYTES) return failed(says, FREE_DISK);
  return freeBytes < WANTED_BYTES ? warning(says, FREE_DISK) : ok(says);
}

function folderOf(settings: Patient["settings"]): string {
  return spoolFolder(settings, settings.agentId ?? "agent");
}
