import { strict as assert } from "node:assert";
import { join } from "node:path";
import { type Counts, countsFrom, summary } from "./counts.ts";

/** Runs `deno test` on one made-up test file and counts. */
async function countsOf(text: string): Promise<Counts> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "made_up_test.ts"), text);
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--no-config", "--junit-path=report.xml"],
      cwd: folder,
      stdout: "null",
      stderr: "null",
    }).output();
    const report = await Deno.readTextFile(join(folder, "report.xml")).catch(() => "");
    return countsFrom(report, { success });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("countsFrom() counts passed, failed and skipped tests of a run of deno test", async () => {
  const counts = await countsOf(`
    Deno.test("passes", () => {});
    Deno.test("fails", () => { throw new Error(); });
    Deno.test({ name: "is skipped", ignore: true, fn() {} });
  `);
  assert.deepEqual(counts, { passed: 1, failed: 1, skipped: 1 });
});

Deno.test("countsFrom() counts an error outside of any test as a failure", async () => {
  const { failed } = await countsOf(`Deno.test("passes", () => {}); throw new Error();`);
  assert.equal(failed, 1);
});

Deno.test("countsFrom() counts types that do not check as a failure", async () => {
  assert.deepEqual(await countsOf(`const text: string = 1;`), { passed: 0, failed: 1, skipped: 0 });
});

Deno.test("summary() is the line that scripts look for", () => {
  assert.equal(summary({ passed: 12, failed: 0, skipped: 3 }), "12 passed, 0 failed");
});
