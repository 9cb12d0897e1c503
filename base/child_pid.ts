/**
 * Processes by their number, for those that outlived who started them.
 */

/** The command line of a process, empty where there is none; a number can be another's by now. */
export async function commandLineOf(pid: number): Promise<string> {
  if (!Number.isInteger(pid) || pid <= 0) return "";
  if (Deno.build.os === "linux") {
    try {
      return (await Deno.readTextFile(`/proc/${pid}/cmdline`)).replaceAll("\0", " ").trim();
    } catch (error) {
      // ESRCH (3): it ended while it was read.
      if (error instanceof Deno.errors.NotFound || /os error 3\b/.test(String(error))) return "";
      throw error;
    }
  }
  const ps = new Deno.Command("ps", { args: ["-o", "args=", "-p", String(pid)], stderr: "null" });
  return new TextDecoder().decode((await ps.output()).stdout).trim();
}

/** Sends a signal to a process; one that has ended already needs none. */
export function signalProcess(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || /os error 3\b/.test(String(error)))) throw error;
  }
}
