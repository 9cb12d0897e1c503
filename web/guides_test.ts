import { strict as assert } from "node:assert";
import { guideFile, guideLink, readGuide, readPicture } from "./guides.ts";

Deno.test("a path that leads out of the guides names none", async () => {
  for (const path of ["../deno", "..", "a//b", "A/b", "a/../b", ".env", "a.md", "%2e%2e/x"]) {
    assert.equal(guideFile(path), undefined, path);
    assert.equal(await readGuide(path), undefined, path);
  }
  assert.equal(await readPicture("../README.md"), undefined);
});

Deno.test("every guide's links lead to guides, pictures and addresses that are there", async () => {
  const seen = new Set<string>();
  const walk = async (path: string): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    const guide = await readGuide(path);
    assert.ok(guide, `there is no guide ${path}`);
    for (const [, href = ""] of guide.html.matchAll(/ href="([^"]+)"/g)) {
      const found = /^\/docs\/guides\/([^#]*)/.exec(href);
      if (found) await walk(found[1] ?? "");
    }
    for (const [, name = ""] of guide.html.matchAll(/ src="\/docs\/img\/([^"]+)"/g)) {
      assert.ok(await readPicture(name), name);
    }
  };
  await walk("");
  assert.ok(seen.size > 30, `${seen.size} guides`);
});

Deno.test("a guide has its first heading for a title", async () => {
  assert.ok((await readGuide("operators/keys"))?.html.includes("<h1>"));
  assert.equal((await readGuide(""))?.title, "Documentation");
  assert.equal(guideLink("#here", "api.md"), "#here");
});
