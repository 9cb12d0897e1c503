/**
 * The simulated TWS / IB Gateway as a program. `--help` tells its settings, `docs/gateway/` the
 * rest.
 */
import { systemClock } from "../base/clock.ts";
import { command, EXIT_USAGE, oneOf, readEnvLocal, setting } from "../base/command.ts";
import { endOfProgram, LIFELINE_VARIABLE } from "../base/lifetime.ts";
import { ChainFileError } from "../options/formats/recorded.ts";
import { consoleLog } from "../telemetry/log.ts";
import { ScenarioError } from "./faults/scenario.ts";
import { type ChainFileForm, convertChains } from "./market/convert.ts";
import { RecordError } from "./recorder/record.ts";
import { aborted, recordUntil, replayUntil } from "./recorder/run.ts";
import { CannotListen, serve } from "./serve.ts";
import { type Settings, settings, wrongTogether } from "./settings.ts";

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
  deno task gateway record --record gateway.jsonl --upstream 127.0.0.1:7497
      stand before TWS on port 4002, and write down what it says, without account numbers
  deno task gateway replay-record gateway.jsonl --speed 10
      answer as it did, ten times as fast
  deno task gateway --scenario gateway-sim/faults/scenarios/night.json
      what a gateway does around its nightly restart, in ten minutes
  deno task gateway --fault '{"fault":"drop","everySeconds":60,"probability":0.5}'
      every minute each connection is dropped, or not
  curl -X POST http://127.0.0.1:4080/faults -d '{"fault":"mute","seconds":90}'
      subscriptions are taken and never tick, for 90 s (docs/gateway/faults.md)
  curl http://127.0.0.1:4080/state
      who is connected, with how many lines and messages`;

/** Runs until a signal or the lifeline ends it. */
async function run(chosen: Settings): Promise<void> {
  refuse(wrongTogether(chosen));
  const end = endOfProgram({ lifeline: Deno.env.get(LIFELINE_VARIABLE) === "1" });
  const log = consoleLog("gateway", "info");
  const { record, upstream, replayRecord } = chosen;
  if (record !== undefined && upstream) {
    const chosenRecord = { ...chosen, record, upstream };
    Deno.exit(await orExit(() => recordUntil(end, chosenRecord, log)));
  }
  if (replayRecord !== undefined) {
    Deno.exit(await orExit(() => replayUntil(end, { ...chosen, replayRecord }, log)));
  }
  const running = await orExit(() => serve(chosen, log, systemClock));
  const { port, controlPort } = running;
  log.info("gateway.listening", `The TWS API listens on ${chosen.host}:${port}`, {
    port,
    controlPort,
    market: chosen.replay === undefined ? "synthetic" : "replay",
  });
  await aborted(end);
  await running.close();
  Deno.exit(0);
}

function refuse(sentence: string | undefined): void {
  if (sentence === undefined) return;
  console.error(`error: ${sentence} (see gateway --help)`);
  Deno.exit(EXIT_USAGE);
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
  RecordError,
  ScenarioError,
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
  program.command("record")
    .description("stand before a real gateway and write down what it says: --record, --upstream")
    .action(() => {
      const chosen = program.opts<Settings>();
      if (chosen.record === undefined) refuse("record needs --record FILE");
      return run(chosen);
    });
  program.command("replay-record")
    .description("answer as a recorded gateway did")
    .argument("<file>", "what record wrote")
    .action((replayRecord: string) => run({ ...program.opts<Settings>(), replayRecord }));
  await program.parseAsync(Deno.args, { from: "user" });
}
