/** Installs and removes an agent's service, and says in words what was done and what is left to do. */
import { foldersOf, type Service, type ServiceFile } from "./service.ts";

/**
 * Runs a program of the system; the exit code and what it complained of.
 *
 * @throws {NotPermitted} where this program may not.
 */
export type RunProgram = (
  words: readonly string[],
) => Promise<{ readonly code: number; readonly stderr: string }>;

/** This program may not run others, as an agent may not: a person has to. */
export class NotPermitted extends Error {}

/** A step that the system refused; the message is for the person who asked for it. */
export class ServiceRefused extends Error {}

/** Writes the files, then has the system start the service. A file of settings is left as it is. */
export async function install(service: Service, run: RunProgram): Promise<readonly string[]> {
  const { definition, settings } = service;
  for (const folder of foldersOf(service)) await Deno.mkdir(folder, { recursive: true });
  const said: string[] = [];
  const isNew = await writeNew(settings.path, settings.text, settings.mode);
  if (!isNew) await onlyFor(settings.path, settings.mode);
  await Deno.writeFile(definition.path, bytesOf(definition), { mode: definition.mode });
  said.push(`${definition.path} written`);
  if (isNew) {
    said.push(
      `${settings.path} written, which only its owner may read`,
      `Write the agent's key into it, then start the agent: ${commandsText(service.start)}`,
    );
    return said;
  }
  try {
    for (const words of service.start) await succeed(words, run);
    said.push(`started with the settings of ${settings.path}`);
  } catch (error) {
    if (!(error instanceof NotPermitted)) throw error;
    said.push(`Start it: ${commandsText(service.start)}`);
  }
  return said;
}

/** Ends the service and removes its definition. The settings, with the key, stay. */
export async function uninstall(service: Service, run: RunProgram): Promise<readonly string[]> {
  const { definition, settings } = service;
  // It may not run, or never have been started: what counts is that it is gone.
  const ends = [];
  try {
    for (const words of service.stop) ends.push(await run(words));
  } catch (error) {
    if (!(error instanceof NotPermitted)) throw error;
    const commands = commandsText(service.stop);
    throw new ServiceRefused(`End it first: ${commands}; then remove ${definition.path}`);
  }
  const removed = await remove(definition.path);
  const complaint = ends.find(({ code }) => code !== 0)?.stderr.trim();
  if (!removed && complaint !== undefined) {
    throw new ServiceRefused(
      `${definition.path} is not there: nothing was installed (${complaint})`,
    );
  }
  return [`${definition.path} removed`, `${settings.path} stays: it may hold the key`];
}

/** The commands as one would type them. */
export function commandsText(commands: readonly (readonly string[])[]): string {
  return commands.map((words) =>
    words.map((word) => /\s/.test(word) ? `"${word}"` : word).join(" ")
  ).join(" && ");
}

async function succeed(words: readonly string[], run: RunProgram): Promise<void> {
  const { code, stderr } = await run(words);
  if (code === 0) return;
  throw new ServiceRefused(`${words.join(" ")} ended with ${code}: ${stderr.trim()}`);
}

/** A file's text as it stands on the disk. */
export function bytesOf({ text, encoding }: ServiceFile): Uint8Array {
  if (encoding === undefined) return new TextEncoder().encode(text);
  const marked = `\ufeff${text}`;
  const units = Array.from({ length: marked.length }, (_, index) => marked.charCodeAt(index));
  const bytes = new DataView(new ArrayBuffer(units.length * 2));
  const littleEndian = true;
  units.forEach((unit, index) => bytes.setUint16(index * 2, unit, littleEndian));
  return new Uint8Array(bytes.buffer);
}

/** Whether the file was made; one that is there is left as it is. */
async function writeNew(path: string, text: string, mode: number): Promise<boolean> {
  try {
    await Deno.writeTextFile(path, text, { createNew: true, mode });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

async function onlyFor(path: string, mode: number): Promise<void> {
  // Windows has no such modes: there the folder's rights hold.
  if (Deno.build.os !== "windows") await Deno.chmod(path, mode);
}

async function remove(path: string): Promise<boolean> {
  try {
    await Deno.remove(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
