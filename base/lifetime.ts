/**
 * How a program ends: on SIGINT or SIGTERM, and, for a program that `lastmark start` runs, when
 * the pipe to its parent closes (so that a parent killed with SIGKILL leaves no child behind).
 */

/** The environment variable by which a parent tells a child that standard input is the lifeline. */
export const LIFELINE_VARIABLE = "LASTMARK_LIFELINE";

/** `deno task` passes on the SIGINT that a terminal's Ctrl-C has sent already: one wish, not two. */
const SAME_WISH_MS = 500;

/**
 * A signal that aborts when the program should end. A second SIGINT or SIGTERM, half a second
 * later or more, ends it at once with exit code 130.
 */
export function endOfProgram(options: { readonly lifeline: boolean }): AbortSignal {
  const controller = new AbortController();
  let wishedMs = 0;
  const end = (why: string): void => {
    if (controller.signal.aborted) return;
    wishedMs = performance.now();
    controller.abort(new Error(why));
  };
  const onSignal = (name: Deno.Signal): void => {
    const again = controller.signal.aborted && performance.now() - wishedMs > SAME_WISH_MS;
    if (again) Deno.exit(130);
    end(name);
  };
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM"];
  for (const name of signals) Deno.addSignalListener(name, () => onSignal(name));
  if (options.lifeline) void watchLifeline(() => end("the parent process ended"));
  return controller.signal;
}

async function watchLifeline(onEnd: () => void): Promise<void> {
  // Nothing is ever written to it; a read returns only when the parent's end is closed.
  for await (const _ of Deno.stdin.readable) { /* ignored */ }
  onEnd();
}
