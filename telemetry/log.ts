/**
 * Logs: one JSON line an event on standard output, warnings and errors on standard error.
 * `event` is a stable name for machines, `message` a sentence for people and for `grep`.
 */
import { withoutKeys } from "../base/secrets.ts";

/** How much an event matters. */
export type LogLevel = "debug" | "info" | "warn" | "error";

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Values a log field may have. Times are ISO strings, sizes and durations numbers with a unit in the name. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Writes events. */
export interface Log {
  debug(event: string, message: string, fields?: LogFields): void;
  info(event: string, message: string, fields?: LogFields): void;
  warn(event: string, message: string, fields?: LogFields): void;
  error(event: string, message: string, fields?: LogFields): void;
  /** The same log with fields that every line carries. */
  with(fields: LogFields): Log;
}

/** Where lines go and from which level on. */
export interface LogOptions {
  readonly program: string;
  readonly level: LogLevel;
  readonly nowMs: () => number;
  readonly write: (line: string, level: LogLevel) => void;
}

/**
 * A log that writes JSON lines, without agents' keys.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { jsonLog } from "./log.ts";
 * const lines: string[] = [];
 * const log = jsonLog({ program: "web", level: "info", nowMs: () => 0, write: (l) => lines.push(l) });
 * log.info("web.listening", "Listening", { port: 8000 });
 * assert(JSON.parse(lines[0] ?? "").event === "web.listening");
 * ```
 */
export function jsonLog(options: LogOptions, bound: LogFields = {}): Log {
  const at =
    (level: LogLevel) => (event: string, message: string, fields: LogFields = {}): void => {
      if (RANK[level] < RANK[options.level]) return;
      const time = new Date(options.nowMs()).toISOString();
      const line = { time, level, program: options.program, event, message, ...bound, ...fields };
      options.write(withoutKeys(JSON.stringify(line)), level);
    };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (fields) => jsonLog(options, { ...bound, ...fields }),
  };
}

/** The log of a running program: lines to standard output, warnings and errors to standard error. */
export function consoleLog(program: string, level: LogLevel): Log {
  return jsonLog({
    program,
    level,
    nowMs: () => Date.now(),
    write: (line, at) => at === "warn" || at === "error" ? console.error(line) : console.log(line),
  });
}

/** A log that keeps nothing, for tests that do not look at it. */
export const silentLog: Log = jsonLog({
  program: "test",
  level: "error",
  nowMs: () => 0,
  write: () => {},
});
