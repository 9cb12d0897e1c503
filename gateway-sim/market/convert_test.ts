import { strict as assert } from "node:assert";
import { readChainFolder } from "../../options/formats/folder.ts";
import { ChainFileError } from "../../options/formats/recorded.ts";
import { convertChains } from "./convert.ts";

const US_CHAIN = JSON.stringify({
  symbol: "EA",
  updated: "2026-07-12T08:32:15.047-04:00",
  underlyingPrice: 206.41000366210938,
  quotes: [
    { symbol: "EA260717C00210000", bid: 0.05, ask: 0.1, iv: 0.04, openInterest: 12 },
    { symbol: "EA260717P00210000", bid: 0, ask: 4.2, last: 3.6 },
  ],
});

for (const form of ["json", "csv"] as const) {
  Deno.test(`convertChains() writes ${form} files that say the same`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.mkdir(`${folder}/from`);
      await Deno.writeTextFile(`${folder}/from/ea.json`, US_CHAIN);
      const written = await convertChains(`${folder}/from`, `${folder}/to`, form);
      assert.deepEqual(written, [`EA_20260712T123215Z.${form}`]);
      const [before] = await readChainFolder(`${folder}/from`);
      const [after] = await readChainFolder(`${folder}/to`);
      assert.deepEqual({ ...after, file: "" }, { ...before, file: "" });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("convertChains() refuses to write into the folder that it reads", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/ea.json`, US_CHAIN);
    await assert.rejects(
      convertChains(folder, `${folder}/own`, "json"),
      /would then hold .* twice/,
    );
    await assert.rejects(convertChains(folder, folder, "json"), ChainFileError);
    assert.equal((await readChainFolder(folder)).length, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
