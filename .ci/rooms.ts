/**
 * The rooms at the top level and what each may import (docs/decisions: the table is the design's).
 */
import type { Import } from "./graph.ts";

/** Room → rooms that it may import, besides itself. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  options: ["base"],
  telemetry: ["base"],
  db: ["base", "options", "telemetry"],
  agent: ["base", "options", "telemetry"],
  "gateway-sim": ["base", "options", "telemetry"],
  web: ["base", "options", "telemetry", "db"],
  cli: ["base", "options", "telemetry", "db"],
  observability: ["telemetry"],
  loadtest: ["base", "options", "db"],
  ".ci": ["base", "options", "telemetry", "db"],
};

/** Packages by room: the names in the `imports` of the room's `deno.json`. */
export type PackagesByRoom = Readonly<Record<string, readonly string[]>>;

/**
 * One sentence for each import that the table, or the room's `deno.json`, does not allow.
 *
 * @example
 * ```ts
 * import { forbiddenImports } from "./rooms.ts";
 * const imports = [{ from: "agent/main.ts", specifier: "../db/keys.ts", to: "db/keys.ts", line: 3 }];
 * console.assert(forbiddenImports(imports, { agent: [] }).length === 1);
 * ```
 */
export function forbiddenImports(imports: readonly Import[], packages: PackagesByRoom): string[] {
  return imports.flatMap((found) => {
    const reason = found.to === null
      ? refusedPackage(found, packages)
      : refusedRoom(found.from, found.to);
    return reason === null ? [] : [`${found.from}:${found.line} ${reason}`];
  });
}

function roomOf(path: string): string {
  const slash = path.indexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

function refusedRoom(from: string, to: string): string | null {
  const room = roomOf(from);
  const other = roomOf(to);
  if (room === other) return null;
  const allowed = MAY_IMPORT[room];
  if (allowed === undefined) return `is in no room that the table knows (${room || "top level"})`;
  if (allowed.includes(other)) return null;
  const list = allowed.length === 0 ? "nothing of ours" : allowed.join(", ");
  return `imports ${to}, but ${room} may import ${list}`;
}

function refusedPackage({ from, specifier }: Import, packages: PackagesByRoom): string | null {
  if (specifier.startsWith("node:")) return null;
  if (/^[a-z]+:/.test(specifier)) {
    return `imports ${specifier}: name the package in the room's deno.json and import it by name`;
  }
  const room = roomOf(from);
  const parts = specifier.split("/");
  const name = specifier.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0] ?? specifier;
  if (packages[room]?.includes(name)) return null;
  return `imports ${name}, which ${room}/deno.json does not name`;
}
