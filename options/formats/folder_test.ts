import { strict as assert } from "node:assert";
import { earliestRecordedMs, readChainFolder } from "./folder.ts";

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function chain(ticker: string, updated: string): string {
  return JSON.stringify({
    format: "lastmark-chain",
    version: 1,
    ticker,
    updated,
    spot: 1,
    contracts: [{ symbol: "EA260821C00210000", bid: 1 }],
  });
}

Deno.test("readChainFolder() reads the folders below and passes over other files", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/deep/er`, { recursive: true });
    await Deno.writeTextFile(`${folder}/deep/er/a.json`, chain("EA", "2026-07-15T13:00:00Z"));
    await Deno.writeTextFile(`${folder}/b.json`, chain("SPX", "2026-07-14T13:00:00Z"));
    await Deno.writeTextFile(`${folder}/README.md`, "# Chains");
    await Deno.writeTextFile(`${folder}/.hidden.json`, "{");
    const chains = await readChainFolder(folder);
    assert.deepEqual(chains.map(({ ticker }) => ticker), ["EA", "SPX"]);
    assert.ok(chains[0]?.file.endsWith("/deep/er/a.json"));
    assert.equal(await earliestRecordedMs(folder), Date.UTC(2026, 6, 14, 13));
  });
});

Deno.test("a folder without chains, no folder at all, and a wrong file are told in a sentence", async () => {
  await inFolder(async (folder) => {
    await assert.rejects(readChainFolder(folder), /^ChainFileError: .*: holds no chain file\.$/);
    await assert.rejects(readChainFolder(`${folder}/none`), /none: cannot be read as a folder/);
    await Deno.writeTextFile(`${folder}/w.json`, "[]");
    await assert.rejects(readChainFolder(folder), /w\.json: is of no known format/);
  });
});
