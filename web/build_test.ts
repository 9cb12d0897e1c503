import { strict as assert } from "node:assert";
import { isBuilt } from "./build.ts";

const BUILT = new Date("2026-11-20T15:00:00Z");
const BEFORE = new Date("2026-11-20T14:00:00Z");
const AFTER = new Date("2026-11-20T16:00:00Z");

const FILES = [
  "web/client/main.ts",
  "web/islands/View.tsx",
  "web/components/chain/Row.tsx",
  "web/components/chain/Row_test.tsx",
  "web/static/look.css",
  "web/vite.config.ts",
  "options/quote.ts",
  "deno.lock",
];

/** A repository whose sources are all older than its build. */
async function repository(test: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    for (const file of [...FILES, "web/dist/.vite/manifest.json"]) {
      const path = `${root}/${file}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(path, "{}");
    }
    await age(root, BEFORE);
    await Deno.utime(`${root}/web/dist/.vite/manifest.json`, BUILT, BUILT);
    await test(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function age(path: string, time: Date): Promise<void> {
  if ((await Deno.stat(path)).isDirectory) {
    for await (const { name } of Deno.readDir(path)) await age(`${path}/${name}`, time);
  }
  await Deno.utime(path, time, time);
}

Deno.test("isBuilt() is true where every source is older than the build", async () => {
  await repository(async (root) => assert.ok(await isBuilt(`${root}/web`)));
});

Deno.test("isBuilt() is false where a source is newer, but for tests, or there is no build", async () => {
  for (const file of FILES) {
    await repository(async (root) => {
      await Deno.utime(`${root}/${file}`, AFTER, AFTER);
      assert.equal(await isBuilt(`${root}/web`), file.includes("_test."), file);
    });
  }
  await repository(async (root) => {
    await Deno.remove(`${root}/web/dist`, { recursive: true });
    assert.ok(!await isBuilt(`${root}/web`));
  });
});
