/** Where an export goes: standard output, or a file that is there only when it is whole. */
import type { Sink } from "./history_file.ts";

/** The path that stands for standard output. */
export const STDOUT = "-";

/** Gives `write` where its bytes go. A file gets its name at the end; on an error nothing is left of it. */
export async function toPath(path: string, write: (sink: Sink) => Promise<void>): Promise<void> {
  if (path === STDOUT) return await write((bytes) => writeAll(Deno.stdout, bytes));
  const part = `${path}.part`;
  using file = await Deno.open(part, { write: true, create: true, truncate: true });
  try {
    await write((bytes) => writeAll(file, bytes));
    await file.sync();
    await Deno.rename(part, path);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    throw error;
  }
}

async function writeAll(
  to: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
}
