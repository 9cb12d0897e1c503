import { strict as assert } from "node:assert";
import { join } from "node:path";
import { withTestDatabase } from "../../db/testing.ts";
import { withFolder } from "../files/test/folder.ts";
import { testOnRealChains } from "../../options/testing.ts";
import { run } from "./lastmark.ts";

testOnRealChains("recorded chains in, a week out and in again is equal", async (recorded) => {
  await withFolder((folder) =>
    withTestDatabase((_, url) =>
      withTestDatabase(async (_, otherUrl) => {
        const at = ["--database", url];
        const files = join(recorded, "us-chains-2026");
        const imported = await run("import", "--follow", ...at, files);
        assert.equal(imported.code, 0, imported.stderr);
        assert.match(imported.stdout, /^AAPL +8 +0 +0 +0 +17997 +2026-07-08T04:51:34.320Z/m);
        const again = await run("import", ...at, files);
        assert.match(again.stdout, /^AAPL +0 +0 +8 +0 +0 /m);
        assert.match(again.stdout, /\nread 30182 rows, stored 0;/);
        const week = ["--all", "--from", "2026-07-08", "--to", "2026-07-15"];
        for (const ending of ["csv", "parquet"]) {
          const [first, second] = [join(folder, `1.${ending}`), join(folder, `2.${ending}`)];
          const out = await run("export", ...week, "--out", first, ...at);
          assert.equal(out.stderr, "wrote 14383 rows of 11 batches");
          await run("import", "--follow", first, "--database", otherUrl);
          await run("export", ...week, "--out", second, "--database", otherUrl);
          assert.deepEqual(await Deno.readFile(second), await Deno.readFile(first));
        }
      })
    )
  );
});
