/** Import cycles between files. */
import type { Import } from "./graph.ts";

/**
 * Every group of files that import one another in a circle, each as `a → b → a`, starting with the
 * first file by name (one circle a group: breaking it shows the next, if there is one).
 *
 * @example
 * ```ts
 * import { importCycles } from "./cycles.ts";
 * const arrow = (from: string, to: string) => ({ from, to, specifier: "", line: 1 });
 * const cycles = importCycles([arrow("a.ts", "b.ts"), arrow("b.ts", "a.ts")]);
 * console.assert(cycles[0] === "a.ts → b.ts → a.ts");
 * ```
 */
export function importCycles(imports: readonly Import[]): string[] {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of imports) {
    if (to === null) continue;
    const targets = next.get(from) ?? new Set();
    targets.add(to);
    next.set(from, targets);
  }
  const reported = new Set<string>();
  const cycles: string[] = [];
  for (const start of [...next.keys()].sort()) {
    if (reported.has(start)) continue;
    const path = shortestWay(next, start, start);
    if (path === null) continue;
    for (const file of path) reported.add(file);
    cycles.push(path.join(" → "));
  }
  return cycles;
}

/** The files from `start` to `goal`, both included, by breadth-first search; null without a way. */
function shortestWay(
  next: ReadonlyMap<string, ReadonlySet<string>>,
  start: string,
  goal: string,
): string[] | null {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const file of queue) {
    for (const target of next.get(file) ?? []) {
      if (cameFrom.has(target)) continue;
      cameFrom.set(target, file);
      if (target === goal) return walkBack(cameFrom, start, goal);
      queue.push(target);
    }
  }
  return null;
}

function walkBack(cameFrom: ReadonlyMap<string, string>, start: string, goal: string): string[] {
  const path = [goal];
  for (let file = cameFrom.get(goal); file !== undefined; file = cameFrom.get(file)) {
    path.unshift(file);
    if (file === start) break;
  }
  return path;
}
