import { strict as assert } from "node:assert";
import { join } from "node:path";
import { importsOf } from "./graph.ts";

Deno.test("importsOf() sees static, dynamic, type and re-exporting imports, and none in comments or text", async () => {
  const root = await Deno.realPath(await Deno.makeTempDir());
  try {
    await Deno.mkdir(join(root, "room"));
    await Deno.writeTextFile(join(root, "deno.json"), "{}");
    await Deno.writeTextFile(
      join(root, "room/a.ts"),
      `import { b } from "./b.ts";
import type { C } from "./c.ts";
export * from "./d.ts";
// import "./not.ts";
const text = 'import "./not.ts"';
const e: C = await import("./e.ts");
console.log(b, e, text);
`,
    );
    for (const name of ["b", "c", "d", "e"]) {
      await Deno.writeTextFile(join(root, `room/${name}.ts`), `export const ${name} = 1;\n`);
    }
    const imports = await importsOf(root, ["room/a.ts"]);
    assert.deepEqual(imports.map(({ from, to, line }) => `${from}:${line} → ${to}`).sort(), [
      "room/a.ts:1 → room/b.ts",
      "room/a.ts:2 → room/c.ts",
      "room/a.ts:3 → room/d.ts",
      "room/a.ts:6 → room/e.ts",
    ]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
