/**
 * The simulated TWS / IB Gateway as a program. `--help` tells its settings, `docs/gateway/` the
 * rest.
 */
import { command, EXIT_USAGE, readEnvLocal } from "../base/command.ts";
import { endOfProgram, LIFELINE_VARIABLE } from "../base/lifetime.ts";
import { ChainFileError } from "../options/formats/recorded.ts";
import { consoleLog } from "../telemetry/log.ts";
import { CannotListen, type Running, serve } from "./serve.ts";
import { type Settings, settings } from "./settings.ts";

const EXAMPLES = `
Examples:
  deno task gateway
      the made-up market with a real gateway's limits, on port 4002
  deno task gateway --replay ./chains --step-seconds 60
      recorded chains, a new file of each symbol every minute
  deno task gateway --message-limit 0 --line-limit 0 --tick-delay 0
      no limits and no delays: whole chains in seconds
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
  const running = await startOrExit(() => serve(chosen, log));
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

/** What cannot be started for a reason that the user can mend is one line and exit code 1. */
async function startOrExit(start: () => Promise<Running>): Promise<Running> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof CannotListen || error instanceof ChainFileError)) throw error;
    console.error(`error: ${error.message}`);
    Deno.exit(1);
  }
}

if (import.meta.main) {
  readEnvLocal();
  const program = command("gateway", "A simulated TWS / IB Gateway: the TWS API over TCP.");
  for (const option of settings()) program.addOption(option);
  program.addHelpText("after", EXAMPLES).action(() => run(program.opts<Settings>()));
  await program.parseAsync(Deno.args, { from: "user" });
}
