/** `start` and `dev` on the command line. */
import type { Command } from "commander";
import { command, oneOf, port, setting, url } from "../../base/command.ts";
import { endOfProgram } from "../../base/lifetime.ts";
import { DEFAULT_DATA } from "../database.ts";
import { orFail } from "../failure.ts";
import { start, type StartSettings } from "./start.ts";

const START_HELP = `
Examples:
  deno task start
  deno task start --no-auth
  deno task start --port 8080 --data /var/lib/lastmark
  deno task start --replay chains/ --data .lastmark-replay

The first start makes a user and prints a link that signs in, until a password is set.

It runs the database, the simulated gateway, one agent and the server as programs of its own, and
ends them all on Ctrl-C. With DATABASE_URL set it uses that database. --replay shows recorded
chains instead of the made-up market, by a clock that begins at the earliest of them; it needs a
data folder of its own.`;

const DEV_HELP = `
As start; a program is run again when its sources change.`;

/** The command `start`. */
export function startCommand(): Command {
  return withSettings(command("start", "Run all of Lastmark on this machine."))
    .addHelpText("after", START_HELP)
    .action((settings: Omit<StartSettings, "reload">) => run({ ...settings, reload: false }));
}

/** The command `dev`. */
export function devCommand(): Command {
  return withSettings(command("dev", "Run all of Lastmark, and again what changes."))
    .addHelpText("after", DEV_HELP)
    .action((settings: Omit<StartSettings, "reload">) => run({ ...settings, reload: true }));
}

function withSettings(program: Command): Command {
  return program
    .addOption(setting({
      flags: "--port <number>",
      help: "port of the pages and the API; 0 lets the system choose",
      env: "APP_PORT",
      parse: port,
      fallback: 8000,
    }))
    .addOption(setting({
      flags: "--auth <way>",
      help: "sign-in, or none: whoever sits at this machine may do all",
      env: "AUTH",
      parse: oneOf("sign-in", "none"),
      fallback: "sign-in",
    }))
    .option("--no-auth", "the same as --auth none")
    .addOption(setting({
      flags: "--data <folder>",
      help: "where the data is kept",
      parse: (text) => text,
      fallback: DEFAULT_DATA,
    }))
    .addOption(setting({
      flags: "--replay <folder>",
      help: "recorded chains to show instead of the made-up market",
      parse: (text) => text,
    }))
    .addOption(setting({
      flags: "--gateway-port <number>",
      help: "port of the simulated gateway; 0 lets the system choose",
      parse: port,
      fallback: 0,
    }))
    .addOption(setting({
      flags: "--control-port <number>",
      help: "port of the gateway's control API; 0 lets the system choose",
      parse: port,
      fallback: 0,
    }))
    .addOption(setting({
      flags: "--database <url>",
      help: "PostgreSQL 15 or newer to use instead of the embedded one",
      env: "DATABASE_URL",
      parse: url("postgres:", "postgresql:"),
    }));
}

async function run(settings: StartSettings): Promise<void> {
  await orFail(() => start(settings, endOfProgram({ lifeline: false })));
  Deno.exit(0);
}
