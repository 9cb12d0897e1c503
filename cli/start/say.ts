/** What `start` tells on the terminal: what is being done, since when, and what its programs log. */
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";

/** Tells of one step, after the seconds since the start. */
export type Say = (who: string, what: string) => void;

const WHO_WIDTH = 8;

/** A teller that begins to count now. */
export function teller(clock: Clock, write: (line: string) => void): Say {
  const beganMs = clock.monotonicMs();
  return (who, what) => {
    const seconds = ((clock.monotonicMs() - beganMs) / 1000).toFixed(1);
    write(`${seconds.padStart(6)} s  ${who.padEnd(WHO_WIDTH)}  ${what}`);
  };
}

const logLine = z.looseObject({
  level: z.enum(["debug", "info", "warn", "error"]),
  event: z.string(),
  message: z.string(),
});

/** A line that one of our programs logged. */
export type ProgramLine = z.infer<typeof logLine>;

/** Reads a JSON log line; `undefined` for any other text. */
export function readLogLine(line: string): ProgramLine | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return logLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

const HEAD = new Set(["time", "level", "program", "event", "message"]);

/**
 * A program's line for the terminal: its message, and what it carries as `name=value`.
 *
 * @example
 * ```ts
 * import { plainLine } from "./say.ts";
 * const line = `{"level":"warn","event":"x","message":"Slow","program":"web","ms":31}`;
 * console.assert(plainLine(line) === "warn: Slow ms=31");
 * ```
 */
export function plainLine(line: string): string {
  const read = readLogLine(line);
  if (!read) return line;
  const fields = Object.entries(read)
    .filter(([name, value]) => !HEAD.has(name) && value !== null)
    .map(([name, value]) =>
      `${name}=${typeof value === "string" ? quoted(value) : JSON.stringify(value)}`
    );
  const level = read.level === "warn" || read.level === "error" ? `${read.level}: ` : "";
  return [level + read.message, ...fields].join(" ");
}

function quoted(value: string): string {
  return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

/**
 * Tells the news among the lines of a program: what comes with every read of a ticker (a line of
 * level info or below that names one) is news once, so that the address of the page, and what goes
 * wrong, are not carried off the terminal.
 *
 * @example
 * ```ts
 * import { newsOnly } from "./say.ts";
 * const isNews = newsOnly();
 * const line = `{"level":"info","event":"ingest.stored","message":"Stored","ticker":"EA"}`;
 * console.assert(isNews(line) && !isNews(line));
 * ```
 */
export function newsOnly(): (line: string) => boolean {
  const told = new Set<string>();
  return (line) => {
    const read = readLogLine(line);
    if (!read || typeof read["ticker"] !== "string") return true;
    if (read.level === "warn" || read.level === "error") return true;
    const what = `${read.event} ${read["ticker"]}`;
    if (told.has(what)) return false;
    told.add(what);
    return true;
  };
}
