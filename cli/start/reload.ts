/** `dev`: runs a program again when its sources change. */
import { join, sep } from "node:path";
import type { KeptChild } from "../../base/child.ts";
import { failureLine } from "../failure.ts";
import { ROOT } from "./programs.ts";
import type { Say } from "./say.ts";

/** The rooms each program is made of. */
const ROOMS = {
  gateway: ["base", "telemetry", "options", "gateway-sim"],
  web: ["base", "telemetry", "options", "db", "web"],
  agent: ["base", "telemetry", "options", "agent"],
} as const;

/** Editors write a file in several steps, and tools several files. */
const SETTLED_MS = 200;

/** Watches the rooms until it is disposed of. */
export function watchSources(
  programs: Readonly<Record<keyof typeof ROOMS, Pick<KeptChild<unknown>, "restart">>>,
  say: Say,
): Disposable {
  const rooms = [...new Set(Object.values(ROOMS).flat())];
  const watcher = Deno.watchFs(rooms.map((room) => join(ROOT, room)));
  const changed = new Set<string>();
  let settle: ReturnType<typeof setTimeout> | undefined;
  const restart = (): void => {
    for (const name of ["gateway", "web", "agent"] as const) {
      if (!ROOMS[name].some((room) => changed.has(room))) continue;
      say(name, "its sources have changed; running it again");
      // What does not build or run is told, and the old one stays until the next change.
      programs[name].restart().catch((error) => say(name, failureLine(error) ?? String(error)));
    }
    changed.clear();
  };
  void (async () => {
    for await (const event of watcher) {
      const sources = event.kind === "access" ? [] : event.paths.filter(isSource);
      for (const path of sources) changed.add(path.slice(ROOT.length).split(sep)[0] ?? "");
      if (sources.length === 0) continue;
      clearTimeout(settle);
      settle = setTimeout(restart, SETTLED_MS);
    }
  })();
  return {
    [Symbol.dispose]() {
      clearTimeout(settle);
      watcher.close();
    },
  };
}

function isSource(path: string): boolean {
  return /\.(tsx?|css|sql)$/.test(path) && !/_test\.tsx?$/.test(path) &&
    !path.includes(`${sep}dist${sep}`);
}
