/**
 * The simulated TWS / IB Gateway as a program. `--help` tells its settings, `docs/gateway/` the
 * rest.
 */
import { InvalidArgumentError } from "commander";
import { systemClock } from "../base/clock.ts";
import { command, port, readEnvLocal, setting, wholeNumber } from "../base/command.ts";
import { endOfProgram, LIFELINE_VARIABLE } from "../base/lifetime.ts";
import { consoleLog } from "../telemetry/log.ts";
import { startControl } from "./control/control.ts";
import { syntheticMarket } from "./market/synthetic.ts";
import { startGateway } from "./server/gateway.ts";
import { GREATEST_SERVER_VERSION, SMALLEST_SERVER_VERSION } from "./wire/versions.ts";

/** The settings, as the command line gives them. */
interface Settings {
  readonly host: string;
  readonly port: number;
  readonly controlPort: number;
  readonly seed: number;
  readonly stepSeconds: number;
  readonly messageLimit: number;
  readonly lineLimit: number;
  readonly tickDelay: { readonly leastMs: number; readonly mostMs: number };
  readonly serverVersion: number;
  readonly accounts: readonly string[];
  readonly replay?: string;
}

/** `100-1600` or one number, in milliseconds. */
function tickDelay(text: string): Settings["tickDelay"] {
  const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(text.trim());
  const leastMs = Number(match?.[1]);
  const mostMs = Number(match?.[2] ?? match?.[1]);
  if (!match || leastMs > mostMs) {
    throw new InvalidArgumentError("Allowed: milliseconds as 0 or 100-1600, smaller number first.");
  }
  return { leastMs, mostMs };
}

/** Comma-separated account codes of letters and digits. */
function accounts(text: string): readonly string[] {
  const codes = text.split(",").map((code) => code.trim());
  if (!codes.every((code) => /^[A-Z]{1,3}\d{3,12}$/.test(code))) {
    throw new InvalidArgumentError("Allowed: account codes such as DU1234567, comma between.");
  }
  return codes;
}

function run(settings: Settings): void {
  const offsetMs = Number(Deno.env.get("CLOCK_OFFSET_MS") ?? 0);
  const clock = systemClock({ offsetMs });
  const log = consoleLog("gateway", "info");
  const end = endOfProgram({ lifeline: Deno.env.get(LIFELINE_VARIABLE) === "1" });
  const market = syntheticMarket({ seed: settings.seed, clock });
  const gateway = startGateway({ ...settings, hostname: settings.host, market, clock, log });
  const control = startControl({
    gateway,
    hostname: "127.0.0.1",
    port: settings.controlPort,
    symbols: () => market.symbols(),
    replay: null,
  });
  log.info("gateway.listening", `Listening on ${settings.host}:${gateway.port}`, {
    port: gateway.port,
    controlPort: control.port,
  });
  end.addEventListener("abort", async () => {
    await gateway.close();
    await control.close();
    market.close();
    Deno.exit(0);
  });
}

if (import.meta.main) {
  readEnvLocal();
  const program = command("gateway", "A simulated TWS / IB Gateway: the TWS API over TCP.")
    .addOption(setting({
      flags: "--host <address>",
      help: "address to listen on",
      parse: (text) => text,
      fallback: "127.0.0.1",
    }))
    .addOption(
      setting({ flags: "--port <number>", help: "TWS API port", parse: port, fallback: 4002 }),
    )
    .addOption(setting({
      flags: "--control-port <number>",
      help: "port of the control API",
      parse: port,
      fallback: 4080,
    }))
    .addOption(setting({
      flags: "--seed <number>",
      help: "seed of the made-up market and of delays",
      parse: wholeNumber(0, 2_147_483_647),
      fallback: 1,
    }))
    .addOption(setting({
      flags: "--message-limit <number>",
      help: "messages per second of one client; 0: without limit",
      parse: wholeNumber(0, 1_000_000),
      fallback: 50,
    }))
    .addOption(setting({
      flags: "--line-limit <number>",
      help: "market-data lines of all clients together; 0: without limit",
      parse: wholeNumber(0, 1_000_000),
      fallback: 100,
    }))
    .addOption(setting({
      flags: "--tick-delay <ms>",
      help: "ticks come within these milliseconds after a subscription; 0: at once",
      parse: tickDelay,
      fallback: { leastMs: 100, mostMs: 1600 },
    }))
    .addOption(setting({
      flags: "--server-version <number>",
      help: "greatest server version to announce",
      parse: wholeNumber(SMALLEST_SERVER_VERSION, GREATEST_SERVER_VERSION),
      fallback: GREATEST_SERVER_VERSION,
    }))
    .addOption(setting({
      flags: "--accounts <codes>",
      help: "account codes, comma between",
      parse: accounts,
      fallback: ["DU1234567"],
    }))
    .action(() => run(program.opts<Settings>()));
  program.parse(Deno.args, { from: "user" });
}
