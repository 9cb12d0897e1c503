/** How a read shows on the terminal: one line that counts; elsewhere a plain line now and then. */
import type { Clock } from "../base/clock.ts";
import type { Ticker } from "../options/contract.ts";

const REDRAW_MS = 100;
const PLAIN_LINE_MS = 10_000;

/** Shows how far a read is. */
export interface Progress {
  show(ticker: Ticker, done: number, total: number): void;
  /** Clears the counting line, before other lines are written. */
  end(): void;
}

/** Where progress goes. */
export interface ProgressOutput {
  /** On a terminal one line is drawn over and over; elsewhere each text is a line of its own. */
  readonly terminal: boolean;
  readonly write: (text: string) => void;
}

/** Standard error, so that standard output stays what was asked for. */
export function standardError(): ProgressOutput {
  const encoder = new TextEncoder();
  return {
    terminal: Deno.stderr.isTerminal(),
    write: (text) => void Deno.stderr.writeSync(encoder.encode(text)),
  };
}

/** Shows progress on the output. */
export function createProgress(clock: Clock, { terminal, write }: ProgressOutput): Progress {
  const everyMs = terminal ? REDRAW_MS : PLAIN_LINE_MS;
  let lastMs = terminal ? Number.NEGATIVE_INFINITY : clock.monotonicMs();
  let shown = false;
  return {
    show(ticker, done, total) {
      const nowMs = clock.monotonicMs();
      if (nowMs - lastMs < everyMs && !(terminal && done === total)) return;
      lastMs = nowMs;
      const text = `${ticker}: ${done} of ${total} contracts`;
      // ESC [K clears what an earlier, longer text left of the line.
      write(terminal ? `\r${text}\x1b[K` : `${text}\n`);
      shown = terminal;
    },
    end() {
      if (shown) write("\r\x1b[K");
      shown = false;
      // A read that is over in a moment needs no plain line.
      if (!terminal) lastMs = clock.monotonicMs();
    },
  };
}
