/**
 * Command lines and settings, on commander: a flag wins over the environment, the environment over
 * `.env.local`. A wrong or missing setting ends the program with one line that names the setting,
 * what was read and what is allowed.
 */
import { Command, InvalidArgumentError, Option } from "commander";
import { LIFELINE_VARIABLE } from "./lifetime.ts";
import { withoutKeys } from "./secrets.ts";

/** The exit code for a wrong command line or setting (as in sysexits, 64: EX_USAGE). */
export const EXIT_USAGE = 64;

/** What `setting()` needs to know. */
export interface SettingSpec<T> {
  /** As commander writes it: `--port <number>`. */
  readonly flags: string;
  readonly help: string;
  /** The environment variable that sets it; an empty one counts as not set. */
  readonly env?: string;
  /** Turns the text into a value, or throws `InvalidArgumentError` saying what is allowed. */
  readonly parse: (text: string) => T;
  /** The value without flag and environment; without a default the setting is optional. */
  readonly fallback?: T;
}

/** One setting as a commander option. */
export function setting<T>(spec: SettingSpec<T>): Option {
  const option = new Option(spec.flags, spec.help).argParser((text: string) => spec.parse(text));
  if (spec.env !== undefined) {
    forgetEmpty(spec.env);
    option.env(spec.env);
  }
  if (spec.fallback !== undefined) option.default(spec.fallback);
  return option;
}

/** A parser for whole numbers within bounds. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text.trim()) || value < least || value > most) {
      throw new InvalidArgumentError(`Allowed: a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

/** A parser for a TCP port; 0 lets the system choose. */
export const port: (text: string) => number = wholeNumber(0, 65_535);

/** A parser for one of several words. */
export function oneOf<const T extends string>(...allowed: readonly T[]): (text: string) => T {
  return (text) => {
    const found = allowed.find((word) => word === text);
    if (found === undefined) {
      throw new InvalidArgumentError(`Allowed: ${allowed.join(", ")}.`);
    }
    return found;
  };
}

/** A parser for a URL with one of the given schemes (`http:`, `postgres:` …). */
export function url(...schemes: readonly string[]): (text: string) => URL {
  return (text) => {
    const parsed = URL.parse(text);
    if (!parsed || !schemes.includes(parsed.protocol)) {
      throw new InvalidArgumentError(`Allowed: a URL that starts with ${schemes.join(" or ")}`);
    }
    return parsed;
  };
}

/** A range of client IDs, both ends included. */
export interface IdRange {
  readonly first: number;
  readonly last: number;
}

/** A parser for a range such as `300-399`. */
export function idRange(text: string): IdRange {
  const match = /^(\d{1,9})-(\d{1,9})$/.exec(text.trim());
  const first = Number(match?.[1]);
  const last = Number(match?.[2]);
  if (!match || first > last) {
    throw new InvalidArgumentError("Allowed: a range such as 300-399, smaller number first.");
  }
  return { first, last };
}

/**
 * A command that exits with {@link EXIT_USAGE} on wrong usage and prints one line, not the help.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { command, port, setting } from "./command.ts";
 * const web = command("web", "The server.")
 *   .addOption(setting({ flags: "--port <number>", help: "port", env: "APP_PORT", parse: port, fallback: 8000 }));
 * web.parse(["--port", "9000"], { from: "user" });
 * assert(web.opts<{ port: number }>().port === 9000);
 * ```
 */
export function command(name: string, description: string): Command {
  return new Command(name).description(description).showHelpAfterError(
    `(see ${name} --help)`,
  ).configureOutput({
    // One line: commander writes where the help is behind this.
    outputError: (text, write) => write(`${withoutKeys(text.trimEnd())} `),
    // Nothing is coloured; commander's own answer would need the permission to read variables.
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  }).exitOverride((error) => {
    Deno.exit(error.exitCode === 0 ? 0 : EXIT_USAGE);
  });
}

/**
 * Reads `.env.local` beside the program, when it is there, below the real environment.
 * Call before parsing the command line. A program that `start` runs has all of it from `start`.
 */
export function readEnvLocal(path = ".env.local"): void {
  if (mayRead(LIFELINE_VARIABLE) && Deno.env.get(LIFELINE_VARIABLE) === "1") return;
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*([A-Z][A-Z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line);
    // A name that this program may not read is another program's setting.
    if (!match?.[1] || !mayRead(match[1]) || Deno.env.get(match[1])) continue;
    const value = (match[2] ?? "").replace(/^(["'])(.*)\1$/, "$2");
    if (value !== "") Deno.env.set(match[1], value);
  }
}

/** `DATABASE_URL=` is how people write "none", in files and in compose and unit files too. */
function forgetEmpty(variable: string): void {
  if (mayRead(variable) && Deno.env.get(variable) === "") Deno.env.delete(variable);
}

function mayRead(variable: string): boolean {
  return Deno.permissions.querySync({ name: "env", variable }).state === "granted";
}
