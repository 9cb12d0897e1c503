import { strict as assert } from "node:assert";
import { dirname, join } from "node:path";
import { EmbeddedServerError } from "./binaries.ts";
import { dataFolder, inspectFolder, lockFolder } from "./data_folder.ts";

/** What a whole data folder holds, for the eyes of `inspectFolder()`. */
const WHOLE: Readonly<Record<string, string>> = {
  "lastmark.json": "{}",
  "database.password": "secret",
  "lock": "",
  "database/PG_VERSION": "18\n",
  "database/base/1": "",
  "database/global/pg_control": "",
  "database/pg_hba.conf": "",
  "database/pg_wal/1": "",
  "database/pg_xact/1": "",
  "database/postgresql.conf": "",
};

async function withFolder(
  files: Readonly<Record<string, string>>,
  test: (path: string) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(path, name)), { recursive: true });
      await Deno.writeTextFile(join(path, name), text);
    }
    await test(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

Deno.test("inspectFolder() takes a folder that is not there, or empty, or cut off before its database, as new", async () => {
  await withFolder({}, async (path) => {
    assert.equal(await inspectFolder(dataFolder(path)), "new");
    assert.equal(await inspectFolder(dataFolder(join(path, "not/there"))), "new");
  });
  await withFolder(
    { "lock": "", "database.new/base/1": "", "database.password": "x" },
    async (path) => {
      assert.equal(await inspectFolder(dataFolder(path)), "new");
    },
  );
});

Deno.test("inspectFolder() takes a database without its marker for one in use", async () => {
  const { "lastmark.json": _, ...rest } = WHOLE;
  await withFolder(rest, async (path) => {
    assert.equal(await inspectFolder(dataFolder(path)), "whole");
  });
});

for (
  const missing of Object.keys(WHOLE).filter((name) => !["lock", "lastmark.json"].includes(name))
) {
  // Of a folder's one file the folder goes too.
  const named = missing.replace(/\/1$/, "");
  Deno.test(`inspectFolder() names ${named} when it is missing`, async () => {
    await withFolder(WHOLE, async (path) => {
      await Deno.remove(join(path, named), { recursive: true });
      await assert.rejects(inspectFolder(dataFolder(path)), (error) => {
        assert.ok(error instanceof EmbeddedServerError);
        assert.ok(error.message.includes(`${named} is missing`), error.message);
        assert.ok(!error.message.includes("\n"));
        return true;
      });
    });
  });
}

Deno.test("inspectFolder() names the database when only that was removed", async () => {
  await withFolder(WHOLE, async (path) => {
    await Deno.remove(join(path, "database"), { recursive: true });
    await assert.rejects(inspectFolder(dataFolder(path)), /, database is missing/);
  });
});

Deno.test("inspectFolder() refuses another program's folder, a file, and another PostgreSQL's data", async () => {
  await withFolder({ "letter.txt": "" }, async (path) => {
    await assert.rejects(
      inspectFolder(dataFolder(path)),
      /holds no data of Lastmark \(it has letter\.txt\)/,
    );
    await assert.rejects(
      inspectFolder(dataFolder(join(path, "letter.txt"))),
      /is a file and no folder/,
    );
  });
  await withFolder({ ...WHOLE, "database/PG_VERSION": "17\n" }, async (path) => {
    await assert.rejects(inspectFolder(dataFolder(path)), /is of PostgreSQL 17/);
  });
});

Deno.test("lockFolder() gives a folder to one, until it lets go", async () => {
  await withFolder({}, async (path) => {
    const folder = dataFolder(join(path, "new"));
    const first = await lockFolder(folder);
    assert.ok(first);
    assert.equal(await lockFolder(folder), null);
    first.release();
    const second = await lockFolder(folder);
    assert.ok(second);
    second.release();
  });
});
