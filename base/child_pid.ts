/**
 * Processes by their number, for those that outlived who started them.
 */

/** The command line of a process, empty where there is none; a number can be another's by now. */
export async function commandLineOf(pid: number): Promise<string> {
  if (!Number.isInteger(pid) || pid <= 0) return "";
  // Not read by this program itself: Deno lets only one that may do everything into /proc.
  const argv = Deno.build.os === "linux"
    ? ["cat", `/proc/${pid}/cmdline`]
    : ["ps", "-o", "args=", "-p", String(pid)];
  const [command = "", ...args] = argv;
  const { stdout } = await new Deno.Command(command, { args, stderr: "null" }).output();
  return new TextDecoder().decode(stdout).replaceAll("\0", " ").trim();
}

/** Sends a signal to a process; one that has ended already needs none. */
export function signalProcess(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || /os error 3\b/.test(String(error)))) throw error;
  }
}
