import { strict as assert } from "node:assert";
import { importCycles } from "./cycles.ts";
import type { Import } from "./graph.ts";

const arrows = (...pairs: readonly string[]): Import[] =>
  pairs.map((pair) => {
    const [from = "", to = ""] = pair.split(">");
    return { from, to, specifier: to, line: 1 };
  });

Deno.test("importCycles() finds nothing where two ways lead to the same file", () => {
  assert.deepEqual(importCycles(arrows("a>b", "a>c", "b>d", "c>d")), []);
});

Deno.test("importCycles() names the files of a circle in order", () => {
  assert.deepEqual(importCycles(arrows("a>b", "b>c", "c>b")), ["b → c → b"]);
});

Deno.test("importCycles() sees a file that imports itself", () => {
  assert.deepEqual(importCycles(arrows("a>a")), ["a → a"]);
});

Deno.test("importCycles() reports circles that share no file one by one", () => {
  assert.deepEqual(importCycles(arrows("a>b", "b>a", "c>d", "d>c")), ["a → b → a", "c → d → c"]);
});
