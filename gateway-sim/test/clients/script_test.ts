import { strict as assert } from "node:assert";
import { type ReportLine, runScript } from "./script.ts";

async function report(program: string): Promise<ReportLine[]> {
  return await Array.fromAsync(runScript([Deno.execPath(), "eval", program]));
}

const STEP = `console.log(JSON.stringify({ step: "connect", got: "account DU1" }));`;

Deno.test("runScript() gives each line of a report", async () => {
  assert.deepEqual(await report(STEP), [{ step: "connect", got: "account DU1" }]);
});

Deno.test("runScript() gives a step that failed, however the script ended", async () => {
  const failed = { step: "connect", failed: "no answer", log: ["ERROR 502"] };
  const program = `console.log('${JSON.stringify(failed)}'); console.error("trace"); Deno.exit(1);`;
  assert.deepEqual(await report(program), [failed]);
});

const refusals: readonly [string, string, RegExp][] = [
  ["anything else on standard output", `console.log("Error 200");`, /printed Error 200/],
  ["anything on standard error", `${STEP} console.error("warning");`, /standard error: warning/],
  ["an exit code that is not 0", `${STEP} Deno.exit(3);`, /exit code 3/],
];
for (const [what, program, sentence] of refusals) {
  Deno.test(`runScript() refuses ${what}`, async () => {
    await assert.rejects(report(program), sentence);
  });
}
