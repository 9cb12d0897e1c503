/** Puts market, gateway and control API together and runs them. */
import type { Clock } from "../base/clock.ts";
import { readChainFolder } from "../options/formats/folder.ts";
import type { Log } from "../telemetry/log.ts";
import { startControl } from "./control/control.ts";
import { parseScenario, playScenario } from "./faults/scenario.ts";
import type { Market, MarketSymbol } from "./market/market.ts";
import { type ReplayMarket, replayOf } from "./market/replay.ts";
import { syntheticMarket } from "./market/synthetic.ts";
import { startGateway } from "./server/gateway.ts";
import type { Settings } from "./settings.ts";

/** A running simulated gateway. */
export interface Running {
  readonly port: number;
  readonly controlPort: number;
  /** Ends connections, timers and listeners. */
  close(): Promise<void>;
}

/** What is served: a market, its symbols, and the handle of a replay. */
interface Served {
  readonly clock: Clock;
  readonly market: Market & { symbols(): readonly MarketSymbol[] };
  readonly replay: ReplayMarket | null;
}

/** An address or port that cannot be listened on, for a reason that the user can mend. */
export class CannotListen extends Error {}

/** Makes a clock whose domain time is real time plus an offset. */
export type ClockMaker = (offset: { readonly offsetMs: number }) => Clock;

/**
 * Starts all. Listens when it resolves.
 *
 * @throws {CannotListen} when an address or port cannot be had.
 * @throws {ChainFileError} when a replay's files cannot be read.
 * @throws {ScenarioError} when a scenario cannot be read.
 */
export async function serve(
  settings: Settings,
  log: Log,
  makeClock: ClockMaker,
): Promise<Running> {
  const scenario = settings.scenario === undefined
    ? undefined
    : parseScenario(await Deno.readTextFile(settings.scenario), settings.scenario);
  const { clock, market, replay } = await openMarket(settings, makeClock);
  const control = { hostname: "127.0.0.1", port: settings.controlPort };
  const gateway = listen(
    "--port",
    settings.host,
    settings.port,
    () => startGateway({ ...settings, hostname: settings.host, market, clock, log }),
  );
  try {
    const server = listen(
      "--control-port",
      control.hostname,
      control.port,
      () => startControl({ ...control, gateway, clock, symbols: () => market.symbols(), replay }),
    );
    for (const fault of settings.fault) gateway.faults.add(fault);
    const stopScenario = scenario && playScenario(scenario, gateway.faults, clock);
    const steps = replay && settings.stepSeconds !== undefined
      ? clock.every(settings.stepSeconds * 1000, () => void replay.step({}))
      : undefined;
    return {
      port: gateway.port,
      controlPort: server.port,
      async close() {
        steps?.cancel();
        stopScenario?.();
        await gateway.close();
        await server.close();
        market.close();
      },
    };
  } catch (error) {
    await gateway.close();
    market.close();
    throw error;
  }
}

async function openMarket(settings: Settings, makeClock: ClockMaker): Promise<Served> {
  if (settings.replay === undefined) {
    const clock = makeClock({ offsetMs: settings.clockOffsetMs ?? 0 });
    const market = syntheticMarket({ seed: settings.seed, clock });
    return { clock, market, replay: null };
  }
  const chains = await readChainFolder(settings.replay);
  const earliestMs = Math.min(...chains.map((chain) => chain.updatedMs));
  const offsetMs = settings.clockOffsetMs ?? earliestMs - Date.now();
  const clock = makeClock({ offsetMs });
  const replay = replayOf(chains, clock);
  return { clock, market: replay, replay };
}

/** Starts what listens, or says why it cannot in words that help. */
export function listen<T>(flag: string, hostname: string, port: number, start: () => T): T {
  try {
    return start();
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      const text = `Port ${port} of ${hostname} is in use by another program`;
      throw new CannotListen(`${text}; choose one with ${flag}`);
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new CannotListen(`Cannot listen on ${hostname}:${port}: ${reason}`);
  }
}
