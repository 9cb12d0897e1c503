/**
 * The simulated TWS / IB Gateway as a program. `--help` tells its settings, `docs/gateway/` the
 * rest.
 */
import { systemClock } from "../base/clock.ts";
import { command, EXIT_USAGE, oneOf, readEnvLocal, setting } from "../base/command.ts";
import { endOfProgram, LIFELINE_VARIABLE } from "../base/lifetime.ts";
import { ChainFileError } from "../options/formats/recorded.ts";
import { consoleLog } from "../telemetry/log.ts";
import { type ChainFileForm, convertChains } from "./market/convert.ts";
import { CannotListen, serve } from "./serve.ts";
import { type Settings, settings } from "./settings.ts";

const EXAMPLES = `
Examples:
  deno task gateway
      the made-up market with a real gateway's limits, on port 4002
  deno task gateway --replay ./chains --step-seconds 60
      recorded chains, a new file of each symbol every minute
  deno task gateway --message-limit 0 --line-limit 0 --tick-delay 0
      no limits and no delays: whole chains in seconds
  deno task gateway convert ./downloads ./chains
      recorded chains of any known format in Lastmark's own
  curl http://127.0.0.1:4080/state
      who is connected, with how many lines and messages`;

/** Runs until a signal or the lifeline ends it. */
async function run(chosen: Settings): Promise<void> {
  if (chosen.stepSeconds !== undefined && chosen.replay === undefined) {
    console.error("error: --step-seconds needs --replay (see gateway --help)");
    Deno.exit(EXIT_USAGE);
  }
  const end = endOfProgram({ lifeline: Deno.env.get(LIFELINE_VARIABLE) === "1" });
  const log = consoleLog("gateway", "info");
  const running = await orExit(() => serve(chosen, log, systemClock));
  const { port, controlPort } = running;
  log.info("gateway.listening", `The TWS API listens on ${chosen.host}:${port}`, {
    port,
    controlPort,
    market: chosen.replay === undefined ? "synthetic" : "replay",
  });
  if (!end.aborted) {
    await new Promise<void>((resolve) => end.addEventListener("abort", () => resolve()));
  }
  await running.close();
  Deno.exit(0);
}

/** Writes recorded chains of any known format in Lastmark's own. */
async function convert(from: string, to: string, form: ChainFileForm): Promise<void> {
  const files = await orExit(() => convertChains(from, to, form));
  console.log(`${files.length} files written to ${to}`);
}

/** What fails for a reason that the user can mend is one line and exit code 1. */
async function orExit<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const mendable = MENDABLE.some((kind) => error instanceof kind);
    if (!mendable || !(error instanceof Error)) throw error;
    console.error(`error: ${error.message}`);
    Deno.exit(1);
  }
}

/** Taken ports, unreadable chains, folders that cannot be written. */
const MENDABLE = [
  CannotListen,
  ChainFileError,
  Deno.errors.PermissionDenied,
  Deno.errors.NotCapable,
  Deno.errors.AlreadyExists,
  Deno.errors.NotADirectory,
  Deno.errors.NotFound,
];

if (import.meta.main) {
  readEnvLocal();
  const program = command("gateway", "A simulated TWS / IB Gateway: the TWS API over TCP.");
  for (const option of settings()) program.addOption(option);
  program.addHelpText("after", EXAMPLES).action(() => run(program.opts<Settings>()));
  const converting = program.command("convert")
    .description("write recorded chains of any known format in Lastmark's own")
    .argument("<from>", "folder of recorded chains")
    .argument("<to>", "folder to write to")
    .addOption(
      setting({
        flags: "--format <name>",
        help: "json or csv",
        parse: oneOf("json", "csv"),
        fallback: "json",
      }),
    )
    .action((from: string, to: string) =>
      convert(from, to, converting.opts<{ readonly format: ChainFileForm }>().format)
    );
  await program.parseAsync(Deno.args, { from: "user" });
}
