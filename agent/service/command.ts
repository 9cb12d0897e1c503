/** `agent service`: prints what runs the agent as a service of this system, or installs it. */
import { homedir } from "node:os";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import {
  commandsText,
  install,
  NotPermitted,
  type RunProgram,
  ServiceRefused,
  uninstall,
} from "./install.ts";
import { type Platform, platformOf, type Scope, type Service, serviceOf } from "./service.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Settings of `agent service`. */
export interface ServiceSettings {
  readonly agentId: string;
  readonly platform?: Platform;
  readonly scope: Scope;
  readonly install?: boolean;
  readonly uninstall?: boolean;
}

/** Does what the settings say; returns the lines to print. */
export async function runService(settings: ServiceSettings): Promise<readonly string[]> {
  const here = platformOf(Deno.build.os);
  const platform = settings.platform ?? here;
  const service = serviceOf({
    platform,
    scope: settings.scope,
    agentId: settings.agentId,
    command: await agentCommand(),
    folder: ROOT.replace(/[\\/]$/, ""),
    home: homedir(),
  });
  if (!settings.install && !settings.uninstall) return shown(service);
  if (platform !== here) {
    throw new ServiceRefused(`A service of ${platform} cannot be installed here, under ${here}.`);
  }
  return settings.install
    ? await install(service, runProgram)
    : await uninstall(service, runProgram);
}

/** The definition alone on standard output would be enough for a file; a person needs the rest. */
function shown({ definition, settings, start }: Service): readonly string[] {
  return [
    `# ${definition.path}`,
    definition.text,
    `# ${settings.path} (mode ${settings.mode.toString(8)}: only its owner may read it)`,
    settings.text,
    `# Start it: ${commandsText(start)}`,
    "# Or have all this done: agent service --install",
  ];
}

const TASKS = z.object({ tasks: z.object({ agent: z.string() }) });

/** What `deno task agent run` runs, with the same permissions, and without the task's shell between. */
async function agentCommand(): Promise<readonly string[]> {
  const { tasks } = TASKS.parse(JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`)));
  return [Deno.execPath(), ...tasks.agent.split(" ").slice(1), "run"];
}

const runProgram: RunProgram = async ([program = "", ...args]) => {
  try {
    const ended = await new Deno.Command(program, { args, stdin: "null", stdout: "null" }).output();
    return { code: ended.code, stderr: new TextDecoder().decode(ended.stderr) };
  } catch (error) {
    // An agent's task may run nothing; on a terminal Deno has asked the person by now.
    if (error instanceof Deno.errors.NotCapable) throw new NotPermitted(error.message);
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { code: 127, stderr: `there is no ${program} here` };
  }
};
